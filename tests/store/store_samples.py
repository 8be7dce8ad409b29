"""What the tests of the store keep in a library."""

from __future__ import annotations

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

from pipeline.lesson import (
    Advice,
    Lesson,
    LessonDetails,
    MediaInfo,
    Metric,
    Moment,
    Recording,
    Speech,
    StageRecord,
    Utterance,
    Word,
)
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.timeline import Span

INFO = MediaInfo(61.5, "mov,mp4", "aac", 2, "h264", 1280, 720, 90, "yuv420p", datetime(2026, 3, 2, 9, 5, tzinfo=UTC))
DETAILS = LessonDetails(
    "Ms. Iqbal", "7b", "Fractions", "Halves and thirds", date(2026, 3, 2), "consent of all", date(2027, 3, 2)
)
RECORD = StageRecord(
    "transcribe", "faster-whisper/base", "m" * 64, "c" * 64, 12.5, datetime(2026, 3, 2, 10, tzinfo=UTC)
)


def sha256_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def add_row(library: Library, key: str, details: LessonDetails = DETAILS, *, name: str = "lesson.mp4") -> LessonRow:
    """A lesson without media."""
    return library.add_lesson(Recording(sha256_of(key.encode()), name, 61.5), INFO, details)


def add_with_media(library: Library, folder: Path, content: bytes, name: str = "lesson.mp4") -> LessonRow:
    """A lesson whose recording holds ``content``."""
    source = folder / name
    source.write_bytes(content)
    taken = library.media.take_in(source)
    return library.add_lesson(Recording(taken.sha256, name, 61.5, str(taken.path)), INFO, DETAILS)


def analysed(row: LessonRow, *, teacher_share: float | None = 0.58, language: str = "en") -> Lesson:
    """A small result of the lesson."""
    moment = Moment(Span(1.2, 4.9), "u1")
    return Lesson(
        recording=Recording(row.sha256, row.name, row.duration_s),
        language=language,
        speech=(Speech(Span(1.2, 4.9), "S1", "teacher", 0.9, 0.97),),
        utterances=(Utterance("u1", Span(1.2, 4.9), "S1", "teacher", "Who?", (Word(Span(1.2, 1.4), "Who?", 0.98),)),),
        metrics=(
            Metric("teacher_share", teacher_share, "share", 0.55, 0.61, 1204.0, 2075.9, "seconds", (moment,)),
            Metric("voice_gini", None, "share"),
        ),
        advice=(Advice("reflection", "Listen to this.", ("teacher_share",), (moment,)),),
        stages=(RECORD,),
    )


def files_below(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())
