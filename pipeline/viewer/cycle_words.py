"""The coaching cycle in words: its stages, who is waited for, and whether a number changed."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.analysis.change import Change
from pipeline.lesson import Goal
from pipeline.store.rows import CycleSide
from pipeline.viewer import words
from pipeline.workspace.cycle import Cycle, Evidence, Stage, waits_for

# The steps as people count them; two stages of the plan are one step.
STEPS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("Plan", ("plan", "observe")),
    ("Reflect", ("reflect",)),
    ("Talk", ("talk",)),
    ("Follow up", ("follow",)),
    ("Look back", ("review", "closed")),
)
WHAT_NEXT: Mapping[Stage, str] = {
    "plan": "Agree on a goal, then choose the lesson to look at.",
    "observe": "Choose the lesson to look at.",
    "reflect": "Each answers a few questions about the lesson, and shows the answers to the other.",
    "talk": "Talk about the lesson, and write down what you agree to do next.",
    "follow": "When there is a later lesson, choose it to see whether something changed.",
    "review": "Look at what changed, and close the cycle or begin the next one.",
    "closed": "This cycle is closed.",
}
_SIDES: Mapping[CycleSide, str] = {"teacher": "the teacher", "coach": "the coach"}


def step_number(stage: Stage) -> int:
    """Which of STEPS the cycle is in, from 0."""
    return next(number for number, (_, stages) in enumerate(STEPS) if stage in stages)


def waiting_words(cycle: Cycle) -> str:
    """``It waits for you.``; empty where nothing has to happen."""
    waited = waits_for(cycle)
    if not waited:
        return ""
    if waited & cycle.sides:
        return "It waits for you." if waited <= cycle.sides or len(waited) == 1 else "It waits for both of you."
    return f"It waits for {_SIDES[next(iter(waited))]}."


def side_name(cycle: Cycle, side: CycleSide) -> str:
    """The person of that side, or what they are."""
    person = cycle.teacher if side == "teacher" else cycle.coach
    return person.name if person else side.capitalize()


def goal_words(goal: Goal) -> str:
    """``Wait after a question: at least 3.0 s (wait longer)``."""
    form = words.metric_words(goal.metric).form
    if goal.at_least is not None:
        bound = f"at least {words.written(goal.at_least, form)}"
    else:
        bound = f"at most {words.written(goal.at_most, form)}"
    return f"{words.metric_words(goal.metric).label}: {bound}" + (f" ({goal.words})" if goal.words else "")


def evidence_words(evidence: Evidence) -> str:
    """What a lesson says about the goal, in one sentence."""
    if evidence.metric is None:
        return "This lesson is not analysed yet, or has no such number."
    value = words.written_value(evidence.metric)
    between = words.written_range(evidence.metric)
    said = f"{words.metric_words(evidence.metric.name).label}: {value}" + (f", {between}" if between else "")
    if evidence.reached is None:
        return said
    return f"{said}. The goal is {'reached' if evidence.reached else 'still ahead'}."


def change_words(change: Change, metric: str) -> str:
    """Whether the number changed, so that chance is not sold as growth."""
    form = words.metric_words(metric).form
    if change.direction == "unknown" or change.difference is None:
        return "Nobody can say how far these numbers may be off, so whether they changed stays open."
    size = words.written(abs(change.difference), form)
    if change.direction == "not_clear" and size == words.written(0.0, form):
        return "It is the same as before."
    if change.direction == "not_clear":
        way = "more" if change.difference > 0 else "less"
        return (
            f"It is {size} {way} than before, which is within what such numbers are off by: no change can be claimed."
        )
    ends = sorted((abs(change.low or 0.0), abs(change.high or 0.0)))
    between = f"between {words.written(ends[0], form)} and {words.written(ends[1], form)}"
    return f"It is {size} {change.direction} than before ({between}): more than such numbers are off by."
