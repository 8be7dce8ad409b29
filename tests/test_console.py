"""What the command line prints: numbers, progress and errors that a person can read."""

from __future__ import annotations

import errno
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from pipeline import console
from pipeline.analysis.metrics import measure
from pipeline.backends.weights import list_models
from pipeline.doctor import Finding
from pipeline.errors import DiskFullError, MediaError
from pipeline.lesson import LessonDetails, MediaInfo
from pipeline.store.rows import DeletionPlan, LessonRow, PlannedFile
from tests.lesson_values import lesson, said, student, teacher


def test_an_error_is_a_sentence_and_the_next_step_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    console.fail(MediaError("a\x1b.mp4 is empty.", hint="Copy it again."))
    console.fail(MediaError("It is empty."))
    captured = capsys.readouterr()
    assert captured.err == "  a\\x1b.mp4 is empty.\n  Copy it again.\n  It is empty.\n"
    assert captured.out == ""


def test_a_full_disk_and_missing_memory_are_told_in_words() -> None:
    assert isinstance(console.unexpected(OSError(errno.ENOSPC, "No space left on device")), DiskFullError)
    assert "memory" in str(console.unexpected(MemoryError()))
    told = console.unexpected(ZeroDivisionError("division by zero"))
    assert "ZeroDivisionError: division by zero" in told.message
    assert "--debug" in told.hint


def test_the_numbers_are_printed_and_the_unknown_is_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    told = (said("u1", teacher(0, 30), "Why?", kind="open"),)
    of = lesson(teacher(0, 30), student(32, 42), utterances=told, duration_s=60.0)
    console.print_numbers(replace(of, metrics=measure(of), language="en", notices=("Noise\x1b.",)))
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == ""
    assert lines[1].split("  ")[-2:] == ["1:00", "(language: en)"]
    assert lines[2].endswith("75 %")
    assert lines[3].endswith("25 %")
    assert lines[4].endswith("1, of them open: 100 %")
    assert lines[5].endswith("unknown")
    assert lines[7].endswith("30.0 s")
    assert lines[8] == "  Note: Noise\\x1b."


def test_without_a_terminal_progress_is_a_line_a_finished_stage(capsys: pytest.CaptureFixture[str]) -> None:
    with console.stage_bars() as report:
        for done in (0.0, 0.5, 1.0, 1.0):
            report("transcribe", done, 3.0)
        report("unheard_of", 1.0, None)
    assert capsys.readouterr().out == "  Writing down what is said: done\n  unheard_of: done\n"
    assert not console.is_terminal()


def test_on_a_terminal_progress_is_a_bar_a_stage_with_the_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with console.stage_bars() as report:
        report("audio", 0.25, 65.0)
        report("audio", 1.0, 0.0)
        report("detect", 0.5, None)
    out = capsys.readouterr().out
    assert "Reading the sound" in out
    assert "Finding speech" in out
    assert "100 %" in out


def row(name: str, details: LessonDetails) -> LessonRow:
    added_at = datetime(2026, 3, 2, tzinfo=UTC)
    info = MediaInfo(3725.0, "mp4", "aac", 2)
    return LessonRow(
        "5c0ffee0", "0" * 64, name, "a.mp4", 3725.0, 9, details, info, "done", "", "", added_at, added_at, "en", 0.6
    )


def test_the_library_is_a_table_with_titles_or_names(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_lessons(
        [row("a.mp4", LessonDetails(title="Boats [red]", held_on=date(2026, 3, 1))), row("b\x1b.mp4", LessonDetails())]
    )
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["Id", "Title", "Held", "on", "Length", "State"]
    assert lines[1].split() == ["5c0ffee0", "Boats", "[red]", "2026-03-01", "1:02:05", "done"]
    assert lines[2].split() == ["5c0ffee0", "b\\x1b.mp4", "1:02:05", "done"]


def test_an_empty_library_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_lessons([])
    assert "lessonmirror analyze FILE" in capsys.readouterr().out


def test_what_deleting_removes_is_listed_with_its_size(capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {"original.mp4": 40_000_000, "audio.wav": 2_000_000, "notes.txt": 5}
    files = [PlannedFile(Path("/x") / name, size) for name, size in sizes.items()]
    files += [PlannedFile(Path("/x/thumbs") / f"{number:09d}.jpg", 10_000) for number in range(9)]
    rows = (("lesson", 1), ("lesson_result", 1), ("metric", 25), ("stage_output", 1), ("job", 0), ("note", 3))
    console.print_plan(row("a.mp4", LessonDetails()), DeletionPlan("5c0ffee0", "0" * 64, tuple(files), rows))
    assert capsys.readouterr().out.splitlines() == [
        "a.mp4 (1:02:05)",
        "  The recording (40 MB)",
        "  3 notes",
        "  Its sound, as it was listened to (2 MB)",
        "  The pictures below the player (90 KB)",
        "  What the program noted about the recording (5 bytes)",
        "  1 analysis with its transcript",
        "  25 numbers",
        "  1 intermediate result",
        "  42 MB in all. That it was deleted stays on record, without any content.",
        "  Folders written by --out or export stay on the disk: remove them yourself where they have to go too.",
    ]


def test_a_lesson_without_recording_or_result_lists_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    plan = DeletionPlan("5c0ffee0", "0" * 64, (), (("lesson", 1), ("metric", 1), ("note", 1), ("future", 2)))
    console.print_plan(row("a.mp4", LessonDetails()), plan)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1:4] == ["  1 note", "  1 number", "  2 entries in “future”"]
    assert lines[4].startswith("  0 bytes in all.")


def test_models_are_a_table(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    console.print_models(list_models())
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == len(list_models()) + 1
    assert all(model.name in line for model, line in zip(list_models(), lines[1:], strict=True))


def test_the_doctor_names_the_remedy_of_each_trouble(capsys: pytest.CaptureFixture[str]) -> None:
    console.print_findings([Finding("ffmpeg is there."), Finding("The disk is full.", True, "Free some space.")])
    assert capsys.readouterr().out == "ok  ffmpeg is there.\n!!  The disk is full.\n    Free some space.\n"
