"""Everything about one person: taken along as a file, and erased.

Both go through the tables by what they say of themselves: a column that refers to a person is one of those below, so a
new table needs no line here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Column, LargeBinary, Table, delete, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError
from pipeline.report.exports import write_exports
from pipeline.store import audit, people, schema, sharing
from pipeline.store.files import atomic_write
from pipeline.store.library import Library
from pipeline.store.rows import PersonRow
from pipeline.workspace.people import People

# Columns that name a person without being tied to the account: what they hold outlives it, without the name.
_NAMING = frozenset({"owner_id", "uploader_id", "granted_by", "person_id", "author_id"})
_SECRET = frozenset({"password_hash", "code_hash", "token_sha256"})
_GONE = "Somebody who left"


def export_person(library: Library, person: PersonRow, folder: Path) -> Path:
    """Writes ``person.json`` and the files of each lesson of theirs into ``folder/<log-in>``; gives that folder."""
    target = folder / "".join(char if char.isalnum() or char in "-_." else "_" for char in person.login).strip(".")
    target.mkdir(parents=True, exist_ok=True)
    found = library.database.read(_rows_about, person.id)
    content = json.dumps(found, ensure_ascii=False, indent=2, default=_plain)
    atomic_write(target / "person.json", content.encode("utf-8", "replace"))
    for row in library.database.read(sharing.lessons_of, person.id):
        lesson = library.load_result(row.id)
        if lesson is not None:
            write_exports(lesson, target)
    return target


def erase_person(library: Library, person: PersonRow, *, by: str = "") -> int:
    """Removes the account, the person's lessons with all that belongs to them, and an enrolled voice.

    What they wrote in lessons of others goes too; what they corrected there stays, without their name. Says how many
    lessons went. Raises StoreError for the last administrator.
    """
    if person.state == "active":
        People(library).disable(person.id, by=by)
    own = library.database.read(sharing.lessons_of, person.id)
    for row in own:
        library.delete_lesson(row.id)
    with suppress(NotFoundError):
        library.remove_voiceprint(person.name)
    library.database.write(_erase, person, by)
    library.database.wipe()
    return len(own)


def _rows_about(connection: Connection, person_id: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for table in schema.metadata.sorted_tables:
        columns = tuple(_person_columns(table))
        if not columns:
            continue
        query = select(*_readable(table)).where(or_(*(column == person_id for column in columns)))
        rows = [dict(row) for row in connection.execute(query).mappings()]
        if rows:
            found[table.name] = rows
    return found


def _erase(connection: Connection, person: PersonRow, by: str) -> None:
    connection.execute(delete(schema.note).where(schema.note.c.author_id == person.id))
    as_coach = select(schema.cycle.c.id).where(schema.cycle.c.coach_id == person.id)
    words = (schema.reflection.c.cycle_id.in_(as_coach), schema.reflection.c.side == "coach")
    connection.execute(delete(schema.reflection).where(*words))
    # Corrections name who made them and not whose account it was: of two people of one name, both lose it.
    named = update(schema.correction).where(schema.correction.c.author == person.name)
    connection.execute(named.values(author=""))
    for table in schema.metadata.sorted_tables:
        for column in _person_columns(table):
            if table is schema.person or column.foreign_keys:
                continue
            values: dict[str, object] = {column.name: None if column.nullable else ""}
            if "name" in table.c and table is schema.access:
                values["name"] = _GONE
            connection.execute(update(table).where(column == person.id).values(**values))
    people.erase(connection, person.id)
    audit.record(connection, "account erased", person.id, f"by {by}" if by else "on the command line")


def _person_columns(table: Table) -> Iterator[Column[Any]]:
    for column in table.c:
        refers = any(key.column.table is schema.person for key in column.foreign_keys)
        if refers or column.name in _NAMING or (table is schema.person and column.name == "id"):
            yield column


def _readable(table: Table) -> list[Column[Any]]:
    hidden = {column.name for column in table.c if isinstance(column.type, LargeBinary)} | _SECRET
    return [column for column in table.c if column.name not in hidden]


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, date | datetime) else str(value)
