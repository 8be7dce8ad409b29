"""Spans and the arithmetic of sets of them."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.timeline import Span, clock, covering, gaps, merged, overlaps, share, summed_s, total_s
from tests.lesson_values import patient, spans

WHOLE = Span(0.0, 40.0)


def covered_tenths(found: tuple[Span, ...], at_least: int = 1) -> set[int]:
    """The tenths of a second that so many of the spans cover, counted one by one."""
    return {
        tenth
        for tenth in range(400)
        if sum(span.start_s <= tenth / 10 and (tenth + 1) / 10 <= span.end_s for span in found) >= at_least
    }


@pytest.mark.parametrize("times", [(2.0, 1.0), (math.nan, 1.0), (0.0, math.inf), (-math.inf, 0.0), (0.0, math.nan)])
def test_a_span_refuses_nonsense(times: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="span"):
        Span(*times)


def test_a_span_may_be_empty_and_may_not_be_changed() -> None:
    span = Span(3.0, 3.0)
    assert span.duration_s == 0.0
    with pytest.raises(AttributeError):
        span.start_s = 1.0  # type: ignore[misc]


def test_a_span_knows_its_length_and_middle() -> None:
    assert Span(1.0, 4.0).duration_s == 3.0
    assert Span(1.0, 4.0).middle_s == 2.5


def test_spans_that_touch_share_nothing_and_lie_no_distance_apart() -> None:
    assert Span(0.0, 1.0).overlap_s(Span(1.0, 2.0)) == 0.0
    assert Span(0.0, 1.0).distance_s(Span(1.0, 2.0)) == 0.0
    assert Span(0.0, 1.0).clipped(Span(1.0, 2.0)) is None


def test_distance_is_measured_from_edge_to_edge_in_both_directions() -> None:
    assert Span(0.0, 1.0).distance_s(Span(3.0, 9.0)) == 2.0
    assert Span(3.0, 9.0).distance_s(Span(0.0, 1.0)) == 2.0


@patient
@given(spans, spans)
def test_what_two_spans_share_is_the_part_of_one_inside_the_other(first: Span, second: Span) -> None:
    part = first.clipped(second)
    assert first.overlap_s(second) == (part.duration_s if part else 0.0) == second.overlap_s(first)
    assert first.overlap_s(second) == 0 or first.distance_s(second) == 0


@patient
@given(st.lists(spans, max_size=8).map(tuple))
def test_merging_keeps_what_is_covered_and_leaves_no_two_that_touch(some: tuple[Span, ...]) -> None:
    union = merged(some)
    assert covered_tenths(union) == covered_tenths(some)
    assert all(before.end_s < after.start_s for before, after in pairwise(union))
    assert merged(union) == union


def test_merging_closes_gaps_up_to_the_given_length() -> None:
    some = [Span(2.0, 3.0), Span(0.0, 1.0), Span(4.5, 5.0)]
    assert merged(some, max_gap_s=1.0) == (Span(0.0, 3.0), Span(4.5, 5.0))


def test_an_empty_span_neither_bridges_a_gap_nor_splits_one() -> None:
    assert merged([Span(0, 1), Span(2, 2), Span(3, 4)], max_gap_s=1.0) == (Span(0, 1), Span(3, 4))
    assert gaps([Span(5, 5)], Span(0, 10)) == (Span(0, 10),)


@patient
@given(st.lists(spans, max_size=8).map(tuple))
def test_spans_and_their_gaps_fill_the_whole_without_overlap(some: tuple[Span, ...]) -> None:
    empty = gaps(some, WHOLE)
    assert covered_tenths(empty) == set(range(400)) - covered_tenths(some)
    assert total_s(empty) + total_s(some) == pytest.approx(WHOLE.duration_s)


def test_gaps_ignore_spans_outside_of_the_whole() -> None:
    assert gaps([Span(-5, -1), Span(9, 20), Span(30, 31)], Span(0, 10)) == (Span(0, 9),)
    assert gaps([Span(-5, 50)], Span(0, 10)) == ()


@patient
@given(st.lists(spans, max_size=8).map(tuple))
def test_overlaps_are_where_at_least_two_spans_are(some: tuple[Span, ...]) -> None:
    assert covered_tenths(overlaps(some)) == covered_tenths(some, at_least=2)
    assert total_s(some) <= summed_s(some) + 1e-9


def test_a_span_within_two_others_is_one_overlap() -> None:
    assert overlaps([Span(0, 10), Span(2, 8), Span(4, 6)]) == (Span(2, 8),)
    assert overlaps([Span(0, 1), Span(1, 2)]) == ()


def test_summing_nothing_gives_seconds() -> None:
    assert isinstance(summed_s([]), float)
    assert isinstance(total_s([]), float)


@pytest.mark.parametrize("whole", [0.0, -1.0, math.nan])
def test_a_share_of_nothing_is_unknown(whole: float) -> None:
    assert share(1.0, whole) is None


def test_a_share_is_the_part_of_the_whole() -> None:
    assert share(1.0, 4.0) == 0.25


@pytest.mark.parametrize(
    ("at_s", "shown"), [(0.0, "0:00"), (59.99, "0:59"), (247.2, "4:07"), (3765.0, "1:02:45"), (-3.0, "0:00")]
)
def test_moments_read_as_on_a_player(at_s: float, shown: str) -> None:
    assert clock(at_s) == shown


def test_covering_reaches_from_the_first_to_the_last_edge() -> None:
    assert covering([Span(3, 4), Span(1, 9), Span(2, 3)]) == Span(1, 9)
    with pytest.raises(ValueError, match="nothing"):
        covering([])
