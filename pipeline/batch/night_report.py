"""The report of a batch: what was done, how long it took, what failed and why, what is worth a look."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path

from pipeline.batch.quality import flags_of
from pipeline.errors import NotFoundError
from pipeline.store import batches
from pipeline.store.files import atomic_write
from pipeline.store.library import Library
from pipeline.store.rows import ItemRow

_WORDS = {
    "done": "done",
    "failed": "failed",
    "cancelled": "cancelled",
    "waiting": "not begun",
    "running": "not finished",
}
_COLUMNS = (
    "file",
    "state",
    "lesson",
    "length_s",
    "work_s",
    "speed",
    "worth_a_look",
    "reason",
    "what_to_do",
    "size_bytes",
)
_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem;color:#23292b;background:#fff}table{border-collapse:collapse;width:100%}"
    "th,td{text-align:left;padding:.3rem .6rem;border-bottom:1px solid #ddd;vertical-align:top;overflow-wrap:anywhere}"
    ".failed td{background:#fbeeea}h1{font:600 1.6rem Georgia,serif}"
)


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one file; ``work_s`` are the seconds of all stages, ``size_bytes`` what its lesson takes on the disk."""

    name: str
    state: str
    lesson_id: str
    length_s: float | None
    work_s: float | None
    flags: tuple[str, ...]
    reason: str
    hint: str
    size_bytes: int


def lines_of(library: Library, batch_id: str) -> Iterator[Line]:
    """One line a file, as they were lined up; a lesson is read at a time."""
    for item in library.database.read(batches.items, batch_id):
        yield _line(library, item)


def to_csv(lines: Iterable[Line]) -> str:
    """A table for a spreadsheet; what looks like a formula is kept from being one."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(_COLUMNS)
    for line in lines:
        writer.writerow([_harmless(str(value)) for value in _cells(line)])
    return target.getvalue()


def to_html(lines: Iterable[Line]) -> str:
    """A page that stands alone."""
    kept = list(lines)
    failed = sum(line.state != "done" for line in kept)
    rows = "".join(
        f'<tr class="{"" if line.state == "done" else "failed"}">'
        + "".join(f"<td>{escape(str(value))}</td>" for value in _cells(line))
        + "</tr>"
        for line in kept
    )
    heads = "".join(f"<th>{escape(name.replace('_', ' '))}</th>" for name in _COLUMNS)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Report of the batch</title>'
        f"<style>{_STYLE}</style></head><body><h1>{len(kept) - failed} of {len(kept)} recordings were analysed</h1>"
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></body></html>"
    )


def write_report(library: Library, batch_id: str, folder: Path) -> Path:
    """Writes ``report.html`` and ``report.csv`` into the folder; gives the page's path."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = list(lines_of(library, batch_id))
    atomic_write(folder / "report.csv", to_csv(lines).encode("utf-8-sig", "replace"))
    page = folder / "report.html"
    atomic_write(page, to_html(lines).encode("utf-8", "replace"))
    return page


def _line(library: Library, item: ItemRow) -> Line:
    name, state = Path(item.path).name, _WORDS[item.state]
    try:
        row = library.find_lesson(item.of_lesson) if item.of_lesson else None
    except NotFoundError:
        return Line(name, "deleted", item.of_lesson or "", None, None, (), "The lesson was deleted.", "", 0)
    if row is None:
        return Line(name, state, "", None, None, (), item.message, item.hint, 0)
    lesson = library.load_result(row.id) if row.state == "done" else None
    work_s = sum(record.elapsed_s for record in library.stage_records(row.sha256)) or None
    flags = flags_of(lesson, library.media.audio(row.sha256)) if lesson else ()
    size = sum(file.size_bytes for file in library.media.files_of(row.sha256, row.id))
    state = _WORDS.get(row.state, "not begun")
    return Line(name, state, row.id, row.duration_s, work_s, flags, row.message, row.hint, size)


def _cells(line: Line) -> tuple[object, ...]:
    length = "" if line.length_s is None else f"{line.length_s:.0f}"
    work = "" if line.work_s is None else f"{line.work_s:.1f}"
    speed = f"{line.length_s / line.work_s:.1f}" if line.length_s and line.work_s else ""
    return (
        line.name,
        line.state,
        line.lesson_id,
        length,
        work,
        speed,
        ", ".join(line.flags),
        line.reason,
        line.hint,
        line.size_bytes,
    )


def _harmless(text: str) -> str:
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
