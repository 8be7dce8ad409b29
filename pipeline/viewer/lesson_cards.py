"""What a lesson page says about an analysed lesson, as data for the components: numbers, advice, questions, waits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.analysis.feedback_rules import load_feedback
from pipeline.lesson import Lesson, Metric, Question, Role
from pipeline.viewer import words
from pipeline.viewer.moments import lines_by_id, offered
from pipeline.viewer.pauses import pause_rows

# The numbers of the first screen. More at once is a table, and nobody reads tables at nine in the evening.
HEADLINES = ("teacher_share", "question_count", "open_question_share", "wait_time_1_median_s")
# How a list of questions is filtered: the keys are the kinds of :func:`question_moments`.
QUESTION_FILTERS: tuple[tuple[str, str], ...] = (
    *((kind, name) for kind, (name, _) in words.QUESTION_WORDS.items()),
    ("student", "Students'"),
    ("unknown", words.ROLE_WORDS["unknown"]),
)
# Where the listed moments are everything that was said, a list of them helps nobody; where ideas are taken up, the page lists.
_WITHOUT_MOMENTS = frozenset({"pace_teacher_wpm", "pace_student_wpm", "turns_per_h", "uptake_mean"})


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
            "range": words.written_range(metric) or words.written_scale(metric),
            "certainty": words.range_meaning(metric),
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
            "strategy": strategy_card(advice.strategy),
        }
        for advice in lesson.advice
    ]


def strategy_card(name: str | None) -> dict[str, Any] | None:
    """What may be tried, in full: how, why and by whom it was found, how it sounds, when not, where to learn more."""
    if name is None:
        return None
    try:
        strategy = load_feedback().strategy(name)
    except KeyError:  # a lesson from before a school changed its strategies
        return None
    return {
        "name": strategy.name,
        "parts": [
            ("How", [strategy.what]),
            ("It may sound like this", list(strategy.sounds_like)),
            ("Why", [strategy.why]),
            ("When not", [strategy.not_when]),
            ("Learn more", [strategy.learn_more]),
            ("Sources", [f"{item.author} ({item.year}): {item.title}" for item in strategy.sources]),
        ],
    }


def question_moments(lesson: Lesson) -> list[dict[str, Any]]:
    """Every question in order of time; the teacher's by kind, as they are counted, all others by who asked.

    ``note`` says what a question asks for, where that is known.
    """
    return [
        {
            "start_s": line.span.start_s,
            "text": line.text,
            "kind": line.question.kind if line.role == "teacher" else line.role,
            "note": _asked_for(line.question, whose=line.role),
        }
        for line in lesson.utterances
        if line.question and line.span
    ]


def said_cards(lesson: Lesson) -> list[dict[str, Any]]:
    """The numbers of what was said; single talk moves are in the chart."""
    numbers = words.of_group(lesson.metrics, "discourse")
    return metric_cards(lesson, (item for item in numbers if not item.name.startswith("move_")))


def focus_help(lesson: Lesson) -> str | None:
    """What focusing and funnelling mean, where a question has one of them."""
    known = {line.question.focus for line in lesson.utterances if line.question and line.question.focus}
    return " ".join(meaning for focus, meaning in words.FOCUS_WORDS.items() if focus in known) or None


def wait_moments(lesson: Lesson) -> list[dict[str, Any]]:
    """Every wait in order of time; it plays from the words before it."""
    lines = lines_by_id(lesson)
    entries = []
    for wait, row in zip(lesson.waits, pause_rows(lesson), strict=True):
        line = lines.get(wait.utterance_id or "")
        entries.append(
            {
                "start_s": line.span.start_s if line and line.span else wait.span.start_s,
                "text": line.text if line else "",
                "kind": row,
                "note": f"{wait.span.duration_s:.1f} s, then {words.ROLE_WORDS[wait.by].lower()}",
            }
        )
    return entries


def _asked_for(question: Question, *, whose: Role) -> str:
    kind = "" if whose == "teacher" else words.QUESTION_WORDS[question.kind][0].lower()
    demand = words.DEMAND_WORDS[question.demand] if question.demand else ""
    return " · ".join(filter(None, (kind, demand, question.focus)))
