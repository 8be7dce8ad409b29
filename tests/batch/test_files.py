"""Which recordings a batch is about, and when it may work."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest

from pipeline.batch.files import collect, wanted_by
from pipeline.batch.hours import parse_hours
from pipeline.batch.queue_worker import packed, unpacked
from pipeline.errors import LessonMirrorError, UsageError
from pipeline.lesson import LessonDetails


def _touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"x")


def test_a_folder_is_walked_and_each_recording_comes_once(tmp_path: Path) -> None:
    _touch(tmp_path, "b.mp4", "a/c.MOV", "a/notes.txt", ".hidden.mp4", ".trash/d.mp4", "a/e'\n.wav")
    found = [item.path for item in collect([tmp_path, tmp_path / "b.mp4", tmp_path / "a" / ".." / "b.mp4"][:2])]
    assert found == [tmp_path / "b.mp4", tmp_path / "a" / "c.MOV", tmp_path / "a" / "e'\n.wav"]


def test_a_table_says_more_about_each_recording(tmp_path: Path) -> None:
    _touch(tmp_path, "in/a.mp4", "in/b.mp4")
    table = tmp_path / "term.csv"
    table.write_text(
        "Path;Teacher;Class;Date;Consent;keep_until;goal\nin/a.mp4;A. Archer;7b;2026-03-12;parents;2027-07-31;"
        "teacher_share <= 60 %\nin/b.mp4;;;;;;\n;;;;;;\n",
        encoding="utf-8-sig",
    )
    first, second = collect([table])
    details = LessonDetails(
        "A. Archer", "7b", "", "", date(2026, 3, 12), "parents", date(2027, 7, 31), "teacher_share <= 60 %"
    )
    assert (first.path, first.details) == (tmp_path / "in" / "a.mp4", details)
    assert unpacked(packed(details)) == details
    assert second.details == LessonDetails() and unpacked(packed(None)) is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("teacher\nA\n", "lacks the column path"),
        ("path,mark\na.mp4,3\n", "unknown column 'mark'"),
        ("path,date\na.mp4,soon\n", "Row 2 of t.csv has no date"),
        ("path,goal\na.mp4,much\n", "Row 2 of t.csv"),
        ("path\na.mp4\nnothing.mp4\n", "Row 3 of t.csv names a file that is not there"),
    ],
)
def test_what_is_wrong_in_a_table_is_said_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    _touch(tmp_path, "a.mp4")
    (tmp_path / "t.csv").write_text(text)
    with pytest.raises(LessonMirrorError, match=words):
        wanted_by(tmp_path / "t.csv")


def test_a_source_that_is_not_there_is_said_before_anything_begins(tmp_path: Path) -> None:
    _touch(tmp_path, "a.mp4")
    with pytest.raises(UsageError, match="is not there"):
        next(iter(collect([tmp_path / "a.mp4", tmp_path / "b"])))


@pytest.mark.parametrize(
    ("hours", "clock", "wait_s"),
    [
        ("20:00-06:00", "19:59", 60),
        ("20:00-06:00", "20:00", 0),
        ("20:00-06:00", "00:30", 0),
        ("20:00-06:00", "06:00", 14 * 3600),
        ("9:00 - 17:30", "17:30", 15.5 * 3600),
        ("9:00-17:30", "12:00", 0),
    ],
)
def test_hours_hold_over_midnight(hours: str, clock: str, wait_s: float) -> None:
    assert parse_hours(hours).wait_s(datetime.fromisoformat(f"2026-03-12T{clock}")) == wait_s


@pytest.mark.parametrize("text", ["", "20-06", "25:00-06:00", "20:00-20:00", "20:00"])
def test_what_are_no_hours_is_said(text: str) -> None:
    with pytest.raises(UsageError):
        parse_hours(text)
