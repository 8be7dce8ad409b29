"""The values refuse nonsense at birth and cannot be changed."""

from __future__ import annotations

import dataclasses
import inspect
import math

import pytest

from pipeline import lesson as values
from pipeline.lesson import Advice, Goal, Lesson, Metric, Moment, Question, Recording, Speech, Utterance
from pipeline.timeline import Span

VALUE_TYPES = [item for _, item in inspect.getmembers(values, dataclasses.is_dataclass) if item is not Span]


@pytest.mark.parametrize("kind", VALUE_TYPES, ids=lambda kind: kind.__name__)
def test_every_value_is_frozen_and_slotted(kind: type) -> None:
    assert kind.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert "__slots__" in vars(kind)


@pytest.mark.parametrize("nonsense", [-0.1, 1.1, math.nan])
def test_confidences_lie_between_0_and_1(nonsense: float) -> None:
    with pytest.raises(ValueError, match="speaker_confidence"):
        Speech(Span(0, 1), "S1", speaker_confidence=nonsense)
    with pytest.raises(ValueError, match="role_confidence"):
        Speech(Span(0, 1), "S1", role_confidence=nonsense)
    with pytest.raises(ValueError, match="confidence"):
        Question("open", nonsense)
    with pytest.raises(ValueError, match="uptake"):
        Utterance("u1", None, "S1", "teacher", "Yes.", uptake=nonsense)


def test_an_unknown_confidence_is_none() -> None:
    assert Speech(Span(0, 1), "S1").speaker_confidence is None


def test_advice_without_evidence_is_refused() -> None:
    with pytest.raises(ValueError, match="evidence"):
        Advice("strength", "You waited.", ("wait_time_1_median_s",), ())
    assert Advice("strength", "You waited.", ("wait_time_1_median_s",), (Moment(Span(0, 1)),)).evidence


def test_a_lesson_finds_its_metrics_by_name() -> None:
    lesson = Lesson(Recording("0" * 64, "x.mp4", 10.0), metrics=(Metric("teacher_share", 0.6, "share"),))
    assert lesson.metric("teacher_share").value == 0.6
    with pytest.raises(KeyError, match="silence_share"):
        lesson.metric("silence_share")


def test_a_moment_is_a_time_or_an_utterance() -> None:
    assert Moment(None, "u1").span is None
    with pytest.raises(ValueError, match="span"):
        Moment(None)


def test_a_goal_has_a_number_to_reach() -> None:
    with pytest.raises(ValueError, match="number to reach"):
        Goal("student_share")
    with pytest.raises(ValueError, match="at most"):
        Goal("student_share", at_least=0.5, at_most=0.4)


@pytest.mark.parametrize(
    ("goal", "reached"),
    [
        (Goal("student_share", at_least=0.4), True),
        (Goal("student_share", at_least=0.41), False),
        (Goal("student_share", at_most=0.4), True),
        (Goal("student_share", at_least=0.3, at_most=0.39), False),
    ],
)
def test_a_goal_is_reached_within_its_bounds(goal: Goal, reached: bool) -> None:
    assert goal.reached_by(0.4) is reached
