"""Notes of coach and teacher at moments of the lesson. The analysis never touches them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, func, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError, UsageError
from pipeline.store import lessons, schema
from pipeline.store.database import insert_new, now
from pipeline.store.rows import NoteKind, NoteRow

MAX_TEXT_CHARS = 20_000  # some ten pages
MAX_AUTHOR_CHARS = 200
MAX_TAGS = 12  # a note about more than that is about nothing
KINDS: tuple[NoteKind, ...] = ("observation", "question", "praise", "suggestion")
_TAG = re.compile(r"[a-z0-9_]{1,40}/[a-z0-9_]{1,60}")  # framework/element
_COLUMNS = tuple(name for name in NoteRow.__slots__)


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """What somebody wants to write. A reply (``parent_id``) takes its time, its tags and its privacy from the note above."""

    at_s: float
    text: str
    end_s: float | None = None
    kind: NoteKind = "observation"
    tags: tuple[str, ...] = ()
    private: bool = False
    parent_id: str | None = None


def add(
    connection: Connection, lesson_id: str, draft: NoteDraft, author: str = "", author_id: str | None = None
) -> NoteRow:
    """A new note. Raises NotFoundError for an unknown lesson, UsageError for what makes no sense."""
    lessons.get(connection, lesson_id)
    if draft.parent_id is not None:
        draft = _as_reply(connection, lesson_id, draft)
    _check(draft, author)
    moment = now(connection)
    values = {
        "id": lessons.new_id(),
        "lesson_id": lesson_id,
        "at_s": draft.at_s,
        "end_s": draft.end_s,
        "author": author,
        "author_id": author_id,
        "parent_id": draft.parent_id,
        "kind": draft.kind,
        "tags": " ".join(draft.tags),
        "private": draft.private,
        "text": _checked(draft.text),
        "created_at": moment,
        "updated_at": moment,
    }
    connection.execute(insert(schema.note).values(**values))
    return get(connection, str(values["id"]))


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
    return get(connection, note_id)


def resolve(connection: Connection, note_id: str, *, resolved: bool) -> NoteRow:
    """Says that the matter is settled, or open again. Raises NotFoundError."""
    get(connection, note_id)
    _change(connection, note_id, resolved_at=now(connection) if resolved else None)
    return get(connection, note_id)


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
    return get(connection, note_id)


def of_lesson(connection: Connection, lesson_id: str) -> tuple[NoteRow, ...]:
    """The lesson's notes by time, those of one moment as they were written. Raises NotFoundError."""
    lessons.get(connection, lesson_id)
    table = schema.note
    query = select(table).where(table.c.lesson_id == lesson_id, table.c.deleted_at.is_(None))
    return tuple(_note_row(row) for row in connection.execute(query.order_by(table.c.at_s, table.c.number)))


def get(connection: Connection, note_id: str) -> NoteRow:
    """The note of that id, if it is not deleted. Raises NotFoundError."""
    row = connection.execute(select(schema.note).where(schema.note.c.id == note_id)).first()
    if row is None or row.deleted_at is not None:
        raise _unknown(note_id)
    return _note_row(row)


def deleted(connection: Connection, note_id: str) -> NoteRow:
    """The note of that id, deleted or not. Raises NotFoundError."""
    row = connection.execute(select(schema.note).where(schema.note.c.id == note_id)).first()
    if row is None:
        raise _unknown(note_id)
    return _note_row(row)


def news_for(connection: Connection, person_id: str, where: ColumnElement[bool], *, limit: int) -> tuple[NoteRow, ...]:
    """The newest notes of others, in lessons that fit ``where``, which the person has not seen."""
    query = select(schema.note).where(*_unseen(person_id, where)).order_by(schema.note.c.number.desc())
    return tuple(_note_row(row) for row in connection.execute(query.limit(limit)))


def count_news(connection: Connection, person_id: str, where: ColumnElement[bool]) -> int:
    """How many of them there are."""
    query = select(func.count()).select_from(schema.note).where(*_unseen(person_id, where))
    count: int = connection.execute(query).scalar_one()
    return count


def see(connection: Connection, lesson_id: str, person_id: str) -> None:
    """Notes that the person has seen all there is in the lesson now."""
    note, seen = schema.note, schema.note_seen
    known = select(seen.c.note_id).where(seen.c.person_id == person_id)
    others = (note.c.lesson_id == lesson_id, note.c.id.not_in(known), note.c.author_id.is_distinct_from(person_id))
    unseen = connection.execute(select(note.c.id).where(*others)).scalars().all()
    if unseen:
        rows = [{"note_id": item, "person_id": person_id, "lesson_id": lesson_id} for item in unseen]
        insert_new(connection, seen, rows)  # two windows of one person may say so at once


def unseen_in(connection: Connection, lesson_id: str, person_id: str) -> frozenset[str]:
    """The ids of the lesson's notes that the person has not seen."""
    note = schema.note
    query = select(note.c.id).where(*_unseen(person_id, note.c.lesson_id == lesson_id))
    return frozenset(connection.execute(query).scalars())


def _unseen(person_id: str, where: ColumnElement[bool]) -> tuple[ColumnElement[bool], ...]:
    note, seen = schema.note, schema.note_seen
    known = select(seen.c.note_id).where(seen.c.person_id == person_id)
    written = (note.c.deleted_at.is_(None), note.c.private.is_(False), note.c.author_id.is_not(None))
    return (*written, note.c.author_id != person_id, note.c.id.not_in(known), where)


def _as_reply(connection: Connection, lesson_id: str, draft: NoteDraft) -> NoteDraft:
    above = get(connection, draft.parent_id or "")
    if above.lesson_id != lesson_id or above.parent_id is not None:
        raise UsageError("A reply belongs to a note of the same lesson.", hint="Reply to the note itself.")
    return replace(draft, at_s=above.at_s, end_s=above.end_s, kind=above.kind, tags=(), private=above.private)


def _check(draft: NoteDraft, author: str) -> None:
    _check_times(draft.at_s, draft.end_s)
    if len(author) > MAX_AUTHOR_CHARS:
        raise UsageError(f"The author's name is longer than {MAX_AUTHOR_CHARS} characters.", hint="Shorten it.")
    if draft.kind not in KINDS:
        raise UsageError(f"{str(draft.kind)[:40]!r} is no kind of note.", hint=f"There are: {', '.join(KINDS)}.")
    if len(draft.tags) > MAX_TAGS or not all(_TAG.fullmatch(tag) for tag in draft.tags):
        raise UsageError("These tags are not from a framework.", hint="Choose them from the list.")


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


def _unknown(note_id: str) -> NotFoundError:
    return NotFoundError(f"There is no note {note_id[:80]!r}.", hint="It may have been deleted.")


def _note_row(row: Row[Any]) -> NoteRow:
    values = {name: getattr(row, name) for name in _COLUMNS}
    return NoteRow(**{**values, "tags": tuple(row.tags.split())})
