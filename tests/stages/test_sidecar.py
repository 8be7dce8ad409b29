"""Details beside a recording: what is read, and how each mistake is named."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.lesson import LessonDetails
from pipeline.stages.sidecar import LARGEST_BYTES, LONGEST_TEXT, read_sidecar, sidecar_path

FULL = """
teacher = "  Zoë Ångström "
class_name = "7b"
subject = "Maths"
title = "Fractions"
held_on = 2026-03-02
lawful_basis = "consent of parents"
keep_until = "2026-07-31"
"""


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "my talk.mp4"
    path.write_bytes(b"sound")
    return path


def test_every_detail_is_read(recording: Path) -> None:
    recording.with_suffix(".toml").write_text(FULL, encoding="utf-8")
    assert read_sidecar(recording) == LessonDetails(
        teacher="Zoë Ångström",
        class_name="7b",
        subject="Maths",
        title="Fractions",
        held_on=date(2026, 3, 2),
        lawful_basis="consent of parents",
        keep_until=date(2026, 7, 31),
    )


def test_no_sidecar_means_none(recording: Path) -> None:
    assert read_sidecar(recording) is None
    recording.with_suffix(".toml").mkdir()
    assert read_sidecar(recording) is None


def test_the_full_name_goes_before_the_stem(recording: Path) -> None:
    recording.with_suffix(".toml").write_text('teacher = "stem"')
    assert read_sidecar(recording) == LessonDetails(teacher="stem")
    recording.with_name("my talk.mp4.toml").write_text('teacher = "full"')
    assert read_sidecar(recording) == LessonDetails(teacher="full")


def test_one_sidecar_serves_two_recordings_of_one_stem(recording: Path) -> None:
    recording.with_suffix(".toml").write_text('teacher = "T"')
    assert read_sidecar(recording.with_suffix(".wav")) == LessonDetails(teacher="T")


def test_a_mark_at_the_beginning_does_no_harm(recording: Path) -> None:
    recording.with_suffix(".toml").write_bytes(b"\xef\xbb\xbfteacher = 'T'\r\n")
    assert read_sidecar(recording) == LessonDetails(teacher="T")


def test_an_empty_sidecar_says_nothing(recording: Path) -> None:
    recording.with_suffix(".toml").write_text("")
    assert read_sidecar(recording) == LessonDetails()


def test_a_recording_is_never_its_own_sidecar(tmp_path: Path) -> None:
    path = tmp_path / "lesson.toml"
    path.write_text("")
    assert sidecar_path(path) is None


def test_a_name_as_long_as_names_can_be_has_no_sidecar(tmp_path: Path) -> None:
    assert sidecar_path(tmp_path / ("n" * 251 + ".mp4")) is None


@pytest.mark.parametrize(
    ("content", "said", "hinted"),
    [
        ('teachr = "T"', "'teachr'", "did you mean 'teacher'?"),
        ('class = "7b"', "'class'", "did you mean 'class_name'?"),
        ('zzz = "T"', "'zzz'", "known are: teacher, class_name"),
        ('"tea\\ncher" = "T"', r"'tea\ncher'", "did you mean"),
        ("teacher = 7", "teacher has to be text, not 7", 'teacher = "..."'),
        ('teacher = ["A", "B"]', "teacher has to be text", "quotes"),
        ('[teacher]\nname = "A"', "teacher has to be text", "quotes"),
        ('teacher = "two\\nlines"', "teacher has to be one line", "Remove"),
        ('title = "\\u001b[31mred"', "title has to be one line", "Remove"),
        (f'title = "{"x" * (LONGEST_TEXT + 1)}"', "title is longer", "Shorten"),
        ('held_on = "2 March"', "held_on is no date: '2 March'", "held_on = 2026-03-02"),
        ("held_on = 2026-02-30", "not valid TOML", "Mend"),
        ('keep_until = "2026-02-30"', "keep_until is no date", "keep_until ="),
        ("held_on = 2026-03-02T10:00:00Z", "held_on has to be a date", "held_on ="),
        ("held_on = 20260302", "held_on has to be a date, not 20260302", "held_on ="),
        ("keep_until = true", "keep_until has to be a date", "keep_until ="),
        ("held_on = 2026-03-02\nkeep_until = 2026-03-01", "keep_until lies before held_on", "Mend"),
        ("teacher = T", "not valid TOML", "quotes"),
        ('teacher = "A"\nteacher = "B"', "not valid TOML", "Mend"),
        (b'teacher = "\xff"', "not UTF-8", "UTF-8"),
        (b"#" * (LARGEST_BYTES + 1), "too large", "Rename"),
    ],
)
def test_mistakes_are_named_with_file_and_next_step(
    recording: Path, content: str | bytes, said: str, hinted: str
) -> None:
    sidecar = recording.with_suffix(".toml")
    sidecar.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError) as caught:
        read_sidecar(recording)
    assert "my talk.toml" in caught.value.message and said in caught.value.message
    assert hinted in caught.value.hint
    assert caught.value.exit_code == 2


def test_a_hostile_name_is_printed_harmlessly(tmp_path: Path) -> None:
    recording = tmp_path / "a\x1b[31m\nb.mp4"
    recording.with_suffix(".toml").write_text("teacher = 1")
    with pytest.raises(ConfigError) as caught:
        read_sidecar(recording)
    assert r"a\x1b[31m\nb.toml" in str(caught.value) and str(caught.value).isprintable()
