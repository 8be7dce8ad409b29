"""The coaching cycle: agree on a focus, look at a lesson, talk about it, see what came of it.

    cycles = Cycles(Workspace(library, visitor))
    found = cycles.start(teacher_id, coach_id, "Longer waiting")
    cycles.plan(found.row.id, Plan("Longer waiting", "wait_time_1_median_s >= 3", "...", None))
    cycles.observe(found.row.id, lesson_id)

Where a cycle stands is read off what is there, so that each step is undone by taking back what it brought. A cycle is seen by
its teacher and its coach, and by nobody else. Each writes their own part; a reflection is a draft until it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from sqlalchemy.engine import Connection

from pipeline.analysis.change import Change, change
from pipeline.analysis.goals import EXAMPLE, parse_goal
from pipeline.errors import AccessError, LessonMirrorError, NotFoundError, UsageError
from pipeline.lesson import Goal, Metric
from pipeline.store import cycles, people
from pipeline.store.rows import CycleRow, CycleSide, LessonRow, PersonRow, ReflectionRow, StepRow
from pipeline.workspace.access import Workspace

Stage = Literal["plan", "observe", "reflect", "talk", "follow", "review", "closed"]
MAX_CHARS = 4000
# What each side is asked after the lesson. Open, about what was seen, never about how good it was.
QUESTIONS: Mapping[CycleSide, tuple[tuple[str, str], ...]] = {
    "teacher": (
        ("noticed", "What did you notice when you watched and listened to the lesson?"),
        ("focus", "Where do you see your focus in it? Which moment shows it best?"),
        ("surprise", "What surprised you, or went differently from what you had planned?"),
        ("next", "What would you like to try next time, and how would you know that it helps?"),
    ),
    "coach": (
        ("saw", "What did you see that serves the focus? Name moments."),
        ("wonder", "What do you wonder about? Write it as a question."),
        ("offer", "What could you offer to think about or to try together?"),
    ),
}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is agreed before the lesson: the focus in words, and if wished a number to reach and what students shall gain."""

    focus: str
    goal: str = ""
    outcome: str = ""
    talk_on: date | None = None


@dataclass(frozen=True, slots=True)
class Cycle:
    """All of a cycle that the visitor may read. ``others_draft`` says that the other side writes, not what."""

    row: CycleRow
    stage: Stage
    sides: frozenset[CycleSide]
    teacher: PersonRow | None
    coach: PersonRow | None
    reflections: Mapping[CycleSide, ReflectionRow]
    steps: tuple[StepRow, ...]
    others_draft: bool

    @property
    def goal(self) -> Goal | None:
        """The number to reach."""
        return parse_goal(self.row.goal)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a lesson says about the goal: the number, and whether it reaches it (None where there is none)."""

    lesson: LessonRow
    metric: Metric | None
    reached: bool | None


class Cycles:
    """The cycles of one visitor. Each call judges anew."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace, self._visitor = workspace, workspace.visitor
        self._read, self._write = workspace.library.database.read, workspace.library.database.write

    # Reading

    def mine(self) -> tuple[Cycle, ...]:
        """The visitor's cycles, newest first."""
        return tuple(self._whole(row) for row in self._read(cycles.of_person, self._visitor.id or None))

    def get(self, cycle_id: str) -> Cycle:
        """One of them. Raises NotFoundError for what is not theirs."""
        row = self._read(cycles.get, cycle_id)
        if not self._sides(row):
            raise cycles.unknown()
        return self._whole(row)

    def waiting(self) -> tuple[Cycle, ...]:
        """The cycles in which something waits for the visitor."""
        return tuple(item for item in self.mine() if waits_for(item) & item.sides)

    def evidence(self, cycle: Cycle, lesson_id: str | None) -> Evidence | None:
        """What that lesson says about the goal, as far as the visitor may see the lesson."""
        if lesson_id is None:
            return None
        try:
            row = self._workspace.lesson(lesson_id, "looked")
        except NotFoundError:
            return None
        goal, lesson = cycle.goal, self._workspace.library.load_result(row.id)
        if goal is None or lesson is None:
            return Evidence(row, None, None)
        metric = next((item for item in lesson.metrics if item.name == goal.metric), None)
        known = metric is not None and metric.value is not None
        return Evidence(
            row, metric, goal.reached_by(metric.value) if known and metric and metric.value is not None else None
        )

    def change(self, cycle: Cycle) -> Change | None:
        """How the goal's number changed from the observed lesson to the later one; None while there are not both."""
        before, after = self.evidence(cycle, cycle.row.observed_id), self.evidence(cycle, cycle.row.later_id)
        return change(before.metric, after.metric) if before and after and cycle.goal else None

    # Writing

    def start(self, teacher_id: str | None, coach_id: str | None, focus: str) -> Cycle:
        """A new cycle of the visitor with a colleague. Raises UsageError where the visitor is neither of the two."""
        if self._visitor.is_alone:
            teacher_id = coach_id = None
        elif self._visitor.id not in (teacher_id, coach_id) or teacher_id == coach_id:
            raise UsageError(
                "A cycle is between a teacher and a coach, and you are one of them.", hint="Choose the other."
            )
        return self.get(self._write(self._start, teacher_id, coach_id, _checked(focus, "focus", needed=True)).id)

    def plan(self, cycle_id: str, plan: Plan, *, seen_at: datetime | None = None) -> Cycle:
        """What is agreed before the lesson. Raises UsageError for a goal that cannot be read."""
        try:
            parse_goal(plan.goal)
        except ValueError as error:
            raise UsageError(str(error), hint=EXAMPLE) from error
        values = {
            "focus": _checked(plan.focus, "focus", needed=True),
            "goal": _checked(plan.goal, "goal"),
            "outcome": _checked(plan.outcome, "outcome"),
            "talk_on": plan.talk_on,
        }
        return self._change(cycle_id, seen_at, **values)

    def observe(self, cycle_id: str, lesson_id: str | None) -> Cycle:
        """The lesson that both look at; None takes it back. The teacher's to choose, among lessons both may see."""
        return self._change(cycle_id, None, observed_id=self._lesson_of(cycle_id, lesson_id))

    def follow_up(self, cycle_id: str, lesson_id: str | None) -> Cycle:
        """The later lesson that shows whether something changed; None takes it back."""
        return self._change(cycle_id, None, later_id=self._lesson_of(cycle_id, lesson_id))

    def reflect(self, cycle_id: str, side: CycleSide, answers: Mapping[str, str], *, shown: bool) -> Cycle:
        """Keeps what the visitor writes after the lesson, as a draft or shown to the other."""
        self._on(cycle_id, side)
        known = dict(QUESTIONS[side])
        kept = {key: _checked(text, "answer") for key, text in answers.items() if key in known}
        if shown and not any(text.strip() for text in kept.values()):
            raise UsageError("There is nothing to show yet.", hint="Answer at least one question.")
        self._write(cycles.reflect, cycle_id, side, kept, shown=shown)
        return self.get(cycle_id)

    def add_step(self, cycle_id: str, side: CycleSide, text: str, due_on: date | None = None) -> Cycle:
        """A next step that was agreed, and whose it is."""
        self._open(cycle_id)
        self._write(cycles.add_step, cycle_id, side, _checked(text, "step", needed=True), due_on)
        return self.get(cycle_id)

    def set_step(self, cycle_id: str, step_id: str, *, done: bool) -> Cycle:
        """Says whether the step is done."""
        self.get(cycle_id)
        self._write(cycles.set_step, cycle_id, step_id, done=done)
        return self.get(cycle_id)

    def remove_step(self, cycle_id: str, step_id: str) -> Cycle:
        """Takes a step back."""
        self._open(cycle_id)
        self._write(cycles.remove_step, cycle_id, step_id)
        return self.get(cycle_id)

    def close(self, cycle_id: str, *, closed: bool = True) -> Cycle:
        """Ends the cycle, or opens it again."""
        self.get(cycle_id)
        return self.get(self._write(self._close, cycle_id, closed).id)

    def remove(self, cycle_id: str) -> None:
        """Removes the cycle for good. The teacher's to do."""
        self._on(cycle_id, "teacher")
        self._write(cycles.remove, cycle_id)

    def _start(self, connection: Connection, teacher_id: str | None, coach_id: str | None, focus: str) -> CycleRow:
        for person_id, role in ((teacher_id, "teacher"), (coach_id, "coach")):
            if person_id is not None and role not in people.get(connection, person_id).roles:
                raise UsageError(f"This person does not work as {role} here.", hint="Choose somebody else.")
        return cycles.add(connection, teacher_id=teacher_id, coach_id=coach_id, focus=focus)

    def _close(self, connection: Connection, cycle_id: str, closed: bool) -> CycleRow:
        from pipeline.store.database import now

        return cycles.change(connection, cycle_id, None, closed_at=now(connection) if closed else None)

    def _lesson_of(self, cycle_id: str, lesson_id: str | None) -> str | None:
        self._on(cycle_id, "teacher")
        return None if lesson_id is None else self._workspace.lesson(lesson_id).id

    def _change(self, cycle_id: str, seen_at: datetime | None, **values: object) -> Cycle:
        self._open(cycle_id)
        return self.get(self._write(cycles.change, cycle_id, seen_at, **values).id)

    def _open(self, cycle_id: str) -> Cycle:
        found = self.get(cycle_id)
        if found.stage == "closed":
            raise AccessError("This cycle is closed.", hint="Open it again to change something.")
        return found

    def _on(self, cycle_id: str, side: CycleSide) -> Cycle:
        found = self._open(cycle_id)
        if side not in found.sides:
            raise AccessError(f"That is for the {side} of this cycle.", hint="Write your own part.")
        return found

    def _sides(self, row: CycleRow) -> frozenset[CycleSide]:
        if self._visitor.is_alone:
            return frozenset(("teacher", "coach")) if row.teacher_id is None else frozenset()
        sides: dict[CycleSide, str | None] = {"teacher": row.teacher_id, "coach": row.coach_id}
        return frozenset(side for side, person_id in sides.items() if person_id == self._visitor.id)

    def _whole(self, row: CycleRow) -> Cycle:
        written, steps = self._read(cycles.reflections, row.id), self._read(cycles.steps, row.id)
        sides = self._sides(row)
        readable = {side: item for side, item in written.items() if item.shown_at or side in sides}
        shown = {side for side, item in written.items() if item.shown_at}
        teacher, coach = self._person(row.teacher_id), self._person(row.coach_id)
        return Cycle(
            row, _stage(row, shown, steps), sides, teacher, coach, readable, steps, len(readable) < len(written)
        )

    def _person(self, person_id: str | None) -> PersonRow | None:
        try:
            return self._read(people.get, person_id) if person_id else None
        except LessonMirrorError:
            return None


def waits_for(cycle: Cycle) -> frozenset[CycleSide]:
    """Who has to do the next thing in the cycle."""
    if cycle.stage in ("plan", "observe", "follow"):
        return frozenset(("teacher",))
    if cycle.stage == "reflect":
        shown = {side for side, item in cycle.reflections.items() if item.shown_at}
        return frozenset(side for side in QUESTIONS if side not in shown)
    return frozenset() if cycle.stage == "closed" else frozenset(("teacher", "coach"))


def _stage(row: CycleRow, shown: set[CycleSide], steps: tuple[StepRow, ...]) -> Stage:
    if row.closed_at:
        return "closed"
    if row.observed_id is None:
        return "observe" if row.goal or row.outcome else "plan"
    if shown != set(QUESTIONS):
        return "reflect"
    if not steps:
        return "talk"
    return "follow" if row.later_id is None else "review"


def _checked(text: str, what: str, *, needed: bool = False) -> str:
    if needed and not text.strip():
        raise UsageError(f"The {what} is empty.", hint="Write a few words.")
    if len(text) > MAX_CHARS:
        raise UsageError(f"The {what} is longer than {MAX_CHARS} characters.", hint="Shorten it.")
    return text.strip()
