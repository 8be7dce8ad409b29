"""A small invented school: people with their passwords, and lessons that belong to them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.engine import Connection

from pipeline.store import people, schema, sharing
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow, PersonRole, PersonRow
from pipeline.workspace import passwords
from pipeline.workspace.access import Workspace
from pipeline.workspace.visitor import Visitor, visitor_of
from tests.viewer.lesson_samples import add_analysed

PASSWORD = "seven quiet lanterns"


@dataclass(frozen=True)
class School:
    """An administrator, a teacher with a lesson shared with her coach, another teacher, and a coach without shares."""

    head: PersonRow
    ada: PersonRow
    ben: PersonRow
    cleo: PersonRow
    dora: PersonRow
    lesson: LessonRow


def visitor(person: PersonRow) -> Visitor:
    return visitor_of(person)


def workspace(library: Library, person: PersonRow) -> Workspace:
    return Workspace(library, visitor_of(person))


def add_person(library: Library, login: str, name: str, *roles: PersonRole) -> PersonRow:
    """A person who can log in with PASSWORD."""
    row = library.database.write(people.add, login, name, roles)
    return library.database.write(people.change, row.id, password_hash=_hashed())


def open_school(library: Library, folder: Path) -> School:
    """The school, with one analysed lesson of Ada's that Cleo may see."""
    head = add_person(library, "head", "Hedda Head", "administrator")
    ada = add_person(library, "ada", "Ada Archer", "teacher")
    ben = add_person(library, "ben", "Ben Baker", "teacher")
    cleo = add_person(library, "cleo", "Cleo Carter", "coach")
    dora = add_person(library, "dora", "Dora Dyer", "coach")
    lesson = add_analysed(library, folder)
    library.database.write(sharing.settle, lesson.id, owner_id=ada.id, uploader_id=ada.id)
    library.database.write(sharing.grant, lesson.id, cleo.id, ada.id, None)
    return School(head, ada, ben, cleo, dora, library.find_lesson(lesson.id))


def end_share(library: Library, school: School) -> None:
    """Takes Cleo's share back."""
    owner = workspace(library, school.ada)
    (share,) = owner.shares(school.lesson.id)
    owner.end_share(school.lesson.id, share.id)


def everything_in(library: Library) -> str:
    """All that the database holds, as one text."""

    def rows(connection: Connection) -> str:
        return "\n".join(
            repr(row) for table in schema.metadata.sorted_tables for row in connection.execute(select(table))
        )

    return library.database.read(rows)


_kept: list[str] = []


def _hashed() -> str:
    if not _kept:  # it takes a tenth of a second on purpose
        _kept.append(passwords.hashed(PASSWORD))
    return _kept[0]
