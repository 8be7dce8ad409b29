"""A long recording keeps to its memory and to its teacher. CI runs a tenth; LESSONMIRROR_SOAK=1 runs the three hours."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from benchmarks.speed import Cost, analyse, repeated
from tests.programs import SAMPLE, SOAK

MINUTES = 180 if SOAK else 18
MODEL = "base" if SOAK else "tiny.en"
MAX_PEAK_BYTES = 2.5e9


@pytest.fixture(scope="module")
def long_run(tmp_path_factory: pytest.TempPathFactory) -> Cost:
    return analyse([repeated(SAMPLE, MINUTES, tmp_path_factory.mktemp("long"))], "--model", MODEL)


def test_a_long_recording_stays_within_its_memory(long_run: Cost) -> None:
    assert long_run.lessons[0]["recording"]["duration_s"] == pytest.approx(60 * MINUTES, abs=1)
    assert long_run.peak_bytes < MAX_PEAK_BYTES


def test_the_teacher_keeps_one_name_from_the_first_minutes_to_the_last(long_run: Cost) -> None:
    early, late = _teachers(long_run, 0.0, 0.1), _teachers(long_run, 0.9, 1.0)
    assert len(early) == 1 and early == late


def _teachers(run: Cost, first: float, last: float) -> set[str]:
    """Who is called teacher for more than 5 s between two parts (0 to 1) of the lesson."""
    talk_s: dict[str, float] = {}
    for item in run.lessons[0]["speech"]:
        if item["role"] == "teacher" and 60 * MINUTES * first <= item["start_s"] < 60 * MINUTES * last:
            talk_s[item["speaker"]] = talk_s.get(item["speaker"], 0.0) + item["end_s"] - item["start_s"]
    return {speaker for speaker, seconds in talk_s.items() if seconds > 5}


def test_a_run_that_fails_is_not_measured(tmp_path: Path) -> None:
    empty = tmp_path / "empty.wav"
    empty.touch()
    with pytest.raises(subprocess.CalledProcessError):
        analyse([empty])
