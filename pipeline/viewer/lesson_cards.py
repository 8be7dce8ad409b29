"""What a lesson page says about an analysed lesson, as data for the components: numbers, advice, questions, waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.lesson import Lesson, Metric
from pipeline.viewer import words
from pipeline.viewer.moments import lines_by_id, offered

# The numbers of the first screen. More at once is a table, and nobody reads tables at nine in the evening.
HEADLINES = ("teacher_share", "question_count", "open_question_share", "wait_time_1_median_s")
# How a list of questions is filtered: the keys are the kinds of :func:`question_moments`.
QUESTION_FILTERS: tuple[tuple[str, str], ...] = (
    *((kind, name) for kind, (name, _) in words.QUESTION_WORDS.items()),
    ("student", "Students'"),
    ("unknown", words.ROLE_WORDS["unknown"]),
)
# Where the listed moments are everything that was said, a list of them helps nobody.
_WITHOUT_MOMENTS = frozenset({"pace_teacher_wpm", "pace_student_wpm", "turns_per_h"})


def headline_cards(lesson: Lesson) -> list[dict[str, Any]]:
    """The few numbers of the first screen."""
    by_name = {metric.name: metric for metric in lesson.metrics}
    return metric_cards(lesson, (by_name[name] for name in HEADLINES if name in by_name))


def metric_cards(lesson: Lesson, metrics: Iterable[Metric]) -> list[dict[str, Any]]:
    """One card a metric: label, value, range, meaning, and the moments it was counted from."""
    lines = lines_by_id(lesson)
    return [
        {
            "label": words.metric_words(metric.name).label,
            "value": words.written_value(metric),
            "range": (span := words.written_range(metric)),
            "certainty": words.RANGE_MEANING if span else "",
            "meaning": words.metric_words(metric.name).meaning,
            "source": words.written_source(metric),
            "moments": [] if metric.name in _WITHOUT_MOMENTS else offered(metric.moments, lines),
        }
        for metric in metrics
    ]


def advice_cards(lesson: Lesson) -> list[dict[str, Any]]:
    """One card a piece of advice, with its moments open."""
    lines = lines_by_id(lesson)
    return [
        {
            "kind": advice.kind,
            "label": words.ADVICE_WORDS[advice.kind],
            "text": advice.text,
            "moments": offered(advice.evidence, lines),
            "open": True,
        }
        for advice in lesson.advice
    ]


def question_moments(lesson: Lesson) -> list[dict[str, Any]]:
    """Every question in order of time; the teacher's by kind, as they are counted, all others by who asked."""
    return [
        {
            "start_s": line.span.start_s,
            "text": line.text,
            "kind": line.question.kind if line.role == "teacher" else line.role,
            "note": "" if line.role == "teacher" else words.QUESTION_WORDS[line.question.kind][0].lower(),
        }
        for line in lesson.utterances
        if line.question and line.span
    ]


def wait_moments(lesson: Lesson) -> list[dict[str, Any]]:
    """Every wait in order of time; it plays from the words before it."""
    lines = lines_by_id(lesson)
    entries = []
    for wait in lesson.waits:
        line = lines.get(wait.utterance_id or "")
        entries.append(
            {
                "start_s": line.span.start_s if line and line.span else wait.span.start_s,
                "text": line.text if line else "",
                "kind": wait.kind,
                "note": f"{wait.span.duration_s:.1f} s, then {words.ROLE_WORDS[wait.by].lower()}",
            }
        )
    return entries
