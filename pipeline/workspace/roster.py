"""Many accounts at once, from a table that a school's office has."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TextIO

from pipeline.errors import LessonMirrorError, UsageError
from pipeline.store.library import Library
from pipeline.workspace.people import Invited, People

_COLUMNS = ("login", "name", "roles")


def import_people(library: Library, table: Path, codes: Path) -> int:
    """Makes an account for each line of the CSV file ``table`` and writes their codes into the new file ``codes``.

    Says how many were made. A log-in that has an account already is left as it is, so that the same table can be given
    again. Raises UsageError for a table that makes no sense, before anything is made.
    """
    people = People(library)
    lines = _read(table)
    known = {person.login for person in people.everybody()}
    if not known and not any("administrator" in roles for _, _, roles in lines):
        raise UsageError("Nobody in this table is an administrator.", hint="Give at least one person that role.")
    # The first account has to be an administrator's.
    lines.sort(key=lambda line: "administrator" not in line[2])
    with _new_private_file(codes) as file:
        writer = csv.writer(file)
        writer.writerow(("login", "name", "code"))
        made = 0
        for login, name, roles in lines:
            if login.casefold() not in known:
                invited = _added(people, login, name, roles)
                writer.writerow((invited.person.login, invited.person.name, invited.code))
                made += 1
    return made


def _added(people: People, login: str, name: str, roles: tuple[str, ...]) -> Invited:
    try:
        return people.add(login, name, roles)
    except LessonMirrorError as error:
        raise UsageError(f"{login!r}: {error.message}", hint=error.hint) from error


def _read(table: Path) -> list[tuple[str, str, tuple[str, ...]]]:
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{table} cannot be read as a CSV file in UTF-8.", hint="Save it as CSV UTF-8.") from error
    dialect = ";" if text.split("\n", 1)[0].count(";") > text.split("\n", 1)[0].count(",") else ","
    rows = csv.DictReader(text.splitlines(), delimiter=dialect)
    missing = [name for name in _COLUMNS if name not in (rows.fieldnames or ())]
    if missing:
        raise UsageError(f"{table} has no column {' and no column '.join(missing)}.", hint="The first line names them.")
    return [_line(number, row) for number, row in enumerate(rows, start=2) if any(row.values())]


def _line(number: int, row: dict[str, str]) -> tuple[str, str, tuple[str, ...]]:
    login, name = (row["login"] or "").strip(), (row["name"] or "").strip()
    roles = tuple((row["roles"] or "").replace(",", " ").casefold().split())
    if not login or not roles:
        raise UsageError(f"Line {number} has no log-in or no role.", hint="Each person needs both.")
    return login, name or login, roles


def _new_private_file(path: Path) -> TextIO:
    """A file that only this account can read, and that was not there before."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", hint="Name a new file.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Name another place.") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
