"""Spans of time and the arithmetic of sets of them.

All times are seconds on the lesson's clock; spans are half open, so an empty one covers nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """The half-open stretch ``[start_s, end_s)`` of the lesson's clock, in seconds. It may be empty.

    Raises ValueError for a time that is not finite, or an end before the start.
    """

    start_s: float
    end_s: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.start_s) and math.isfinite(self.end_s)):
            raise ValueError(f"a span needs finite times, got {self.start_s} to {self.end_s}")
        if self.end_s < self.start_s:
            raise ValueError(f"a span cannot end ({self.end_s}) before it starts ({self.start_s})")

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return self.end_s - self.start_s

    @property
    def middle_s(self) -> float:
        """The moment half way through, in seconds."""
        return (self.start_s + self.end_s) / 2

    def overlap_s(self, other: Span) -> float:
        """Seconds that both spans share; 0 where they only touch."""
        return max(0.0, min(self.end_s, other.end_s) - max(self.start_s, other.start_s))

    def distance_s(self, other: Span) -> float:
        """Seconds of silence between the nearest edges; 0 where the spans touch or overlap."""
        return max(0.0, other.start_s - self.end_s, self.start_s - other.end_s)

    def clipped(self, within: Span) -> Span | None:
        """The part inside ``within``, or None where they share nothing."""
        start_s, end_s = max(self.start_s, within.start_s), min(self.end_s, within.end_s)
        return Span(start_s, end_s) if end_s > start_s else None


def merged(spans: Iterable[Span], *, max_gap_s: float = 0.0) -> tuple[Span, ...]:
    """The union in order of time, with gaps of up to ``max_gap_s`` seconds closed; empty spans are left out."""
    result: list[Span] = []
    for span in sorted(span for span in spans if span.duration_s > 0):
        if result and span.start_s - result[-1].end_s <= max_gap_s:
            result[-1] = Span(result[-1].start_s, max(result[-1].end_s, span.end_s))
        else:
            result.append(span)
    return tuple(result)


def total_s(spans: Iterable[Span]) -> float:
    """Seconds covered by at least one of the spans."""
    return summed_s(merged(spans))


def summed_s(spans: Iterable[Span]) -> float:
    """Seconds of all spans added up; what two spans share counts twice."""
    return sum((span.duration_s for span in spans), 0.0)


def gaps(spans: Iterable[Span], within: Span) -> tuple[Span, ...]:
    """The stretches of ``within`` that no span covers, in order."""
    result: list[Span] = []
    at_s = within.start_s
    for span in merged(spans):
        if span.end_s <= within.start_s or span.start_s >= within.end_s:
            continue
        if span.start_s > at_s:
            result.append(Span(at_s, span.start_s))
        at_s = max(at_s, span.end_s)
    if at_s < within.end_s:
        result.append(Span(at_s, within.end_s))
    return tuple(result)


def overlaps(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The stretches that at least two of the spans cover, in order."""
    solid = [span for span in spans if span.duration_s > 0]
    edges = sorted([(span.start_s, 1) for span in solid] + [(span.end_s, -1) for span in solid])
    found: list[Span] = []
    depth, since_s = 0, 0.0
    for at_s, step in edges:
        if depth >= 2 and at_s > since_s:
            found.append(Span(since_s, at_s))
        depth, since_s = depth + step, at_s
    return merged(found)


def share(part: float, whole: float) -> float | None:
    """``part / whole``; None where the whole is 0, because nothing can be said about a share of nothing."""
    return part / whole if whole > 0 else None


def clock(at_s: float) -> str:
    """A moment as people read it on a player: ``4:07``, ``1:02:45``."""
    seconds = max(0, math.floor(at_s))
    hours, minutes, seconds = seconds // 3600, seconds // 60 % 60, seconds % 60
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def covering(spans: Sequence[Span]) -> Span:
    """The shortest span that holds all of them. Raises ValueError where there are none."""
    if not spans:
        raise ValueError("nothing to cover")
    return Span(min(span.start_s for span in spans), max(span.end_s for span in spans))
