"""What a deletion removes, in the words of those who read it: for the command line and for the viewer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from pipeline.store.rows import DeletionPlan
from pipeline.viewer.words import written_size

_FILE_WORDS: Mapping[str, str] = {
    "original": "The recording",
    "audio": "Its sound, as it was listened to",
    "proxy": "The copy for the browser",
    "poster": "The picture in the list",
    "thumbs": "The pictures below the player",
    "other": "What the program noted about the recording",
}
_ROW_WORDS: Mapping[str, tuple[str, str]] = {
    "note": ("note", "notes"),
    "correction": ("correction of who speaks", "corrections of who speaks"),
    "metric": ("number", "numbers"),
    "lesson_result": ("analysis with its transcript", "analyses"),
    "stage_output": ("intermediate result", "intermediate results"),
    "job": ("record of the program's work on it", "records of the program's work on it"),
}


def plan_lines(plan: DeletionPlan) -> list[str]:
    """What a deletion removes, line by line, in plain words: the recording, the people's notes, then the rest."""
    sizes: Counter[str] = Counter()
    for file in plan.files:
        sizes[_kind(file.path)] += file.size_bytes
    files = [f"{words} ({written_size(sizes[kind])})" for kind, words in _FILE_WORDS.items() if kind in sizes]
    rows = {table: _row_line(table, count) for table, count in plan.rows if table != "lesson" and count}
    notes = [rows.pop("note")] if "note" in rows else []
    return [*files[:1], *notes, *files[1:], *rows.values()]


def _row_line(table: str, count: int) -> str:
    one, many = _ROW_WORDS.get(table, (f"entry in “{table}”", f"entries in “{table}”"))
    return f"{count} {one if count == 1 else many}"


def _kind(path: Path) -> str:
    if path.parent.name == "thumbs":
        return "thumbs"
    return path.stem if path.stem in _FILE_WORDS else "other"
