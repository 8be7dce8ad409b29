"""Numbers of what is said, worked out by hand on small lessons."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.discourse_metrics import measure_discourse
from pipeline.lesson import Lesson, Metric, Utterance, Wait
from pipeline.timeline import Span
from tests.lesson_values import lesson, said, student, teacher


def metric(of: Lesson, name: str) -> Metric:
    return next(item for item in measure_discourse(of) if item.name == name)


def moved(name: str, place: int, *, role: str, move: str | None, text: str = "a b") -> Utterance:
    who = teacher(place, place + 1) if role == "teacher" else student(place, place + 1)
    line = replace(said(name, who, text), move_confidence=0.8)
    return replace(line, teacher_move=move) if role == "teacher" else replace(line, student_move=move)


def test_moves_are_counted_by_role_and_played() -> None:
    of = lesson(
        utterances=(
            moved("u1", 0, role="teacher", move="revoicing"),
            moved("u2", 2, role="teacher", move=None),
            moved("u3", 4, role="teacher", move="revoicing"),
            moved("u4", 6, role="student", move="making_a_claim"),
        )
    )
    found = metric(of, "move_revoicing_count")
    assert (found.value, [moment.utterance_id for moment in found.moments]) == (2.0, ["u1", "u3"])
    assert metric(of, "move_restating_count").value == 0.0
    assert metric(of, "move_making_a_claim_count").value == 1.0


def test_what_no_model_judged_is_unknown_and_not_zero() -> None:
    of = lesson(utterances=(said("u1", teacher(0, 1), "Good job!"),))
    assert metric(of, "move_revoicing_count").value is None
    assert metric(of, "uptake_mean").value is None


def test_reasoning_is_of_claims_with_and_without_reasons() -> None:
    labels = ("making_a_claim", "making_a_claim", "providing_evidence_or_reasoning", None)
    of = lesson(utterances=tuple(moved(f"u{n}", 2 * n, role="student", move=label) for n, label in enumerate(labels)))
    found = metric(of, "reasoning_share")
    assert (found.value, found.numerator, found.denominator) == (pytest.approx(1 / 3), 1, 3)


def test_without_a_model_reasons_are_known_by_their_words_and_the_method_says_so() -> None:
    of = lesson(
        utterances=(
            said("u1", student(0, 1), "It is longer because it has more"),
            said("u2", student(2, 3), "It is six"),
            said("u3", student(4, 5), "Six"),
            said("u4", student(6, 7), "Why is it six", kind="open"),
        )
    )
    found = metric(of, "reasoning_share")
    assert (found.value, found.denominator) == (0.5, 2)
    assert "because" in found.method


def test_uptake_is_a_mean_and_its_strongest_moments_come_first() -> None:
    lines = tuple(
        replace(said(f"u{n}", teacher(2 * n, 2 * n + 1), "So"), uptake=value) for n, value in enumerate((0.2, 0.9, 0.4))
    )
    found = metric(lesson(utterances=lines), "uptake_mean")
    assert (found.value, found.denominator) == (pytest.approx(0.5), 3)
    assert [moment.utterance_id for moment in found.moments] == ["u1", "u2", "u0"]


def test_praise_is_counted_by_kind() -> None:
    lines = (
        replace(said("u1", teacher(0, 1), "Good job"), praise="general"),
        replace(said("u2", teacher(2, 3), "I like how you drew it"), praise="specific"),
        replace(said("u3", teacher(4, 5), "Great"), praise="general"),
    )
    of = lesson(utterances=lines)
    assert (metric(of, "praise_general_count").value, metric(of, "praise_specific_count").value) == (2.0, 1.0)


def test_waits_are_told_by_the_kind_of_question_with_their_middle_half() -> None:
    lines = (
        said("q1", teacher(0, 1), "Why is it so", kind="open"),
        said("q2", teacher(10, 11), "Is it six", kind="closed"),
        said("q3", teacher(20, 21), "What else", kind="open"),
        said("q4", teacher(30, 31), "How come", kind="open"),
    )
    waits = tuple(
        Wait("wait_time_1", Span(end_s, end_s + length_s), by, name)
        for name, end_s, length_s, by in (
            ("q1", 1, 2, "student"),
            ("q2", 11, 1, "student"),
            ("q3", 21, 4, "student"),
            ("q4", 31, 9, "teacher"),
        )
    )
    of = replace(lesson(utterances=lines), waits=waits)
    opened, closed = metric(of, "wait_time_1_open_median_s"), metric(of, "wait_time_1_closed_median_s")
    assert (opened.value, opened.low, opened.high, opened.denominator) == (3.0, 2.5, 3.5, 2)
    assert (closed.value, closed.denominator) == (1.0, 1)
