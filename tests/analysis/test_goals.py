"""A goal is one line: a number, what it is to reach, and words."""

from __future__ import annotations

import pytest

from pipeline.analysis.goals import parse_goal
from pipeline.lesson import Goal


@pytest.mark.parametrize(
    ("text", "goal"),
    [
        ("wait_time_1_median_s >= 3: wait longer", Goal("wait_time_1_median_s", 3.0, None, "wait longer")),
        ("open_question_share>=30 %", Goal("open_question_share", 0.3)),
        ("teacher_share ≤ 60%: let them talk ", Goal("teacher_share", None, 0.6, "let them talk")),
        ("longest_monologue_s <= 120 s", Goal("longest_monologue_s", None, 120.0)),
        ("  ", None),
    ],
)
def test_a_goal_is_read(text: str, goal: Goal | None) -> None:
    assert parse_goal(text) == goal


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("wait longer", "is no goal"),
        ("wait_time_1_median >= 3", "did you mean 'wait_time_1_median_s'"),
        ("happiness >= 3", "no number 'happiness'"),
        ("teacher_share = 3", "is no goal"),
    ],
)
def test_what_is_no_goal_gets_a_sentence(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parse_goal(text)
