"""Whose a lesson is, who else may see it, and who looked at it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, insert, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError
from pipeline.store import lessons, people, schema
from pipeline.store.database import lock, now
from pipeline.store.rows import AccessRow, LessonRow, PersonRow, ShareRow

_AGAIN_AFTER = timedelta(minutes=10)  # a page asks many times while somebody looks at it once


def visible(person_id: str, today: date) -> ColumnElement[bool]:
    """The lessons that a person may see: their own, those without an owner that they uploaded, those shared with them."""
    table, share = schema.lesson, schema.share
    shared = select(share.c.lesson_id).where(*_counts(today), share.c.person_id == person_id)
    unnamed = table.c.owner_id.is_(None) & (table.c.uploader_id == person_id)
    return or_(table.c.owner_id == person_id, unnamed, table.c.id.in_(shared))


def visible_notes(connection: Connection, person_id: str) -> ColumnElement[bool]:
    """Notes of lessons that the person may see today."""
    lessons_seen = select(schema.lesson.c.id).where(visible(person_id, _today(connection)))
    return schema.note.c.lesson_id.in_(lessons_seen)


def may_see(connection: Connection, row: LessonRow, person_id: str) -> bool:
    """Whether the person may see the lesson now."""
    query = select(schema.lesson.c.id).where(schema.lesson.c.id == row.id, visible(person_id, _today(connection)))
    return connection.execute(query).first() is not None


def newest(
    connection: Connection, person_id: str, *, search: str, limit: int | None, offset: int
) -> tuple[LessonRow, ...]:
    """The lessons that the person may see, newest first; see :func:`pipeline.store.lessons.newest`."""
    where = visible(person_id, _today(connection))
    return lessons.newest(connection, search=search, limit=limit, offset=offset, where=where)


def settle(connection: Connection, lesson_id: str, *, owner_id: str | None, uploader_id: str | None) -> None:
    """Says whose the lesson is and who brought it."""
    change = update(schema.lesson).where(schema.lesson.c.id == lesson_id)
    connection.execute(change.values(owner_id=owner_id, uploader_id=uploader_id))


def hand_over(connection: Connection, from_id: str, to_id: str) -> int:
    """Gives one person's lessons to another; says how many."""
    table = schema.lesson
    uploaded = update(table).where(table.c.owner_id.is_(None), table.c.uploader_id == from_id)
    owned = update(table).where(table.c.owner_id == from_id)
    changed = connection.execute(uploaded.values(uploader_id=to_id)).rowcount
    return changed + connection.execute(owned.values(owner_id=to_id)).rowcount


def lessons_of(connection: Connection, person_id: str) -> tuple[LessonRow, ...]:
    """The lessons that are the person's own to decide about, newest first."""
    table = schema.lesson
    own = or_(table.c.owner_id == person_id, table.c.owner_id.is_(None) & (table.c.uploader_id == person_id))
    return lessons.newest(connection, search="", limit=None, offset=0, where=own)


def grant(connection: Connection, lesson_id: str, person_id: str, granted_by: str, until: date | None) -> ShareRow:
    """Lets the person see the lesson; an earlier share that still counts gets the new last day."""
    lessons.hold(connection, lesson_id)
    lock(connection, f"share {lesson_id}")
    people.get(connection, person_id)
    table = schema.share
    known = table.c.lesson_id == lesson_id, table.c.person_id == person_id, table.c.ended_at.is_(None)
    row = connection.execute(select(table.c.id).where(*known)).first()
    if row is not None:
        connection.execute(update(table).where(table.c.id == row.id).values(until=until, granted_by=granted_by))
        return _get(connection, row.id)
    values = {"id": lessons.new_id(), "lesson_id": lesson_id, "person_id": person_id, "granted_by": granted_by}
    connection.execute(insert(table).values(**values, until=until, created_at=now(connection)))
    return _get(connection, str(values["id"]))


def end(connection: Connection, lesson_id: str, share_id: str) -> ShareRow:
    """Takes a share back. Raises NotFoundError for one that is not of this lesson."""
    row = _get(connection, share_id)
    if row.lesson_id != lesson_id:
        raise _unknown()
    connection.execute(update(schema.share).where(schema.share.c.id == share_id).values(ended_at=now(connection)))
    return _get(connection, share_id)


def of_lesson(connection: Connection, lesson_id: str) -> tuple[ShareRow, ...]:
    """The shares of a lesson that count today, oldest first."""
    query = _shares().where(schema.share.c.lesson_id == lesson_id, *_counts(_today(connection)))
    return tuple(_share(row) for row in connection.execute(query.order_by(schema.share.c.number)))


def people_of(connection: Connection, lesson_id: str) -> tuple[PersonRow, ...]:
    """Everybody who may see the lesson: its owner (or who brought it) first, then those with whom it is shared."""
    row = lessons.get(connection, lesson_id)
    ids = [row.owner_id or row.uploader_id, *(share.person_id for share in of_lesson(connection, lesson_id))]
    return tuple(people.get(connection, item) for item in dict.fromkeys(ids) if item)


def is_noted(connection: Connection, lesson_id: str, person_id: str, action: str) -> bool:
    """Whether it was written down in the last ten minutes that the person did that."""
    table = schema.access
    same = (table.c.lesson_id == lesson_id, table.c.person_id == person_id, table.c.action == action)
    recent = table.c.at > now(connection) - _AGAIN_AFTER
    return connection.execute(select(table.c.number).where(*same, recent)).first() is not None


def note_access(connection: Connection, lesson_id: str, person_id: str, name: str, action: str) -> None:
    """Writes down that somebody looked at the lesson, once in ten minutes for each action."""
    if is_noted(connection, lesson_id, person_id, action):
        return
    table, moment = schema.access, now(connection)
    values = {"lesson_id": lesson_id, "person_id": person_id, "name": name, "action": action, "at": moment}
    connection.execute(insert(table).values(**values))


def accesses(connection: Connection, lesson_id: str) -> tuple[AccessRow, ...]:
    """Who looked at the lesson, newest first."""
    query = select(schema.access).where(schema.access.c.lesson_id == lesson_id).order_by(schema.access.c.number.desc())
    return tuple(_access(row) for row in connection.execute(query))


def _today(connection: Connection) -> date:
    return now(connection).astimezone().date()


def _counts(today: date) -> tuple[ColumnElement[bool], ...]:
    share = schema.share
    return share.c.ended_at.is_(None), or_(share.c.until.is_(None), share.c.until >= today)


def _shares() -> Select[Any]:
    query = select(schema.share).add_columns(schema.person.c.name)
    return query.join(schema.person, schema.person.c.id == schema.share.c.person_id)


def _get(connection: Connection, share_id: str) -> ShareRow:
    row = connection.execute(_shares().where(schema.share.c.id == share_id)).first()
    if row is None:
        raise _unknown()
    return _share(row)


def _unknown() -> NotFoundError:
    return NotFoundError("This lesson is not shared in that way any more.", hint="Reload the page.")


def _share(row: Row[Any]) -> ShareRow:
    times = (row.until, row.created_at, row.ended_at)
    return ShareRow(row.id, row.lesson_id, row.person_id, row.name, row.granted_by, *times)


def _access(row: Row[Any]) -> AccessRow:
    return AccessRow(row.lesson_id, row.person_id, row.name, row.action, row.at)
