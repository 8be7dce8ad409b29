"""A small analysed lesson, whose every number can be worked out by hand, and recordings to go with it."""

from __future__ import annotations

import functools
import os
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from pipeline.config import Config
from pipeline.intake import take_in
from pipeline.lesson import (
    Advice,
    Lesson,
    LessonDetails,
    Metric,
    Moment,
    Question,
    Recording,
    Segment,
    Speech,
    StageRecord,
    Utterance,
    Wait,
)
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.timeline import Span
from tests.media_files import make_media

OWN = {"x-lesson-mirror": "1"}
DURATION_S = 12.0


def recording_of(sha256: str) -> Recording:
    """A recording that exists by name only."""
    return Recording(sha256, "lesson.mp4", DURATION_S)


def small_lesson(recording: Recording) -> Lesson:
    """A teacher (5 s), two students (3 s and 1 s), two questions, two waits."""
    ask = Utterance(
        "u1",
        Span(0.5, 3.0),
        "S1",
        "teacher",
        "Why does <b>ice</b> float?",
        question=Question("open", 0.9),
        language="en",
    )
    answer = Utterance("u2", Span(4.0, 7.0), "S2", "student", "Because it is lighter than water.", language="en")
    check = Utterance("u3", Span(7.5, 10.0), "S1", "teacher", "Is it?", question=Question("closed", 0.8), language="en")
    yes = Utterance("u4", Span(10.5, 11.5), "S3", "student", "Yes.", language="en")
    lines = (ask, answer, check, yes)
    spans = {line.id: line.span for line in lines if line.span}
    question = Moment(spans["u1"], "u1")
    return Lesson(
        recording=recording,
        language="en",
        speech=tuple(Speech(spans[line.id], line.speaker, line.role) for line in lines),
        segments=(Segment(Span(0.0, 6.0), "teacher_talk"), Segment(Span(6.0, DURATION_S), "dialogue")),
        utterances=lines,
        waits=(
            Wait("wait_time_1", Span(3.0, 4.0), "student", "u1"),
            Wait("wait_time_2", Span(7.0, 7.5), "teacher", "u2"),
        ),
        metrics=(
            Metric("teacher_share", 5 / 9, "share", 0.5, 0.6, 5.0, 9.0, "seconds of speech", (question,)),
            Metric("question_count", 2.0, "count", moments=(question, Moment(spans["u3"], "u3"))),
            Metric("wait_time_1_median_s", 1.0, "s", moments=(Moment(Span(3.0, 4.0), "u1"),)),
            Metric("uptake_mean", None, "index"),
        ),
        advice=(Advice("try_next", "Wait a little longer.", ("wait_time_1_median_s",), (question,)),),
        stages=(StageRecord("transcribe", "faster-whisper/base", "a" * 64, "b" * 64, 1.5),),
    )


def moves_lesson(recording: Recording) -> Lesson:
    """The small lesson as a model would have judged it: moves, an idea taken up, praise, waits by kind of question."""
    lesson = small_lesson(recording)
    ask, answer, check, yes = lesson.utterances
    why, sure = Question("open", 0.9, "focusing", "reason"), Question("closed", 0.8, "funnelling", "recall")
    lines = (
        replace(ask, question=why, teacher_move="pressing_for_reasoning", move_confidence=0.91),
        replace(answer, student_move="providing_evidence_or_reasoning", move_confidence=0.72),
        replace(
            check,
            text="Lighter than water, good thinking, is it?",
            question=sure,
            teacher_move="revoicing",
            move_confidence=0.55,
            uptake=0.83,
            praise="specific",
            praise_confidence=0.85,
        ),
        replace(yes, move_confidence=0.97),
    )
    known = (
        Metric("wait_time_1_open_median_s", 1.0, "s", 0.8, 1.4, denominator=1),
        Metric("wait_time_1_closed_median_s", None, "s", denominator=0),
        Metric("uptake_mean", 0.83, "share", denominator=1),
        Metric("reasoning_share", 1.0, "share", numerator=1, denominator=1),
        Metric("ire_share", 0.5, "share", numerator=1, denominator=2),
        Metric("praise_specific_count", 1.0, "count"),
        Metric("praise_general_count", 0.0, "count"),
        Metric("move_revoicing_count", 1.0, "count"),
    )
    others = tuple(item for item in lesson.metrics if item.name != "uptake_mean")
    return replace(lesson, languages=(("en", 1.0),), utterances=lines, metrics=(*others, *known))


def add_recording(library: Library, folder: Path, name: str = "lesson.mp4", *, title: str = "Ice") -> LessonRow:
    """A real recording of 12 s in the library, not analysed; no two are the same."""
    source = folder / name
    # What comes behind its end changes a file's hash, and nothing else.
    source.write_bytes(_recording(source.suffix) + b"\0\0\0\x18free" + os.urandom(16))
    return take_in(library, source, Config(), details=LessonDetails("M. Weber", "7b", "Physics", title))


@functools.cache
def _recording(suffix: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return make_media(Path(folder) / f"lesson{suffix}", seconds=DURATION_S).read_bytes()


def add_analysed(library: Library, folder: Path, analysed: Callable[[Recording], Lesson] = small_lesson) -> LessonRow:
    """The same with its result, a poster and two pictures."""
    row = add_recording(library, folder)
    library.save_result(row.id, analysed(Recording(row.sha256, row.name, row.duration_s)))
    place = library.media.folder_of(row.sha256)
    (place / "thumbs").mkdir()
    for name in ("poster.jpg", "thumbs/000000000.jpg", "thumbs/000005000.jpg"):
        (place / name).write_bytes(b"\xff\xd8picture " + name.encode())
    return library.find_lesson(row.id)
