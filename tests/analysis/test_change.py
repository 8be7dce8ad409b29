"""Whether a number changed, or only seems to."""

from __future__ import annotations

import pytest

from pipeline.analysis.change import change, range_of
from pipeline.lesson import Metric, Moment
from pipeline.timeline import Span


def _share(hits: float, of: float) -> Metric:
    return Metric("open_question_share", hits / of, "share", numerator=hits, denominator=of)


def _waits(*lengths_s: float) -> Metric:
    middle = sorted(lengths_s)[len(lengths_s) // 2]
    moments = tuple(Moment(Span(10.0 * at, 10.0 * at + length_s)) for at, length_s in enumerate(lengths_s))
    return Metric("wait_time_1_median_s", middle, "s", moments=moments)


def test_wilsons_range_is_that_of_the_textbook() -> None:
    low, high = range_of(_share(9, 31)) or (0, 0)
    # Worked out by hand for z = 1.2816: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n)
    assert (low, high) == (pytest.approx(0.1985, abs=5e-4), pytest.approx(0.4032, abs=5e-4))


def test_few_questions_show_no_change_and_many_do() -> None:
    assert change(_share(3, 10), _share(4, 10)).direction == "not_clear"
    found = change(_share(30, 100), _share(60, 100))
    assert found.direction == "more"
    assert found.low is not None and found.high is not None and found.low < 0.3 < found.high


def test_pauses_are_drawn_again_and_again() -> None:
    short, long = _waits(0.5, 0.6, 0.7, 0.8, 0.9, 1.0), _waits(2.0, 2.5, 3.0, 3.5, 4.0, 4.5)
    assert change(short, long).direction == "more"
    assert change(long, short).direction == "less"
    assert change(short, short).direction == "not_clear"
    assert change(_waits(1.0, 2.0), long).direction == "unknown"


def test_ranges_that_are_there_are_used() -> None:
    before = Metric("teacher_share", 0.70, "share", 0.65, 0.75)
    assert change(before, Metric("teacher_share", 0.66, "share", 0.60, 0.72)).direction == "not_clear"
    assert change(before, Metric("teacher_share", 0.50, "share", 0.45, 0.55)).direction == "less"


def test_what_is_not_known_is_not_claimed() -> None:
    assert change(None, _share(1, 2)).direction == "unknown"
    assert change(Metric("teacher_share", None, "share"), _share(1, 2)).direction == "unknown"
    found = change(Metric("turns_per_h", 20.0, "per_h"), Metric("turns_per_h", 40.0, "per_h"))
    assert (found.direction, found.difference) == ("unknown", 20.0)
