"""A teacher's goal as one line of text: a number of the lesson, what it is to reach, and the goal in words."""

from __future__ import annotations

import difflib
import re

from pipeline.analysis.feedback_rules import METRIC_NAMES
from pipeline.lesson import Goal

_GOAL = re.compile(r"\s*([a-z0-9_]+)\s*(>=|<=|≥|≤)\s*(\d+(?:\.\d+)?)\s*(%|s)?\s*(?::\s*(.*?)\s*)?")
EXAMPLE = 'Write it as "wait_time_1_median_s >= 3: wait longer"; docs/definitions.md names the numbers.'


def parse_goal(text: str) -> Goal | None:
    """``open_question_share >= 30 %: ask more openly`` as a goal, None for nothing.

    Raises ValueError with a sentence for an unknown number or another form.
    """
    if not text.strip():
        return None
    found = _GOAL.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no goal.")
    name, sign, number, unit, words = found.groups()
    if name not in METRIC_NAMES:
        near = difflib.get_close_matches(name, METRIC_NAMES, n=1)
        raise ValueError(f"There is no number {name!r}" + (f"; did you mean {near[0]!r}?" if near else "."))
    value = float(number) / (100 if unit == "%" else 1)
    least = sign in (">=", "≥")
    return Goal(name, value if least else None, None if least else value, words or "")
