"""Coaching cycles, and what both sides write in them. Every function works in the transaction of its connection."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError
from pipeline.store import lessons, schema
from pipeline.store.database import lock, now
from pipeline.store.rows import CycleRow, CycleSide, ReflectionRow, StepRow

_COLUMNS = tuple(CycleRow.__slots__)


def add(connection: Connection, *, teacher_id: str | None, coach_id: str | None, focus: str) -> CycleRow:
    """A new cycle."""
    moment = now(connection)
    values = {"id": lessons.new_id(), "teacher_id": teacher_id, "coach_id": coach_id, "focus": focus}
    plain = {"goal": "", "outcome": "", "created_at": moment, "updated_at": moment}
    connection.execute(insert(schema.cycle).values(**values, **plain))
    return get(connection, str(values["id"]))


def get(connection: Connection, cycle_id: str) -> CycleRow:
    """The cycle of that id. Raises NotFoundError."""
    row = connection.execute(select(schema.cycle).where(schema.cycle.c.id == cycle_id)).first()
    if row is None:
        raise unknown()
    return _cycle(row)


def unknown() -> NotFoundError:
    """For a cycle that is not there, or not theirs to see."""
    return NotFoundError("This cycle is not here.", hint="The list of cycles shows yours.")


def of_person(connection: Connection, person_id: str | None) -> tuple[CycleRow, ...]:
    """The cycles of a person, as teacher or coach, newest first; those of nobody for None."""
    table = schema.cycle
    mine = or_(table.c.teacher_id == person_id, table.c.coach_id == person_id)
    query = select(table).where(table.c.teacher_id.is_(None) if person_id is None else mine)
    return tuple(_cycle(row) for row in connection.execute(query.order_by(table.c.number.desc())))


def change(connection: Connection, /, cycle_id: str, seen_at: datetime | None, **values: object) -> CycleRow:
    """The cycle with other values. Raises StoreError where somebody changed it after ``seen_at``."""
    lock(connection, f"cycle {cycle_id}")
    row = get(connection, cycle_id)
    if seen_at is not None and seen_at != row.updated_at:
        message = "Somebody has changed this meanwhile."
        raise StoreError(message, hint="Copy what you wrote, reload the page, and put the two together.")
    moved = update(schema.cycle).where(schema.cycle.c.id == cycle_id)
    connection.execute(moved.values(**values, updated_at=now(connection)))
    return get(connection, cycle_id)


def remove(connection: Connection, cycle_id: str) -> None:
    """Removes the cycle with all that was written in it."""
    connection.execute(delete(schema.cycle).where(schema.cycle.c.id == cycle_id))


def reflections(connection: Connection, cycle_id: str) -> dict[CycleSide, ReflectionRow]:
    """What each side has written so far."""
    table = schema.reflection
    rows = connection.execute(select(table).where(table.c.cycle_id == cycle_id))
    return {row.side: ReflectionRow(row.side, json.loads(row.answers), row.updated_at, row.shown_at) for row in rows}


def reflect(connection: Connection, cycle_id: str, side: CycleSide, answers: Mapping[str, str], *, shown: bool) -> None:
    """Keeps the answers of one side, as a draft or for the other to read."""
    lock(connection, f"cycle {cycle_id}")
    table, moment = schema.reflection, now(connection)
    mine = (table.c.cycle_id == cycle_id, table.c.side == side)
    connection.execute(delete(table).where(*mine))
    text = json.dumps(dict(answers), ensure_ascii=False)
    values = {"cycle_id": cycle_id, "side": side, "answers": text, "updated_at": moment}
    connection.execute(insert(table).values(**values, shown_at=moment if shown else None))


def steps(connection: Connection, cycle_id: str) -> tuple[StepRow, ...]:
    """The agreed next steps, in the order in which they were agreed."""
    table = schema.next_step
    rows = connection.execute(select(table).where(table.c.cycle_id == cycle_id).order_by(table.c.number))
    return tuple(StepRow(row.id, row.side, row.text, row.due_on, row.done_at) for row in rows)


def add_step(connection: Connection, cycle_id: str, side: CycleSide, text: str, due_on: date | None) -> None:
    """One more next step."""
    get(connection, cycle_id)
    values = {"id": lessons.new_id(), "cycle_id": cycle_id, "side": side, "text": text, "due_on": due_on}
    connection.execute(insert(schema.next_step).values(**values))


def set_step(connection: Connection, cycle_id: str, step_id: str, *, done: bool) -> None:
    """Says whether the step is done."""
    table = schema.next_step
    change = update(table).where(table.c.id == step_id, table.c.cycle_id == cycle_id)
    connection.execute(change.values(done_at=now(connection) if done else None))


def remove_step(connection: Connection, cycle_id: str, step_id: str) -> None:
    """Takes the step back."""
    table = schema.next_step
    connection.execute(delete(table).where(table.c.id == step_id, table.c.cycle_id == cycle_id))


def _cycle(row: Row[Any]) -> CycleRow:
    return CycleRow(**{name: getattr(row, name) for name in _COLUMNS})
