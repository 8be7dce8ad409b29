"""Whether confidence can be believed: of the stretches whose role is given with 0.9, nine in ten are to be right.

Counted are seconds of found speech farther than 0.125 s from any edge of the truth; one is right where somebody of that role
speaks at that moment. Speech of unknown role has no confidence and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

STEP_S = 0.01
COLLAR_S = 0.125
BINS = 10


@dataclass(frozen=True, slots=True)
class Judged:
    """Seconds of a stretch that are rightly and wrongly given its role, and how sure that role was (0 to 1)."""

    confidence: float
    right_s: float
    wrong_s: float


def judge(truth: Mapping[str, Any], lesson: Mapping[str, Any]) -> list[Judged]:
    """The stretches of a lesson.json against a ground-truth file."""
    spoken = [
        (start, end, row["role"])
        for row in truth["utterances"]
        for start, end in row.get("speech") or [(row["start"], row["end"])]
    ]
    ends = [end for _, end, _ in spoken] + [row["end_s"] for row in lesson["speech"]]
    steps = round(max(ends, default=0.0) / STEP_S) + 1
    said = {role: [False] * steps for role in ("teacher", "student")}
    counted = [True] * steps
    for start, end, role in spoken:
        _fill(said[role], start, end, True)
        for edge in (start, end):
            _fill(counted, edge - COLLAR_S, edge + COLLAR_S, False)
    result = []
    for row in lesson["speech"]:
        if row["role_confidence"] is not None and row["role"] in said:
            places = range(round(row["start_s"] / STEP_S), round(row["end_s"] / STEP_S))
            inside = [said[row["role"]][place] for place in places if counted[place]]
            right_s = sum(inside) * STEP_S
            result.append(Judged(row["role_confidence"], right_s, len(inside) * STEP_S - right_s))
    return result


def _fill(flags: list[bool], start_s: float, end_s: float, value: bool) -> None:
    for place in range(max(0, round(start_s / STEP_S)), min(len(flags), round(end_s / STEP_S))):
        flags[place] = value


def reliability(judged: Iterable[Judged]) -> list[tuple[float, float, float]]:
    """By tenths of confidence: mean confidence, share that is right, seconds; empty tenths are left out."""
    rows = []
    items = list(judged)
    for bin_ in range(BINS):
        inside = [item for item in items if min(int(item.confidence * BINS), BINS - 1) == bin_]
        seconds = sum(item.right_s + item.wrong_s for item in inside)
        if seconds > 0:
            mean = sum(item.confidence * (item.right_s + item.wrong_s) for item in inside) / seconds
            rows.append((mean, sum(item.right_s for item in inside) / seconds, seconds))
    return rows


def calibration_error(judged: Iterable[Judged]) -> float | None:
    """Expected calibration error: how far confidence and share of right differ, on average over seconds."""
    rows = reliability(judged)
    whole = sum(seconds for _, _, seconds in rows)
    return sum(abs(mean - right) * seconds for mean, right, seconds in rows) / whole if whole else None


def auroc(judged: Iterable[Judged]) -> float | None:
    """How probably a right second has the higher confidence than a wrong one (0.5 is chance); ties count half."""
    items = sorted(judged, key=lambda item: item.confidence)
    right_s, wrong_s = sum(item.right_s for item in items), sum(item.wrong_s for item in items)
    if not right_s or not wrong_s:
        return None
    won, below_s, place = 0.0, 0.0, 0
    while place < len(items):
        last = place
        while last < len(items) and items[last].confidence == items[place].confidence:
            last += 1
        tied = items[place:last]
        tied_wrong_s = sum(item.wrong_s for item in tied)
        won += sum(item.right_s for item in tied) * (below_s + tied_wrong_s / 2)
        below_s, place = below_s + tied_wrong_s, last
    return won / (right_s * wrong_s)


def in_range(truth: Mapping[str, Any], lesson: Mapping[str, Any]) -> bool | None:
    """Whether the range of the teacher's share holds the true one; None without a range."""
    share = next(row for row in lesson["metrics"] if row["name"] == "teacher_share")
    if share["low"] is None:
        return None
    seconds = {
        role: sum(
            end - start for row in truth["utterances"] if row["role"] == role for start, end in row.get("speech", ())
        )
        for role in ("teacher", "student")
    }
    return bool(share["low"] <= seconds["teacher"] / sum(seconds.values()) <= share["high"])


def show(judged: Sequence[Judged], ranges: Sequence[bool | None]) -> None:
    """Prints the reliability table and its figures."""
    print("role confidence   right   seconds")
    for mean, right, seconds in reliability(judged):
        print(f"{mean:>15.3f}{right:>8.3f}{seconds:>10.0f}")
    error, told = calibration_error(judged), auroc(judged)
    print(f"expected calibration error {_figure(error)}, AUROC of right against wrong seconds {_figure(told)}")
    known = [item for item in ranges if item is not None]
    print(f"the range of teacher_share holds the truth in {sum(known)} of {len(known)} lessons")


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
