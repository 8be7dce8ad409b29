"""The public Python API: from a file to a lesson, and from a lesson to tables.

>>> from pipeline.api import analyze_file, utterance_table
>>> lesson = analyze_file("talk.mp4")
>>> utterance_table(lesson).groupby("role").text.count()
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import corrections
from pipeline.config import Config, LibraryConfig
from pipeline.intake import sample_path, take_in
from pipeline.lesson import Lesson, LessonDetails, Role
from pipeline.runner import Report, Runner
from pipeline.store.library import Library
from pipeline.timeline import Span

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "analyze_file",
    "correct_speaker",
    "metric_table",
    "sample_path",
    "speech_table",
    "undo_correction",
    "utterance_table",
]


def analyze_file(
    path: str | Path,
    config: Config | None = None,
    *,
    details: LessonDetails | None = None,
    keep: bool = True,
    report: Report | None = None,
) -> Lesson:
    """Analyses one recording. With ``keep`` it goes into the library (and a second call is quick); otherwise nothing stays.

    Raises LessonMirrorError with a sentence that can be shown.
    """
    config = config or Config()
    if keep:
        return _analyze_in(config, Path(path), details, report)
    with tempfile.TemporaryDirectory(prefix="lessonmirror-") as folder:
        private = replace(config, library=LibraryConfig(folder=folder))
        return _analyze_in(private, Path(path), details, report)


def _analyze_in(config: Config, path: Path, details: LessonDetails | None, report: Report | None) -> Lesson:
    with Library.open(config.library) as library:
        row = take_in(library, path, config, details=details)
        return Runner(library, config, report=report).analyze(row)


def correct_speaker(
    lesson: Lesson,
    *,
    voice: str | None = None,
    span: tuple[float, float] | None = None,
    speaker: str | None = None,
    role: Role | None = None,
    config: Config | None = None,
) -> Lesson:
    """Says who speaks in a lesson of the library; the numbers follow, see :func:`pipeline.corrections.correct`.

    ``span`` is (start, end) in seconds. Raises NotFoundError for a lesson that is not kept, UsageError for nonsense.
    """
    when = Span(*span) if span else None
    with Library.open((config or Config()).library) as library:
        lesson_id = library.find_lesson(lesson.recording.sha256).id
        return corrections.correct(library, lesson_id, voice=voice, span=when, speaker=speaker, role=role)


def undo_correction(lesson: Lesson, *, config: Config | None = None) -> Lesson:
    """Takes back the latest correction. Raises NotFoundError where there is none."""
    with Library.open((config or Config()).library) as library:
        return corrections.undo(library, library.find_lesson(lesson.recording.sha256).id)


def utterance_table(lesson: Lesson) -> pd.DataFrame:
    """One row an utterance: id, start_s, end_s, speaker, role, text, words (a count), question (its kind or None)."""
    import pandas as pd

    rows = [
        {
            "id": item.id,
            "start_s": item.span.start_s if item.span else None,
            "end_s": item.span.end_s if item.span else None,
            "speaker": item.speaker,
            "role": item.role,
            "text": item.text,
            "words": len(item.words) or len(item.text.split()),
            "question": item.question.kind if item.question else None,
        }
        for item in lesson.utterances
    ]
    return pd.DataFrame(rows, columns=["id", "start_s", "end_s", "speaker", "role", "text", "words", "question"])


def speech_table(lesson: Lesson) -> pd.DataFrame:
    """One row a stretch of speech: start_s, end_s, duration_s, speaker, role."""
    import pandas as pd

    rows = [
        (item.span.start_s, item.span.end_s, item.span.duration_s, item.speaker, item.role) for item in lesson.speech
    ]
    return pd.DataFrame(rows, columns=["start_s", "end_s", "duration_s", "speaker", "role"])


def metric_table(lesson: Lesson) -> pd.DataFrame:
    """One row a metric, by name: value, unit, numerator, denominator, method. Unknown is a missing value."""
    import pandas as pd

    rows = [
        (item.name, item.value, item.unit, item.numerator, item.denominator, item.method) for item in lesson.metrics
    ]
    columns = ["name", "value", "unit", "numerator", "denominator", "method"]
    return pd.DataFrame(rows, columns=columns).set_index("name")
