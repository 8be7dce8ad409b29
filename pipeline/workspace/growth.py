"""A teacher's own lessons over time, and two of them side by side."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pipeline.analysis.change import Change, change, range_of
from pipeline.lesson import Lesson, Metric
from pipeline.store import sharing
from pipeline.store.rows import LessonRow
from pipeline.workspace.access import Workspace

MOST_LESSONS = 60  # some two years of being recorded often


@dataclass(frozen=True, slots=True)
class Point:
    """One lesson's number, with its range where that is known."""

    lesson: LessonRow
    day: date
    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Compared:
    """One number in two lessons, and whether it changed."""

    name: str
    before: Metric | None
    after: Metric | None
    change: Change


def own_lessons(workspace: Workspace) -> tuple[LessonRow, ...]:
    """The visitor's own lessons that are analysed, oldest first."""
    library, visitor = workspace.library, workspace.visitor
    rows = library.lessons() if visitor.is_alone else library.database.read(sharing.lessons_of, visitor.id)
    done = [row for row in rows if row.state == "done"][:MOST_LESSONS]
    return tuple(sorted(done, key=day_of))


def day_of(row: LessonRow) -> date:
    """When the lesson was held, as far as it is known."""
    return row.details.held_on or row.added_at.date()


def series(lessons: tuple[tuple[LessonRow, Lesson], ...], name: str) -> tuple[Point, ...]:
    """The number in each lesson that has it, oldest first."""
    points = []
    for row, lesson in lessons:
        metric = _metric(lesson, name)
        if metric is None or metric.value is None:
            continue
        low, high = range_of(metric) or (None, None)
        points.append(Point(row, day_of(row), metric.value, low, high))
    return tuple(points)


def compare(before: Lesson, after: Lesson, names: tuple[str, ...]) -> tuple[Compared, ...]:
    """These numbers in two lessons, in their order; those that neither has are left out."""
    found = []
    for name in names:
        old, new = _metric(before, name), _metric(after, name)
        if any(item is not None and item.value is not None for item in (old, new)):
            found.append(Compared(name, old, new, change(old, new)))
    return tuple(found)


def _metric(lesson: Lesson, name: str) -> Metric | None:
    return next((item for item in lesson.metrics if item.name == name), None)
