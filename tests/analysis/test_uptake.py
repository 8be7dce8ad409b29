"""Signs of uptake in the words alone."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.uptake import FEATURES, shared_words, uptake_features
from tests.lesson_values import patient


def test_shared_words_leave_out_empty_ones() -> None:
    assert shared_words(
        "I think the triangle has three sides", "Three sides, says Ana, and the triangle"
    ) == pytest.approx(3 / 4)
    assert shared_words("yes", "yes it is") == 0.0


def test_a_turn_that_builds_shows_more_signs_than_one_that_does_not() -> None:
    student = "you divide both numbers by two because they're even"
    builds = dict(zip(FEATURES, uptake_features(student, "So you divide both numbers by two. Why two?"), strict=True))
    ignores = dict(zip(FEATURES, uptake_features(student, "Okay, open your books."), strict=True))
    for sign in ("shared_words", "shared_share", "shared_pairs", "shared_early", "asks", "asks_why"):
        assert builds[sign] > ignores[sign]


@patient
@given(st.text(max_size=60), st.text(max_size=60))
def test_any_two_texts_have_signs(student: str, teacher: str) -> None:
    signs = uptake_features(student, teacher)
    assert len(signs) == len(FEATURES) and all(math.isfinite(sign) for sign in signs)
    assert uptake_features(student.upper(), teacher)[5] == pytest.approx(uptake_features(student.upper(), "")[5])
