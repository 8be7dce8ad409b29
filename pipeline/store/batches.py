"""Batches and their files. A file is claimed by one worker at a time and lives by its reports, like a job."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import Cancelled, NotFoundError
from pipeline.store import lessons, schema
from pipeline.store.database import insert_new, now
from pipeline.store.jobs import MAX_ATTEMPTS, STALE_S
from pipeline.store.rows import ItemRow, ItemState

_COLUMNS = tuple(ItemRow.__slots__)
_AT_ONCE = 1000  # rows an insert: thousands of files are lined up in a second or two
_OPEN: tuple[ItemState, ...] = ("waiting", "running")


def add(connection: Connection) -> str:
    """A new batch; gives its id."""
    values = {"id": lessons.new_id(), "state": "running", "created_at": now(connection)}
    connection.execute(insert(schema.batch).values(**values))
    return str(values["id"])


def latest(connection: Connection) -> str | None:
    """The newest batch, or None."""
    query = select(schema.batch.c.id).order_by(schema.batch.c.number.desc()).limit(1)
    found: str | None = connection.execute(query).scalar()
    return found


def set_state(connection: Connection, batch_id: str, state: str) -> None:
    """Says whether the batch goes on: running, stopping (somebody asked), stopped or ended."""
    moment = now(connection)
    values = {"state": state, "ended_at": moment if state == "ended" else None}
    connection.execute(update(schema.batch).where(schema.batch.c.id == batch_id).values(**values))


def state_of(connection: Connection, batch_id: str) -> str:
    """Whether the batch goes on. Raises NotFoundError."""
    state: str | None = connection.execute(select(schema.batch.c.state).where(schema.batch.c.id == batch_id)).scalar()
    if state is None:
        raise NotFoundError("There is no such batch.", hint="`lessonmirror batch --status` shows the latest.")
    return state


def add_items(connection: Connection, batch_id: str, files: Iterable[tuple[str, str]]) -> int:
    """Lines up files (path, details) that are not in the batch yet; says how many."""
    table, moment, count = schema.batch_item, now(connection), 0
    blank = {"state": "waiting", "worker": "", "attempts": 0, "message": "", "hint": "", "updated_at": moment}
    for chunk in _chunks(files):
        rows = [{"batch_id": batch_id, "path": path, "details": details, **blank} for path, details in chunk]
        before = _total(connection, batch_id)
        insert_new(connection, table, rows)
        count += _total(connection, batch_id) - before
    return count


def claim(connection: Connection, batch_id: str, worker: str) -> ItemRow | None:
    """Gives the next file that waits, or whose worker fell silent, to ``worker``; None where there is none."""
    table = schema.batch_item
    while True:
        moment = now(connection)
        stale = and_(table.c.state == "running", table.c.updated_at < moment - timedelta(seconds=STALE_S))
        query = select(table).where(table.c.batch_id == batch_id, or_(table.c.state == "waiting", stale))
        row = connection.execute(query.order_by(table.c.number).limit(1).with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        if row.attempts < MAX_ATTEMPTS:
            values = {"state": "running", "worker": worker, "attempts": row.attempts + 1}
            return _settle(connection, row.number, **values, began_at=row.began_at or moment)
        reason = f"The program stopped {MAX_ATTEMPTS} times while it worked on this file, so it was put aside."
        hint = "Convert the recording with another program, then add it again."
        _settle(connection, row.number, state="failed", message=reason, hint=hint, ended_at=moment)


def report(connection: Connection, number: int, worker: str) -> None:
    """A sign of life. Raises Cancelled where another worker has the file, or nobody wants it any more."""
    table = schema.batch_item
    mine = (table.c.number == number, table.c.worker == worker, table.c.state == "running")
    if connection.execute(update(table).where(*mine).values(updated_at=now(connection))).rowcount == 0:
        raise Cancelled("This file is not this worker's any more.")


def settle(
    connection: Connection,
    number: int,
    worker: str,
    state: ItemState,
    *,
    lesson_id: str | None,
    message: str,
    hint: str,
) -> None:
    """Calls a file that the worker has done or failed; nothing happens to one that it has not any more."""
    table = schema.batch_item
    mine = select(table.c.number).where(table.c.number == number, table.c.worker == worker, table.c.state == "running")
    if connection.execute(mine.with_for_update()).first() is not None:
        values = {"state": state, "message": message, "hint": hint, "ended_at": now(connection)}
        _settle(connection, number, **values, of_lesson=lesson_id)


def know_lesson(connection: Connection, number: int, lesson_id: str) -> None:
    """Notes which lesson the file became, as soon as it is known."""
    _settle(connection, number, of_lesson=lesson_id)


def release(connection: Connection, worker: str, *, blameless: bool) -> None:
    """Lets the files of a worker that is gone wait again; one that was asked to stop costs no attempt."""
    table = schema.batch_item
    mine = update(table).where(table.c.worker == worker, table.c.state == "running")
    attempts = {"attempts": table.c.attempts - 1} if blameless else {}
    connection.execute(mine.values(state="waiting", updated_at=now(connection), **attempts))


def retry(connection: Connection, batch_id: str) -> int:
    """Lets all that failed wait once more; says how many."""
    table = schema.batch_item
    failed = update(table).where(table.c.batch_id == batch_id, table.c.state.in_(("failed", "cancelled")))
    values = {"state": "waiting", "attempts": 0, "message": "", "hint": "", "ended_at": None}
    return connection.execute(failed.values(**values, updated_at=now(connection))).rowcount


def cancel(connection: Connection, batch_id: str) -> int:
    """Takes what has not ended off the queue; says how many. Workers hear of it at their next report."""
    table = schema.batch_item
    still = update(table).where(table.c.batch_id == batch_id, table.c.state.in_(_OPEN))
    moment = now(connection)
    return connection.execute(still.values(state="cancelled", updated_at=moment, ended_at=moment)).rowcount


def counts(connection: Connection, batch_id: str) -> dict[str, int]:
    """How many files are in which state."""
    table = schema.batch_item
    query = select(table.c.state, func.count().label("number")).where(table.c.batch_id == batch_id)
    return {row.state: row.number for row in connection.execute(query.group_by(table.c.state))}


def lesson_counts(connection: Connection, batch_id: str) -> dict[str, int]:
    """How many files that are done became lessons in which state; those whose lesson was deleted are not counted."""
    table, lesson = schema.batch_item, schema.lesson
    query = select(lesson.c.state, func.count().label("number")).select_from(table)
    query = query.join(lesson, lesson.c.id == table.c.of_lesson).where(
        table.c.batch_id == batch_id, table.c.state == "done"
    )
    return {row.state: row.number for row in connection.execute(query.group_by(lesson.c.state))}


def items(connection: Connection, batch_id: str) -> tuple[ItemRow, ...]:
    """All files of the batch, as they were lined up."""
    table = schema.batch_item
    rows = connection.execute(select(table).where(table.c.batch_id == batch_id).order_by(table.c.number))
    return tuple(_item(row) for row in rows)


def _chunks(files: Iterable[tuple[str, str]]) -> Iterator[list[tuple[str, str]]]:
    rest = iter(files)
    while chunk := list(islice(rest, _AT_ONCE)):
        yield chunk


def _total(connection: Connection, batch_id: str) -> int:
    table = schema.batch_item
    query = select(func.count()).select_from(table).where(table.c.batch_id == batch_id)
    total: int = connection.execute(query).scalar_one()
    return total


def _settle(connection: Connection, number: int, **values: object) -> ItemRow:
    table = schema.batch_item
    connection.execute(update(table).where(table.c.number == number).values(updated_at=now(connection), **values))
    return _item(connection.execute(select(table).where(table.c.number == number)).one())


def _item(row: Row[Any]) -> ItemRow:
    return ItemRow(**{name: getattr(row, name) for name in _COLUMNS})
