"""Corrections on a library: the numbers follow, without models; on both databases."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pipeline import corrections
from pipeline.arguments import parse_date, parse_span
from pipeline.errors import NotFoundError, UsageError
from pipeline.lesson import Lesson, Passage, Recording, StageRecord
from pipeline.stages.payloads import passages_to_json, speech_to_json
from pipeline.stages.understand import attribute, notices, spoken_languages, understand
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.timeline import Span
from tests.lesson_values import student, teacher, words
from tests.store.store_samples import add_row

SPEECH = (teacher(0, 20, "S1"), student(22, 28, "S2"), teacher(30, 45, "S1"), student(47, 50, "S3"))
TEXT = (
    Passage(Span(0, 12), "", words("Who can tell me why the moon changes its shape?", 0.5), "en"),
    Passage(Span(22, 28), "", words("Because the sun lights only one side of it.", 22.2), "en"),
)


def _analysed(library: Library, key: str = "a") -> LessonRow:
    row = add_row(library, key)
    lesson = understand(_recording(row), spoken_languages(TEXT), attribute(TEXT, SPEECH))
    record = StageRecord("diarize", "campplus", "m" * 64, "c" * 64, 1.0)
    for stage, payload in (("transcribe", passages_to_json(TEXT)), ("diarize", speech_to_json(SPEECH))):
        library.save_stage_output(row.sha256, stage, "key", replace(record, stage=stage), json.dumps(payload).encode())
    library.save_result(row.id, replace(lesson, notices=("A notice.", *notices(lesson)), stages=(record,)))
    return row


def _recording(row: LessonRow) -> Recording:
    return Recording(row.sha256, row.name, 60.0)


def _teachers(lesson: Lesson) -> set[str]:
    return {item.speaker for item in lesson.speech if item.role == "teacher"}


def test_numbers_follow_a_correction_and_its_undoing(library: Library) -> None:
    row = _analysed(library)
    before = library.load_result(row.id)
    assert before is not None and _teachers(before) == {"S1"}
    after = corrections.correct(library, row.id, voice="S2", role="teacher", author="Coach")
    assert _teachers(after) == {"S1", "S2"}
    assert after.metric("teacher_share").value > before.metric("teacher_share").value
    assert after.utterances[1].role == "teacher"
    assert after.notices[0] == "A notice." and after.stages == before.stages
    assert library.load_result(row.id).speech == after.speech
    assert library.corrections(row.id)[0].author == "Coach"
    undone = corrections.undo(library, row.id)
    assert undone.speech == before.speech and undone.corrections is None
    assert library.load_result(row.id) == before
    assert library.corrections(row.id) == ()


def test_corrections_come_back_as_they_were_made(library: Library) -> None:
    row = _analysed(library)
    corrections.correct(library, row.id, voice="S3", speaker="S2")
    corrections.correct(library, row.id, span=Span(31, 32), speaker="Ñandú", role="student")
    first, second = (item.correction for item in library.corrections(row.id))
    assert (first.speaker, first.voice, first.speaker_voice) == ("S2", (Span(47, 50),), (Span(22, 28),))
    assert (second.span, second.speaker, second.role) == (Span(31, 32), "Ñandú", "student")
    library.undo_correction(row.id, library.corrections(row.id)[0].id)
    assert [item.correction for item in library.corrections(row.id)] == [second]


def test_corrections_go_with_their_lesson(library: Library) -> None:
    row = _analysed(library)
    corrections.correct(library, row.id, voice="S3", role="teacher")
    assert ("correction", 1) in library.deletion_plan(row.id).rows
    library.delete_lesson(row.id)
    with pytest.raises(NotFoundError):
        library.corrections(row.id)


@pytest.mark.parametrize(
    ("wrong", "words_of_it"),
    [
        ({"voice": "S2"}, "right speaker or the right role"),
        ({"role": "teacher"}, "about a voice or about a stretch"),
        ({"voice": "S9", "role": "teacher"}, "no voice 'S9'"),
        ({"voice": "S2", "role": "boss"}, "no role"),
        ({"voice": "S2", "speaker": " "}, "1 to 40 characters"),
        ({"voice": "S2", "speaker": "x" * 41}, "1 to 40 characters"),
        ({"voice": "S2", "speaker": "a\nb"}, "1 to 40 characters"),
        ({"span": Span(28.5, 29), "role": "teacher"}, "Nobody speaks there"),
        ({"span": Span(0, 5), "voice": "S2", "role": "teacher"}, "Nobody speaks there"),
    ],
)
def test_nonsense_is_refused_with_a_sentence(library: Library, wrong: dict[str, object], words_of_it: str) -> None:
    row = _analysed(library)
    with pytest.raises(UsageError, match=words_of_it) as caught:
        corrections.correct(library, row.id, **wrong)  # type: ignore[arg-type]
    assert caught.value.hint
    assert library.corrections(row.id) == ()


def test_what_cannot_be_corrected_says_why(library: Library) -> None:
    with pytest.raises(NotFoundError, match="not been analysed"):
        corrections.correct(library, add_row(library, "b").id, voice="S1", role="teacher")
    row = _analysed(library)
    with pytest.raises(NotFoundError, match="Nothing was corrected"):
        corrections.undo(library, row.id)
    with pytest.raises(NotFoundError, match="no correction 'nope'"):
        corrections.undo(library, row.id, "nope")


@pytest.mark.parametrize(
    ("text", "span"),
    [("70-75.5", Span(70, 75.5)), ("1:10-1:15.5", Span(70, 75.5)), (" 1:00:00 – 1:00:01 ", Span(3600, 3601))],
)
def test_a_stretch_of_time_is_read_as_people_write_it(text: str, span: Span) -> None:
    assert parse_span(text) == span


@pytest.mark.parametrize("text", ["soon", "5", "9-7", "3-3", "-1-4", "1:2:3:4-5"])
def test_another_stretch_gets_a_sentence(text: str) -> None:
    with pytest.raises(UsageError):
        parse_span(text)


def test_nothing_is_no_stretch_and_no_date() -> None:
    assert parse_span(None) is None and parse_date("", "--date") is None
