"""Numbers say how far they may be off."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.metrics import measure
from pipeline.analysis.ranges import HEARING, role_doubts, with_ranges
from pipeline.lesson import Lesson, Metric, Recording, Speech
from pipeline.timeline import Span


def heard(start_s: float, end_s: float, speaker: str, role: str, sure: float | None) -> Speech:
    return Speech(Span(start_s, end_s), speaker, role, 1.0, sure)  # type: ignore[arg-type]


def ranges(*speech: Speech) -> dict[str, Metric]:
    lesson = Lesson(Recording("0" * 64, "a.wav", 200.0), speech=speech)
    return {metric.name: metric for metric in with_ranges(lesson, measure(lesson))}


def test_where_roles_are_sure_only_hearing_makes_a_range() -> None:
    share = ranges(heard(0, 60, "S1", "teacher", 0.99), heard(60, 100, "S2", "student", 0.99))["teacher_share"]
    assert (share.low, share.value, share.high) == pytest.approx((0.6 - HEARING, 0.6, 0.6 + HEARING))


def test_a_doubtful_voice_widens_the_range_by_its_talk() -> None:
    share = ranges(
        heard(0, 60, "S1", "teacher", 0.99), heard(60, 80, "S2", "student", 0.6), heard(80, 100, "S3", "student", 0.99)
    )["teacher_share"]
    assert share.low == pytest.approx(0.6 - HEARING)
    assert share.high == pytest.approx(0.8 + HEARING)


def test_the_two_shares_mirror_each_other_and_stay_within_0_and_1() -> None:
    found = ranges(heard(0, 99, "S1", "teacher", 0.9), heard(99, 100, "S2", "student", 0.7))
    teacher, student = found["teacher_share"], found["student_share"]
    assert teacher.low is not None and student.high is not None
    assert teacher.high == 1.0 and student.low == 0.0
    assert teacher.low == pytest.approx(1 - student.high)


def test_what_a_person_has_said_is_in_no_doubt() -> None:
    said = replace(heard(60, 80, "S2", "student", 1.0), corrected=True)
    assert role_doubts([said]) == {"S2": 0.0}
    share = ranges(heard(0, 60, "S1", "teacher", 0.99), said)["teacher_share"]
    assert share.high == pytest.approx(0.75 + HEARING)


def test_without_confidence_there_is_no_range() -> None:
    found = ranges(heard(0, 60, "S1", "teacher", None), heard(60, 80, "S2", "unknown", None))
    assert all(metric.low is None and metric.high is None for metric in found.values())


def test_every_value_lies_in_its_range_and_the_same_lesson_has_the_same() -> None:
    speech = [
        heard(10.0 * n, 10.0 * n + 8, f"S{n % 4}", "teacher" if n % 4 == 0 else "student", 0.55) for n in range(16)
    ]
    first, again = ranges(*speech), ranges(*speech)
    assert first == again
    bounded = [metric for metric in first.values() if metric.low is not None]
    assert {metric.name for metric in bounded} >= {"teacher_share", "student_talk_s", "longest_monologue_s"}
    assert all(metric.low <= metric.value <= metric.high for metric in bounded)
