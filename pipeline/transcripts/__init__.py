"""Transcripts that others wrote, as sentences: CSV, XLSX, WebVTT, SubRip, the JSON of Whisper's family and ``lesson.json``.

Each format has a file of its own; all of them end in :func:`pipeline.transcripts.pieces.build_transcript`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.errors import TranscriptError, shown
from pipeline.transcripts.captions import read_srt, read_vtt
from pipeline.transcripts.rows import read_rows
from pipeline.transcripts.segments import read_json
from pipeline.transcripts.tables import TABLE_ENDINGS, is_workbook, read_table, require_columns
from pipeline.transcripts.textfile import check_file, open_text
from pipeline.transcripts.values import SaidSentence, Transcript

__all__ = ["ENDINGS", "SaidSentence", "Transcript", "read_table", "read_transcript", "require_columns"]

_READERS: Mapping[str, Callable[[Path], Transcript]] = {
    **dict.fromkeys(TABLE_ENDINGS, read_rows),
    ".vtt": read_vtt,
    ".srt": read_srt,
    ".json": read_json,
}
ENDINGS = tuple(_READERS)


def read_transcript(path: Path) -> Transcript:
    """The sentences of a transcript, in the order of the file.

    The ending says the format, unless the content clearly is another one of them. Roles that the file does not give are
    guessed from the speakers' names. Raises TranscriptError, with the next step, for a file that is missing, damaged, no
    transcript, or without words.
    """
    check_file(path)
    reader = next((found for ending, found in _READERS.items() if path.name.lower().endswith(ending)), None)
    if reader is None:
        raise TranscriptError(
            f"{shown(path.name)} has an ending that no transcript has.", hint=f"Known are {', '.join(ENDINGS)}."
        )
    return (_by_content(path) or reader)(path)


def _by_content(path: Path) -> Callable[[Path], Transcript] | None:
    """The reader for content that cannot be mistaken; None where the ending has to say it."""
    if is_workbook(path):
        return read_rows
    with open_text(path) as file:
        return read_vtt if file.read(6) == "WEBVTT" else None
