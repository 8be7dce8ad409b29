"""Which recordings a batch is about: a folder that is walked, files, or a table that says more about each."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.analysis.goals import EXAMPLE, parse_goal
from pipeline.errors import UsageError, shown
from pipeline.lesson import LessonDetails

MEDIA_SUFFIXES = frozenset(
    ".mp4 .m4v .mov .mkv .webm .avi .mts .m2ts .mpg .mpeg .wmv .3gp .ts .flv "
    ".m4a .mp3 .wav .flac .ogg .oga .opus .aac .wma .aiff .aif .amr".split()
)
# What a column of the table fills; the first name is the one that the help shows.
COLUMNS = {
    "path": "path",
    "teacher": "teacher",
    "class": "class_name",
    "subject": "subject",
    "title": "title",
    "date": "held_on",
    "consent": "lawful_basis",
    "keep_until": "keep_until",
    "goal": "goal",
}
_DATES = ("held_on", "keep_until")


@dataclass(frozen=True, slots=True)
class Wanted:
    """A recording to be analysed; without details a sidecar file beside it may speak."""

    path: Path
    details: LessonDetails | None = None


def collect(sources: Sequence[Path]) -> Iterator[Wanted]:
    """The recordings that these folders, files and tables (``.csv``) name, each once, in order.

    Raises UsageError for what is not there and for a table that makes no sense, before anything is lined up.
    """
    for source in sources:
        if not source.exists():
            raise UsageError(f"{shown(str(source))} is not there.", hint="Check the path.")
    known: set[Path] = set()
    for source in sources:
        for wanted in _of(source):
            path = wanted.path.absolute()
            if path not in known:
                known.add(path)
                yield Wanted(path, wanted.details)


def walk(folder: Path) -> Iterator[Path]:
    """The recordings below a folder, by name; hidden files, links to folders and what may not be read are left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if not name.startswith(".") and Path(name).suffix.lower() in MEDIA_SUFFIXES:
                yield Path(place, name)


def _of(source: Path) -> Iterable[Wanted]:
    if source.is_dir():
        return (Wanted(path) for path in walk(source))
    if source.suffix.lower() == ".csv":
        return read_table(source)
    return (Wanted(source),)


def read_table(table: Path) -> list[Wanted]:
    """The lines of a table. Paths are meant from the table's folder. Raises UsageError with the line that is wrong."""
    try:
        text = table.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{shown(table.name)} cannot be read as a table.", hint="Save it as CSV UTF-8.") from error
    first = text.split("\n", 1)[0]
    rows = csv.DictReader(text.splitlines(), delimiter=";" if first.count(";") > first.count(",") else ",")
    names = [name.strip().casefold() for name in rows.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if "path" not in names or unknown:
        what = f"has an unknown column {shown(unknown[0][:60])!r}" if unknown else "has no column 'path'"
        raise UsageError(f"{shown(table.name)} {what}.", hint=f"Columns are: {', '.join(COLUMNS)}.")
    rows.fieldnames = names
    return [_line(table, number, row) for number, row in enumerate(rows, start=2) if any(row.values())]


def _line(table: Path, number: int, row: dict[str, str | None]) -> Wanted:
    where = f"Line {number} of {shown(table.name)}"
    said = {COLUMNS[name]: (value or "").strip() for name, value in row.items() if name in COLUMNS}
    path = table.parent / said.pop("path")
    if not path.is_file():
        raise UsageError(f"{where} names a file that is not there: {shown(str(path))}.", hint="Mend the column 'path'.")
    values: dict[str, object] = {}
    for name, text in said.items():
        values[name] = _date(where, name, text) if name in _DATES else text
    try:
        parse_goal(str(values.get("goal", "")))
    except ValueError as error:
        raise UsageError(f"{where}: {error}", hint=EXAMPLE) from error
    return Wanted(path, LessonDetails(**values))  # type: ignore[arg-type]


def _date(where: str, name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{where} has no date in '{name}': {text[:40]!r}.", hint="Write it as 2026-03-12.") from error
