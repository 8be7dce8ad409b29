"""Which recordings a batch is about: a folder that is walked, files, or a table that says more about each."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from pipeline.analysis.goals import EXAMPLE, parse_goal
from pipeline.errors import UsageError, shown
from pipeline.lesson import LessonDetails
from pipeline.transcripts.tables import TABLE_ENDINGS, read_table, require_columns

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
    """The recordings that these folders, files and tables name, each once, in order.

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
    if source.name.lower().endswith(TABLE_ENDINGS):
        return wanted_by(source)
    return (Wanted(source),)


def wanted_by(table: Path) -> list[Wanted]:
    """The rows of a table (CSV or XLSX). Paths are meant from the table's folder. Raises UsageError with the row that is wrong."""
    found = read_table(table)
    found.columns = [name.strip().casefold() for name in found.columns]
    require_columns(found, ("path",), table)
    for name in found.columns:
        if name not in COLUMNS:
            hint = f"Columns are: {', '.join(COLUMNS)}."
            raise UsageError(f"{shown(table.name)} has an unknown column {shown(name[:60])!r}.", hint=hint)
    rows = found.itertuples(index=False, name=None)
    return [
        _wanted(table, number, dict(zip(found.columns, row, strict=True)))
        for number, row in enumerate(rows, start=2)
        if any(row)
    ]


def _wanted(table: Path, number: int, row: dict[str, str]) -> Wanted:
    where = f"Row {number} of {shown(table.name)}"
    said = {COLUMNS[name]: text.strip() for name, text in row.items()}
    path = table.parent / said.pop("path")
    if not path.is_file():
        raise UsageError(f"{where} names a file that is not there: {shown(str(path))}.", hint="Mend the column 'path'.")
    values: dict[str, object] = {}
    for name, text in said.items():
        values[name] = _date(where, name, text) if name in _DATES else text
    try:
        parse_goal(said.get("goal", ""))
    except ValueError as error:
        raise UsageError(f"{where}: {error}", hint=EXAMPLE) from error
    return Wanted(path, LessonDetails(**values))  # type: ignore[arg-type]


def _date(where: str, name: str, text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise UsageError(f"{where} has no date in '{name}': {text[:40]!r}.", hint="Write it as 2026-03-12.") from error
