"""Many accounts at once, from a table that a school's office has."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import TextIO

from pipeline.errors import UsageError
from pipeline.store.library import Library
from pipeline.store.rows import PersonRole
from pipeline.transcripts.tables import read_table, require_columns
from pipeline.workspace.people import People, checked

_COLUMNS = ("login", "name", "roles")


def import_people(library: Library, table: Path, codes: Path) -> int:
    """Makes an account for each line of ``table`` (CSV or XLSX) and writes their codes into the new file ``codes``.

    Says how many were made. A log-in that has an account already is left as it is, so that the same table can be given
    again. Raises TranscriptError for what is no table and UsageError for a row that makes no sense, before anything is made.
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
            if login not in known:
                invited = people.add(login, name, roles)
                writer.writerow((invited.person.login, invited.person.name, invited.code))
                made += 1
    return made


def _read(table: Path) -> list[tuple[str, str, frozenset[PersonRole]]]:
    found = read_table(table)
    found.columns = [name.strip().casefold() for name in found.columns]
    require_columns(found, _COLUMNS, table)
    rows = found[list(_COLUMNS)].itertuples(index=False, name=None)
    return [_line(number, *row) for number, row in enumerate(rows, start=2) if any(row)]


def _line(number: int, login: str, name: str, roles: str) -> tuple[str, str, frozenset[PersonRole]]:
    try:
        return checked(login, name.strip() or login, roles.replace(",", " ").casefold().split())
    except UsageError as error:
        raise UsageError(f"Row {number}: {error.message}", hint=error.hint) from error


def _new_private_file(path: Path) -> TextIO:
    """A file that only this account can read, and that was not there before."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise UsageError(f"{path} is there already.", hint="Name a new file.") from error
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror}.", hint="Name another place.") from error
    return os.fdopen(descriptor, "w", encoding="utf-8", newline="")
