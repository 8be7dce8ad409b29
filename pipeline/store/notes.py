"""Notes of coach and teacher at moments of the lesson. The analysis never touches them."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError, UsageError
from pipeline.store import lessons, schema
from pipeline.store.database import now
from pipeline.store.rows import NoteRow

MAX_TEXT_CHARS = 20_000  # some ten pages
MAX_AUTHOR_CHARS = 200
_COLUMNS = tuple(name for name in NoteRow.__slots__)


def add(connection: Connection, lesson_id: str, at_s: float, text: str, author: str, end_s: float | None) -> NoteRow:
    """A new note. Raises NotFoundError for an unknown lesson, UsageError for a text or time that makes no sense."""
    lessons.get(connection, lesson_id)
    _check_times(at_s, end_s)
    if len(author) > MAX_AUTHOR_CHARS:
        raise UsageError(f"The author's name is longer than {MAX_AUTHOR_CHARS} characters.", hint="Shorten it.")
    moment = now(connection)
    values = {"id": lessons.new_id(), "lesson_id": lesson_id, "at_s": at_s, "end_s": end_s, "author": author}
    times = {"created_at": moment, "updated_at": moment}
    connection.execute(insert(schema.note).values(**values, **times, text=_checked(text)))
    return _get(connection, str(values["id"]))


def edit(connection: Connection, note_id: str, text: str, seen_at: datetime | None) -> NoteRow:
    """The note with another text.

    ``seen_at`` is the ``updated_at`` that the writer had before them; StoreError where somebody has changed the note
    since. Raises NotFoundError for an unknown or deleted note, UsageError for an empty or endless text.
    """
    row = _hold(connection, note_id)
    if row is None or row.deleted_at is not None:
        raise _unknown(note_id)
    if seen_at is not None and seen_at != row.updated_at:
        raise StoreError("Somebody has changed this note meanwhile.", hint="Read their words, then write yours again.")
    _change(connection, note_id, text=_checked(text))
    return _get(connection, note_id)


def delete(connection: Connection, note_id: str) -> None:
    """Hides the note; :func:`restore` brings it back. Raises NotFoundError."""
    if _hold(connection, note_id) is None:
        raise _unknown(note_id)
    _change(connection, note_id, deleted_at=now(connection))


def restore(connection: Connection, note_id: str) -> NoteRow:
    """Brings a deleted note back. Raises NotFoundError."""
    if _hold(connection, note_id) is None:
        raise _unknown(note_id)
    _change(connection, note_id, deleted_at=None)
    return _get(connection, note_id)


def of_lesson(connection: Connection, lesson_id: str) -> tuple[NoteRow, ...]:
    """The lesson's notes by time, those of one moment as they were written. Raises NotFoundError."""
    lessons.get(connection, lesson_id)
    table = schema.note
    query = select(table).where(table.c.lesson_id == lesson_id, table.c.deleted_at.is_(None))
    return tuple(_note_row(row) for row in connection.execute(query.order_by(table.c.at_s, table.c.number)))


def _check_times(at_s: float, end_s: float | None) -> None:
    times = (at_s,) if end_s is None else (at_s, end_s)
    if not all(math.isfinite(time_s) and time_s >= 0 for time_s in times) or at_s > times[-1]:
        raise UsageError("A note lies at a moment of the lesson, or from one to a later one.", hint="Check its time.")


def _checked(text: str) -> str:
    if not text.strip():
        raise UsageError("This note is empty.", hint="Write something first.")
    if len(text) > MAX_TEXT_CHARS:
        raise UsageError(f"This note is longer than {MAX_TEXT_CHARS} characters.", hint="Make two notes of it.")
    return text


def _hold(connection: Connection, note_id: str) -> Row[Any] | None:
    return connection.execute(select(schema.note).where(schema.note.c.id == note_id).with_for_update()).first()


def _change(connection: Connection, note_id: str, **values: object) -> None:
    change = update(schema.note).where(schema.note.c.id == note_id)
    connection.execute(change.values(updated_at=now(connection), **values))


def _get(connection: Connection, note_id: str) -> NoteRow:
    return _note_row(connection.execute(select(schema.note).where(schema.note.c.id == note_id)).one())


def _unknown(note_id: str) -> NotFoundError:
    return NotFoundError(f"There is no note {note_id[:80]!r}.", hint="It may have been deleted.")


def _note_row(row: Row[Any]) -> NoteRow:
    return NoteRow(**{name: getattr(row, name) for name in _COLUMNS})
