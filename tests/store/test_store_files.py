from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from pipeline.errors import DiskFullError, StoreError
from pipeline.store.files import atomic_write, make_private_folder, scratch_file, sweep_scratch


def test_writing_replaces_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / ("n" * 250 + ".json")
    atomic_write(path, b"old and long")
    atomic_write(path, b"new")
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_a_written_file_has_the_permissions_of_any_new_file(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        atomic_write(tmp_path / "x", b"")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "x").stat().st_mode) == 0o640


def test_writing_where_no_folder_is_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written: No such file or directory") as caught:
        atomic_write(tmp_path / "gone" / "x", b"")
    assert caught.value.hint


def test_writing_over_a_folder_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    with pytest.raises(StoreError, match="cannot be written"):
        atomic_write(tmp_path / "x", b"data")
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_a_full_disk_keeps_the_old_file(small_disk: Path) -> None:
    path = small_disk / "lesson.json"
    atomic_write(path, b"old")
    with pytest.raises(DiskFullError, match="no room left") as caught:
        atomic_write(path, b"x" * 4 * 2**20)
    assert caught.value.hint
    assert path.read_bytes() == b"old"
    assert list(small_disk.iterdir()) == [path]


def test_a_device_that_is_always_full_is_called_full() -> None:
    from pipeline.store.files import disk_errors

    with pytest.raises(DiskFullError), disk_errors(Path("/dev/full")), Path("/dev/full").open("wb") as stream:
        stream.write(b"x")


def test_a_new_folder_is_private_and_an_old_one_stays_as_it_is(tmp_path: Path) -> None:
    make_private_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    (tmp_path / "shared").mkdir(mode=0o755)
    make_private_folder(tmp_path / "shared")
    assert stat.S_IMODE((tmp_path / "shared").stat().st_mode) == 0o755


@pytest.mark.parametrize("name", ["a\0b", "x" * 300, "file/below"])
def test_a_folder_that_cannot_be_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError) as caught:
        make_private_folder(tmp_path / name)
    assert caught.value.hint


def test_sweeping_tells_the_dead_from_the_living(tmp_path: Path) -> None:
    (tmp_path / "dead").write_bytes(b"left behind")
    (tmp_path / "grave").mkdir()
    (tmp_path / "grave" / "original.mp4").touch()
    with scratch_file(tmp_path) as (alive, _):
        sweep_scratch(tmp_path)
        assert list(tmp_path.iterdir()) == [alive]
    assert list(tmp_path.iterdir()) == []
