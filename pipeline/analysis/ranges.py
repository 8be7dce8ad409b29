"""How far the numbers of talk may be off, from how sure it is who is a teacher and how well speech is heard.

Each voice may have the other role, with the probability that its confidence leaves; the numbers are measured for many such
draws. Between ``low`` and ``high`` lie four in five of them, and the error of hearing where speech begins and ends.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.analysis.metrics import measure_talk
from pipeline.lesson import Lesson, Metric, Role, Speech

DRAWS = 200
TAIL = 0.1  # of the draws lie below the range, as many above
HEARING = 0.025  # of all talk: what edges and pauses alone cost a share in nine of ten simulated lessons
OTHER: Mapping[Role, Role] = {"teacher": "student", "student": "teacher"}
_OF_ALL = frozenset({"teacher_share", "student_share"})
_SECONDS = frozenset({"teacher_talk_s", "student_talk_s"})
_DRAWN = frozenset({"longest_monologue_s"})


def with_ranges(lesson: Lesson, metrics: Sequence[Metric]) -> tuple[Metric, ...]:
    """The metrics, those of talk with ``low`` and ``high``; unchanged where roles have no confidence."""
    flips = role_doubts(lesson.speech)
    if not flips:
        return tuple(metrics)
    drawn = _drawn(lesson, flips)
    return tuple(_ranged(metric, drawn.get(metric.name, ())) for metric in metrics)


def role_doubts(speech: Sequence[Speech]) -> dict[str, float]:
    """By voice, the probability that its role is the other one; voices without a confidence are left out."""
    sums: dict[str, tuple[float, float]] = {}
    for item in speech:
        if item.role in OTHER and item.role_confidence is not None:
            seconds, doubt = sums.get(item.speaker, (0.0, 0.0))
            length_s = item.span.duration_s
            sums[item.speaker] = (seconds + length_s, doubt + length_s * (1 - item.role_confidence))
    return {speaker: doubt / seconds for speaker, (seconds, doubt) in sums.items() if seconds > 0}


def _drawn(lesson: Lesson, flips: Mapping[str, float]) -> dict[str, list[float]]:
    """The values of each number over all draws."""
    chance = random.Random(0)
    known: dict[frozenset[str], tuple[Metric, ...]] = {}
    values: dict[str, list[float]] = {}
    for _ in range(DRAWS):
        other = frozenset(speaker for speaker, doubt in flips.items() if chance.random() < doubt)
        if other not in known:
            known[other] = measure_talk(replace(lesson, speech=tuple(_flipped(item, other) for item in lesson.speech)))
        for metric in known[other]:
            if metric.value is not None:
                values.setdefault(metric.name, []).append(metric.value)
    return values


def _flipped(item: Speech, other: frozenset[str]) -> Speech:
    certain = item.corrected or item.role not in OTHER
    return item if certain or item.speaker not in other else replace(item, role=OTHER[item.role])


def _ranged(metric: Metric, values: Sequence[float]) -> Metric:
    if metric.value is None or not values or metric.name not in _OF_ALL | _SECONDS | _DRAWN:
        return metric
    ordered = sorted(values)
    tail = round(TAIL * (len(ordered) - 1))
    low, high = min(metric.value, ordered[tail]), max(metric.value, ordered[-1 - tail])
    if metric.name in _OF_ALL:
        return replace(metric, low=max(0.0, low - HEARING), high=min(1.0, high + HEARING))
    if metric.name in _SECONDS:
        margin_s = HEARING * high
        return replace(metric, low=max(0.0, low - margin_s), high=high + margin_s)
    return replace(metric, low=low, high=high)
