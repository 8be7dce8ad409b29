"""Did a number change between two lessons, or is it within what it may be off by?

The difference gets a range of its own (MOVER: Zou and Donner 2008; Newcombe 1998) from the ranges of both numbers. A share of
things counted that has no range yet gets Wilson's; a median of pauses gets one from its pauses, drawn again and again. Where
that range holds zero, nothing is claimed.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pipeline.lesson import Metric

Direction = Literal["more", "less", "not_clear", "unknown"]
LEVEL_Z = 1.2816  # ranges hold four in five, as those of pipeline.analysis.ranges
DRAWS = 1000
MIN_PAUSES = 5  # a median of fewer has no range worth the name
_MEDIANS_OF_PAUSES = (
    "wait_time_1_median_s",
    "wait_time_2_median_s",
    "wait_time_1_open_median_s",
    "wait_time_1_closed_median_s",
)


@dataclass(frozen=True, slots=True)
class Change:
    """``after - before`` with its range; ``direction`` is ``not_clear`` where the range holds zero.

    ``unknown``: a lesson has no such number, or nobody knows how far it may be off.
    """

    direction: Direction
    difference: float | None = None
    low: float | None = None
    high: float | None = None


def change(before: Metric | None, after: Metric | None) -> Change:
    """How a number changed from one lesson to a later one."""
    if before is None or after is None or before.value is None or after.value is None:
        return Change("unknown")
    difference = after.value - before.value
    ranges = range_of(before), range_of(after)
    if ranges[0] is None or ranges[1] is None:
        return Change("unknown", difference)
    (low_before, high_before), (low_after, high_after) = ranges[0], ranges[1]
    low = difference - math.hypot(after.value - low_after, high_before - before.value)
    high = difference + math.hypot(high_after - after.value, before.value - low_before)
    direction: Direction = "more" if low > 0 else "less" if high < 0 else "not_clear"
    return Change(direction, difference, low, high)


def range_of(metric: Metric) -> tuple[float, float] | None:
    """Between what the number lies in four of five cases; None where nobody knows."""
    if metric.value is None:
        return None
    if metric.name in _MEDIANS_OF_PAUSES:  # its low and high are the middle half of the pauses, which is something else
        return _of_median([moment.span.duration_s for moment in metric.moments if moment.span])
    if metric.low is not None and metric.high is not None and metric.low <= metric.value <= metric.high:
        return metric.low, metric.high
    if metric.unit == "share" and _counted(metric):
        return _wilson(metric.numerator or 0.0, metric.denominator or 0.0)
    return None


def _counted(metric: Metric) -> bool:
    parts = (metric.numerator, metric.denominator)
    return all(part is not None and part == int(part) for part in parts) and bool(metric.denominator)


def _wilson(hits: float, total: float) -> tuple[float, float]:
    share, square = hits / total, LEVEL_Z**2
    middle = (share + square / (2 * total)) / (1 + square / total)
    half = LEVEL_Z * math.sqrt(share * (1 - share) / total + square / (4 * total**2)) / (1 + square / total)
    return max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half))


def _of_median(lengths_s: list[float]) -> tuple[float, float] | None:
    if len(lengths_s) < MIN_PAUSES:
        return None
    chance = random.Random(0)
    drawn = sorted(median(chance.choices(lengths_s, k=len(lengths_s))) for _ in range(DRAWS))
    value = median(lengths_s)
    tail = DRAWS // 10
    return min(value, drawn[tail]), max(value, drawn[-1 - tail])
