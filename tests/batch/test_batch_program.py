"""The command itself: workers and conductor are killed, files are put in while it runs, two run at once."""

from __future__ import annotations

import csv
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import psutil
import pytest

from tests.programs import COMMAND, SOAK, environment, excerpt, run_program

LESSONS, KILLS = (60, 25) if SOAK else (6, 2)
WORKERS = 2
MANY = ("--workers", str(WORKERS))  # the last one given counts
LIMIT_S = 1800 if SOAK else 200
OPTIONS = ("--no-videos", "--workers", "1")


@pytest.fixture(scope="module")
def recordings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Short recordings that differ in what stands behind their end."""
    folder = tmp_path_factory.mktemp("recordings")
    first = excerpt(folder / "00.mp4", seconds=6)
    for number in range(1, LESSONS):
        (folder / f"{number:02}.mp4").write_bytes(first.read_bytes() + b"\0\0\0\x0cfree" + number.to_bytes(4, "big"))
    return folder


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    settings = tmp_path / "tiny.toml"
    settings.write_text('[asr]\nmodel = "tiny.en"\nlanguage = "en"\n')
    return settings


def _start(tiny: Path, library: Path, *options: object) -> subprocess.Popen[str]:
    command = [*COMMAND, "--config", str(tiny), "batch", *OPTIONS, *map(str, options)]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, env=environment(library), text=True, **pipes)  # type: ignore[call-overload, no-any-return]


def _stages(library: Path) -> Counter[tuple[str, str]]:
    with closing(sqlite3.connect(library / "library.db", timeout=30)) as database:
        rows = database.execute("SELECT lesson_id, stage FROM stage_output")
        return Counter((lesson, stage) for lesson, stage in rows)


def _states(library: Path) -> Counter[str]:
    with closing(sqlite3.connect(library / "library.db", timeout=30)) as database:
        return Counter(row[0] for row in database.execute("SELECT state FROM lesson"))


def test_killed_at_random_moments_every_lesson_is_done_once(recordings: Path, tiny: Path, tmp_path: Path) -> None:
    library, moments = tmp_path / "library", random.Random(11)
    process = _start(tiny, library, recordings, *MANY)
    seen: Counter[tuple[str, str]] = Counter()
    for kill in range(KILLS):
        time.sleep(moments.uniform(2, 9 if SOAK else 6))
        if process.poll() is not None:
            break
        children = psutil.Process(process.pid).children()
        # Every other time the conductor itself: its workers notice, and the batch is taken up again.
        victim = process.pid if kill % 2 or not children else moments.choice(children).pid
        psutil.Process(victim).send_signal(signal.SIGKILL)
        if victim == process.pid:
            process.communicate()
            process = _start(tiny, library, "--resume", *MANY)
        kept = _stages(library)
        assert not seen - kept, "a finished stage was lost"
        seen = kept
    output, _ = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, output
    assert _states(library) == {"done": LESSONS}
    assert set(_stages(library).values()) == {1}


def test_new_files_are_taken_once_they_are_whole(recordings: Path, tiny: Path, tmp_path: Path) -> None:
    library, inbox = tmp_path / "library", tmp_path / "inbox"
    inbox.mkdir()
    process = _start(tiny, library, inbox, "--watch")
    try:
        content = (recordings / "00.mp4").read_bytes()
        with (inbox / "slow.mp4").open("wb") as file:
            for part in range(4):  # a copy that takes longer than one look
                file.write(content[part * len(content) // 4 : (part + 1) * len(content) // 4])
                file.flush()
                time.sleep(1.5)
        deadline = time.monotonic() + LIMIT_S
        while not (library / "library.db").exists() or _states(library) != {"done": 1}:
            assert time.monotonic() < deadline, "the new file was never analysed"
            assert process.poll() is None
            time.sleep(0.5)
    finally:
        process.send_signal(signal.SIGINT)
        output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    assert "1 of 1 recordings were analysed" in output


def test_two_batches_on_one_library_do_each_lesson_once_and_report_both(
    recordings: Path, tiny: Path, tmp_path: Path
) -> None:
    library = tmp_path / "library"
    run_program(library, "lessons")
    broken = tmp_path / "broken.mp4"
    broken.write_text("no film")
    first = _start(tiny, library, recordings / "00.mp4", recordings / "01.mp4", "--report", tmp_path / "one")
    second = _start(tiny, library, recordings / "01.mp4", broken, "--report", tmp_path / "two")
    outputs = [process.communicate(timeout=LIMIT_S)[0] for process in (first, second)]
    assert (first.returncode, second.returncode) == (0, 1), outputs
    assert _states(library) == {"done": 2} and set(_stages(library).values()) == {1}
    with (tmp_path / "two" / "report.csv").open(encoding="utf-8-sig") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert rows["01.mp4"]["state"] == "done" and "not a sound or video" in rows["broken.mp4"]["reason"]


def test_outside_its_hours_it_waits_and_stops_in_order(recordings: Path, tiny: Path, tmp_path: Path) -> None:
    from datetime import datetime, timedelta

    later = datetime.now() + timedelta(hours=3)
    hours = f"{later:%H:%M}-{later + timedelta(hours=1):%H:%M}"
    process = _start(tiny, tmp_path / "library", recordings / "00.mp4", "--between", hours)
    assert process.stdout
    assert "waiting for the hours" in process.stdout.readline()
    assert psutil.Process(process.pid).children() == []
    stopped = run_program(tmp_path / "library", "batch", "--stop")
    assert stopped.returncode == 0
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "--resume" in output


@pytest.mark.parametrize(
    "arguments",
    [[], ["--resume", "--retry"], ["nothing-here"], ["--resume"], ["--watch", "a.mp4"], ["a.mp4", "--between", "x"]],
)
def test_a_call_that_makes_no_sense_is_said_in_a_sentence(arguments: list[str], tmp_path: Path) -> None:
    shutil.copy(sys.executable, tmp_path / "a.mp4")
    done = run_program(
        tmp_path / "library", "batch", *(str(tmp_path / item) if "." in item else item for item in arguments)
    )
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr and done.stderr.strip()
