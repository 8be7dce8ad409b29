"""How much a library is used, in numbers that say nothing about a lesson or a person."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from pipeline.errors import AccessError
from pipeline.store import schema
from pipeline.store.library import Library
from pipeline.workspace.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Use:
    """Counts of people who may come in, lessons, shared lessons, and seconds recorded."""

    people: int
    lessons: int
    shared: int
    recorded_s: float
    waiting: int
    failed: int


def use_of(library: Library, visitor: Visitor) -> Use:
    """The numbers, for administrators. Raises AccessError for others."""
    if not (visitor.is_alone or visitor.has("administrator")):
        raise AccessError("Only administrators see how the program is used.", hint="Ask one.")
    return library.database.read(_use)


def _use(connection: Connection) -> Use:
    lesson, share = schema.lesson, schema.share
    counts = select(lesson.c.state, func.count().label("number")).group_by(lesson.c.state)
    states: dict[str, int] = {row.state: row.number for row in connection.execute(counts)}
    active = select(func.count()).select_from(schema.person).where(schema.person.c.state == "active")
    shared = select(func.count(func.distinct(share.c.lesson_id))).where(share.c.ended_at.is_(None))
    return Use(
        people=connection.execute(active).scalar_one(),
        lessons=sum(states.values()),
        shared=connection.execute(shared).scalar_one(),
        recorded_s=connection.execute(select(func.coalesce(func.sum(lesson.c.duration_s), 0.0))).scalar_one(),
        waiting=states.get("waiting", 0) + states.get("running", 0),
        failed=states.get("failed", 0),
    )
