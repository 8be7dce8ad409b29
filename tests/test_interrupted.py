"""A process that is killed in any stage loses that stage at most; a full disk is said; two processes may work at once."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path

import pytest

from tests.programs import COMMAND, SOAK, environment, excerpt, run_program
from tests.test_cli_bad_input import assert_whole

KILLS = 40 if SOAK else 4


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return excerpt(tmp_path_factory.mktemp("lesson") / "lesson.mp4")


def _start(lesson: Path, library: Path, out: Path) -> subprocess.Popen[str]:
    command = [*COMMAND, "analyze", str(lesson), "--model", "tiny.en", "--out", str(out)]
    return subprocess.Popen(
        command, env=environment(library), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _finished(library: Path) -> set[str]:
    import sqlite3
    from contextlib import closing

    if not (library / "library.db").exists():
        return set()
    with closing(sqlite3.connect(library / "library.db", timeout=10)) as database:
        try:
            return {row[0] for row in database.execute("SELECT stage FROM stage_output")}
        except sqlite3.OperationalError:  # the tables are not there yet
            return set()


def _kill_once_finished(process: subprocess.Popen[str], library: Path, stage: str | None) -> None:
    deadline = time.monotonic() + 240
    while stage is not None and stage not in _finished(library) and process.poll() is None:
        assert time.monotonic() < deadline, "the stage never ended"
        time.sleep(0.02)
    time.sleep(0.3 if stage is None else 0.05)  # into the next stage
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("stage", [None, "audio", "detect", "transcribe"])
def test_after_a_kill_in_any_stage_the_next_run_does_only_what_was_not_finished(
    stage: str | None, lesson: Path, tmp_path: Path
) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    _kill_once_finished(_start(lesson, library, out), library, stage)
    assert not out.exists() or not [path for path in out.iterdir() if not path.name.startswith(".")]
    before = _finished(library)
    done = run_program(library, "analyze", lesson, "--model", "tiny.en", "--out", out)
    assert done.returncode == 0, done.stderr
    (result,) = (path for path in out.iterdir() if not path.name.startswith("."))
    stages = json.loads((result / "lesson.json").read_text())["stages"]
    assert {item["stage"] for item in stages if item["reused"]} == before
    assert_whole(library)


def test_killed_at_random_moments_it_loses_no_stage_and_comes_to_its_end(lesson: Path, tmp_path: Path) -> None:
    library, moments = tmp_path / "library", random.Random(7)
    kept: set[str] = set()
    for _ in range(KILLS):
        process = _start(lesson, library, tmp_path / "out")
        time.sleep(moments.uniform(0.2, 6.0))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert kept <= _finished(library)
        kept = _finished(library)
    done = run_program(library, "analyze", lesson, "--model", "tiny.en", "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert_whole(library)


def test_ctrl_c_says_so_and_leaves_nothing_half_written(lesson: Path, tmp_path: Path) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    process = _start(lesson, library, out)
    while "audio" not in _finished(library) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    printed, errors = process.communicate(timeout=60)
    # Python ends itself by the signal where Ctrl-C came while a library was being loaded; a shell says 130 to both.
    assert process.returncode in (130, -signal.SIGINT), errors
    assert "Stopped" in printed and "Traceback" not in errors
    assert not out.exists() or not list(out.iterdir())
    assert_whole(library)


def test_two_processes_on_one_recording_at_once_both_succeed(lesson: Path, tmp_path: Path) -> None:
    library = tmp_path / "library"
    both = [_start(lesson, library, tmp_path / name) for name in ("one", "two")]
    for process in both:
        _, errors = process.communicate(timeout=300)
        assert process.returncode == 0, errors
    assert_whole(library)


@pytest.mark.parametrize("size_kb", [500, 1500])
def test_a_disk_that_fills_up_during_the_run_is_said_and_the_next_run_succeeds(
    size_kb: int, lesson: Path, tmp_path: Path
) -> None:
    """A small file system of its own; as root this is a real one, else the process may write no file above the limit."""
    library = tmp_path / "disk"
    library.mkdir()
    mounted = (
        subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={size_kb}k", "tmpfs", library], capture_output=True
        ).returncode
        == 0
    )
    limit = [] if mounted else ["prlimit", f"--fsize={size_kb * 1000}"]
    try:
        done = run_program(library, "analyze", lesson, "--model", "tiny.en", before=limit)
        assert done.returncode == 1, done.stdout
        assert f"There is no room left on the disk that holds {library}." in done.stderr
        assert "Traceback" not in done.stderr
        if mounted:
            subprocess.run(["mount", "-o", "remount,size=200m", library], check=True)
        done = run_program(library, "analyze", lesson, "--model", "tiny.en")
        assert done.returncode == 0, done.stderr
    finally:
        if mounted:
            subprocess.run(["umount", "-l", library], check=True)


def test_a_lesson_that_is_deleted_while_it_is_analysed_is_called_so(
    lesson: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pipeline.cli import _Work
    from pipeline.config import Config, LibraryConfig
    from pipeline.errors import NotFoundError
    from pipeline.intake import take_in
    from pipeline.runner import Runner
    from pipeline.store.library import Library

    with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
        row = take_in(library, lesson, Config())
        monkeypatch.setattr(Runner, "prepare_view", lambda self, row: library.delete_lesson(row.id))
        with pytest.raises(NotFoundError) as caught:
            _Work(library, Config(), None).analyze(row)
    assert caught.value.message == "The lesson was deleted while it was analysed."
    assert caught.value.hint
