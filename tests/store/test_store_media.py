from __future__ import annotations

import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from pipeline.errors import Cancelled, DiskFullError, MediaError, NotFoundError
from pipeline.store.media import MediaStore, Thumbnail
from tests.store.store_samples import files_below, sha256_of

CONTENT = os.urandom(9 * 2**20)


@pytest.fixture
def media(tmp_path: Path) -> MediaStore:
    return MediaStore(tmp_path / "library")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "lesson.MP4"
    path.write_bytes(CONTENT)
    return path


def test_a_recording_is_copied_under_the_hash_of_its_content(media: MediaStore, source: Path, tmp_path: Path) -> None:
    taken = media.take_in(source)
    sha256 = sha256_of(CONTENT)
    assert taken.sha256 == sha256
    assert taken.path == tmp_path / "library" / "media" / sha256[:2] / sha256 / "original.mp4"
    assert taken.path.read_bytes() == CONTENT
    assert (taken.size_bytes, taken.already_known) == (len(CONTENT), False)
    assert source.read_bytes() == CONTENT
    assert media.original(sha256) == taken.path
    assert len(files_below(tmp_path / "library")) == 1


def test_moving_gives_the_source_up_without_copying(media: MediaStore, source: Path) -> None:
    inode = source.stat().st_ino
    taken = media.take_in(source, move=True)
    assert not source.exists()
    assert taken.path.stat().st_ino == inode
    assert taken.sha256 == sha256_of(CONTENT)


def test_moving_from_another_file_system_copies_and_gives_the_source_up(media: MediaStore) -> None:
    elsewhere = Path("/dev/shm") / f"lessonmirror-{os.getpid()}.mp4"
    elsewhere.write_bytes(b"content")
    try:
        assert elsewhere.stat().st_dev != Path("/tmp").stat().st_dev, "this test needs two file systems"
        assert media.take_in(elsewhere, move=True).path.read_bytes() == b"content"
        assert not elsewhere.exists()
    finally:
        elsewhere.unlink(missing_ok=True)


def test_moving_a_link_leaves_what_it_points_to(media: MediaStore, source: Path, tmp_path: Path) -> None:
    link = tmp_path / "link.mp4"
    link.symlink_to(source)
    assert media.take_in(link, move=True).path.read_bytes() == CONTENT
    assert source.read_bytes() == CONTENT
    assert not link.is_symlink()


@pytest.mark.parametrize("move", [False, True])
def test_the_same_content_is_recognised(media: MediaStore, source: Path, tmp_path: Path, move: bool) -> None:
    first = media.take_in(source)
    twin = tmp_path / "other name.mov"
    twin.write_bytes(CONTENT)
    second = media.take_in(twin, move=move)
    assert (second.path, second.already_known) == (first.path, True)
    assert twin.exists() is not move
    assert len(files_below(tmp_path / "library")) == 1


def test_an_original_that_was_cut_short_is_replaced(media: MediaStore, source: Path) -> None:
    first = media.take_in(source)
    first.path.write_bytes(CONTENT[:100])
    other = source.rename(source.with_suffix(".mov"))
    again = media.take_in(other)
    assert not again.already_known
    assert media.original(again.sha256).read_bytes() == CONTENT
    assert [path.name for path in media.folder_of(again.sha256).iterdir()] == ["original.mov"]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("a.MKV", "original.mkv"),
        ("a.m4a", "original.m4a"),
        ("noending", "original"),
        (".hidden", "original"),
        ("a.p🎬", "original"),
        ("a.mp4;rm -rf", "original"),
        ("a.verylongsuffix", "original"),
        ("a. ", "original"),
        ("'quoted' \"name\".3gp", "original.3gp"),
        ("n" * 250 + ".mp4", "original.mp4"),
        (os.fsdecode(b"\xff\xfe.wav"), "original.wav"),
    ],
)
def test_only_a_plain_suffix_of_the_name_is_kept(media: MediaStore, tmp_path: Path, name: str, kept: str) -> None:
    (tmp_path / name).write_bytes(b"content")
    assert media.take_in(tmp_path / name).path.name == kept


def test_progress_rises_to_the_end(media: MediaStore, source: Path) -> None:
    shares: list[float] = []
    media.take_in(source, progress=shares.append)
    assert shares == sorted(shares)
    assert len(shares) == 3
    assert shares[-1] == 1.0


@pytest.mark.parametrize("move", [False, True])
def test_cancelling_leaves_nothing_behind(media: MediaStore, source: Path, tmp_path: Path, move: bool) -> None:
    def cancel(share: float) -> None:
        raise Cancelled("stop")

    with pytest.raises(Cancelled):
        media.take_in(source, move=move, progress=cancel)
    assert files_below(tmp_path / "library") == []
    assert source.read_bytes() == CONTENT


@pytest.mark.parametrize("move", [False, True])
def test_a_file_that_is_still_being_written_is_refused(
    media: MediaStore, source: Path, tmp_path: Path, move: bool
) -> None:
    def grow(share: float) -> None:
        with source.open("ab") as stream:
            stream.write(b"more")

    with pytest.raises(MediaError, match="changed while it was read") as caught:
        media.take_in(source, move=move, progress=grow)
    assert "whole" in caught.value.hint
    assert files_below(tmp_path / "library") == []
    assert source.exists()


def test_what_is_no_file_is_refused(media: MediaStore, tmp_path: Path) -> None:
    folder, pipe = tmp_path / "folder.mp4", tmp_path / "pipe.mp4"
    folder.mkdir()
    os.mkfifo(pipe)
    for path in (folder, pipe, Path("/dev/zero")):
        with pytest.raises(MediaError, match="is not a file"):
            media.take_in(path)
    with pytest.raises(MediaError, match=r"'gone\.mp4' cannot be read: No such file"):
        media.take_in(tmp_path / "gone.mp4")
    with pytest.raises(MediaError, match="cannot be read"):
        media.take_in(tmp_path / "a\0b.mp4")


def test_a_disk_fault_while_reading_is_the_recordings_fault(media: MediaStore) -> None:
    # /proc/self/mem is a regular file whose first page cannot be read: a real EIO.
    with pytest.raises(MediaError, match="cannot be read to its end") as caught:
        media.take_in(Path("/proc/self/mem"))
    assert caught.value.__cause__.errno == errno.EIO


def test_an_empty_file_is_content_like_any_other(media: MediaStore, tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert media.take_in(tmp_path / "empty.mp4").size_bytes == 0


@pytest.mark.parametrize(
    "sha256", ["", "..", "../../etc/passwd", "A" * 64, "0" * 63, "0" * 64 + "\n", "/" * 64, "é" * 64]
)
def test_what_is_no_hash_opens_no_folder(media: MediaStore, sha256: str) -> None:
    for look in (
        media.folder_of,
        media.original,
        media.audio,
        media.proxy,
        media.poster,
        media.thumbnails,
        media.remove,
    ):
        with pytest.raises(NotFoundError):
            look(sha256)


def test_what_is_made_from_a_recording_is_found_beside_it(media: MediaStore, source: Path) -> None:
    sha256 = media.take_in(source).sha256
    folder = media.folder_of(sha256)
    assert (media.proxy(sha256), media.poster(sha256), media.thumbnails(sha256)) == (None, None, ())
    assert media.audio(sha256) == folder / "audio.wav"
    (folder / "thumbs").mkdir()
    for name in (
        "proxy.m4a",
        "poster.jpg",
        "thumbs/000061500.jpg",
        "thumbs/000000000.jpg",
        "thumbs/.x.part",
        "thumbs/x.jpg",
    ):
        (folder / name).touch()
    assert media.proxy(sha256) == folder / "proxy.m4a"
    assert media.poster(sha256) == folder / "poster.jpg"
    thumbs = folder / "thumbs"
    assert media.thumbnails(sha256) == (
        Thumbnail(0.0, thumbs / "000000000.jpg"),
        Thumbnail(61.5, thumbs / "000061500.jpg"),
    )
    (folder / "proxy.mp4").touch()
    assert media.proxy(sha256) == folder / "proxy.mp4"


def test_removing_takes_the_whole_folder(media: MediaStore, source: Path, tmp_path: Path) -> None:
    sha256 = media.take_in(source).sha256
    media.remove(sha256)
    assert files_below(tmp_path / "library") == []
    assert not media.folder_of(sha256).exists()
    media.remove(sha256)  # nothing to do is no error


def test_others_may_not_look_into_the_library(media: MediaStore, source: Path, tmp_path: Path) -> None:
    taken = media.take_in(source, move=True)
    assert stat.S_IMODE(taken.path.stat().st_mode) == 0o600
    for folder in (tmp_path / "library" / "media", media.uploads, taken.path.parent, taken.path.parent.parent):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_many_threads_taking_in_and_removing_one_recording_end_whole(media: MediaStore, tmp_path: Path) -> None:
    failures: list[BaseException] = []

    def take(number: int) -> None:
        twin = tmp_path / f"{number}.mp{number % 3 + 2}"
        try:
            for _ in range(10):
                twin.write_bytes(b"same content")
                media.take_in(twin, move=number % 2 == 0)
                if number == 0:
                    media.remove(sha256_of(b"same content"))
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=take, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert media.take_in(tmp_path / "1.mp3").size_bytes == len(b"same content")
    assert len(files_below(tmp_path / "library")) == 1


def test_two_names_of_one_content_arriving_together_leave_one_original(media: MediaStore, tmp_path: Path) -> None:
    for number in range(40):
        content = f"content {number}".encode()
        together = threading.Barrier(2)

        def take(suffix: str, content: bytes = content, together: threading.Barrier = together) -> None:
            twin = tmp_path / f"twin.{suffix}"
            twin.write_bytes(content)
            media.take_in(twin, progress=lambda share: together.wait(10) and None)

        threads = [threading.Thread(target=take, args=(suffix,)) for suffix in ("mp4", "mov")]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(files_below(media.folder_of(sha256_of(content)))) == 1


def test_a_recording_larger_than_the_room_left_is_refused_at_once(media: MediaStore, tmp_path: Path) -> None:
    huge = tmp_path / "huge.mp4"
    with huge.open("wb") as stream:
        os.truncate(stream.fileno(), 2**43)  # 8 TB that exist in name only
    with pytest.raises(DiskFullError, match="no room left") as caught:
        media.take_in(huge)
    assert "Free some space there" in caught.value.hint
    assert files_below(tmp_path / "library") == []
