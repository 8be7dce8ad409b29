"""What a deletion removes, in the words of those who read it: for the command line and for the viewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline.store.rows import DeletionPlan
from pipeline.viewer.words import written_size

_FILE_WORDS: Mapping[str, str] = {
    "original": "The recording",
    "audio": "Its sound, as it was listened to",
    "proxy": "The copy for the browser",
    "poster": "The picture in the list",
}
_ROW_WORDS: Mapping[str, tuple[str, str]] = {
    "note": ("note", "notes"),
    "metric": ("number", "numbers"),
    "correction": ("correction of who speaks", "corrections of who speaks"),
    "stage_output": ("intermediate result", "intermediate results"),
    "job": ("entry about its processing", "entries about its processing"),
}


def plan_lines(plan: DeletionPlan) -> list[str]:
    """What a deletion removes, line by line: first what cannot be made again, the recording and the notes."""
    rows = {table: count for table, count in plan.rows if count and table != "lesson"}
    notes = [_counted("note", rows.pop("note"))] if "note" in rows else []
    recording, *others = _file_lines(plan)
    return [line for line in (recording, *notes, *others, *_row_lines(rows)) if line]


def _file_lines(plan: DeletionPlan) -> list[str]:
    """The recording's line first; it is "" where no recording is kept."""
    sizes: Counter[str] = Counter()
    pictures = 0
    for file in plan.files:
        kind = _kind(file.path)
        pictures += kind == "thumbs"
        sizes[kind] += file.size_bytes
    words = {**_FILE_WORDS, "thumbs": f"{pictures} picture{'s' * (pictures != 1)} of slides", "other": "Other files"}
    return [f"{text} ({written_size(sizes[kind])})" if kind in sizes else "" for kind, text in words.items()]


def _row_lines(rows: Mapping[str, int]) -> Iterator[str]:
    numbers = _counted("metric", rows["metric"]) if "metric" in rows else ""
    if "lesson_result" in rows:
        yield f"The result with {numbers}" if numbers else "The result"
    elif numbers:
        yield numbers
    for table, count in rows.items():
        if table not in ("lesson_result", "metric"):
            yield _counted(table, count)


def _counted(table: str, count: int) -> str:
    one, many = _ROW_WORDS.get(table, (f"entry in “{table}”", f"entries in “{table}”"))
    return f"{count} {one if count == 1 else many}"


def _kind(path: Path) -> str:
    if path.parent.name == "thumbs":
        return "thumbs"
    return path.stem if path.stem in _FILE_WORDS else "other"
