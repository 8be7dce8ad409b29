"""Transcripts in tables: a row for each sentence or turn, with or without speaker, role and times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from pipeline.errors import TranscriptError, shown
from pipeline.transcripts.findings import Findings, language_code
from pipeline.transcripts.pieces import Piece, build_transcript
from pipeline.transcripts.speakers import ONLY_SPEAKER, role_in_words
from pipeline.transcripts.tables import listed, separator_of, table_rows
from pipeline.transcripts.values import Transcript

# What the columns may be called, the better name first.
_NAMES: Mapping[str, tuple[str, ...]] = {
    "text": ("sentence", "text", "utterance"),
    "speaker": ("speaker",),
    "role": ("role",),
    "start": ("start_s", "start"),
    "end": ("end_s", "end"),
    "language": ("language",),
    "transcript": ("transcript",),
}
_OWN_COLUMN = "question_kind"  # only the program's own utterances.csv has it
_FORMULA = tuple("=+-@＝＋－＠")  # what its writer puts an apostrophe before


def read_rows(path: Path) -> Transcript:
    """The transcript in a CSV or XLSX file. Raises TranscriptError where no column holds text.

    A row of a ``sentence`` column is one sentence, whatever its points; one of ``text`` or ``utterance`` is cut into its
    sentences. Rows without text are left out.
    """
    rows = table_rows(path)
    header = [name.strip().casefold() for name in next(rows, [])]
    places = {
        key: next((header.index(name) for name in names if name in header), None) for key, names in _NAMES.items()
    }
    if places["text"] is None:
        raise TranscriptError(
            f"{shown(path.name)} has no column text or sentence; it has {listed(header)}.",
            hint="Its first row has to name the columns: speaker, role, text.",
        )
    reader = _Rows(path, header, places)
    split = header[places["text"]] != "sentence" and not reader.own
    return build_transcript(path, reader.pieces(rows), reader.findings, split=split)


class _Rows:
    """Rows to pieces, by the places of the columns."""

    def __init__(self, path: Path, header: Sequence[str], places: Mapping[str, int | None]) -> None:
        self.path, self.places, self.width = path, places, len(header)
        self.own = _OWN_COLUMN in header
        self.findings = Findings()

    @cached_property
    def separator(self) -> str:
        return separator_of(self.path)

    def pieces(self, rows: Iterator[list[str]]) -> Iterator[Piece]:
        languages: Counter[str] = Counter()
        transcripts: set[str] = set()
        for found in rows:
            row = self._fitted(found)
            piece = self._piece(row)
            if piece:
                languages.update(filter(None, [language_code(self._cell(row, "language"))]))
                transcripts.add(self._cell(row, "transcript"))
                yield piece
        self.findings.language = languages.most_common(1)[0][0] if languages else None
        self.findings.transcripts = len(transcripts)

    def _fitted(self, row: list[str]) -> list[str]:
        """The row as wide as the header. Where text comes last, separators without quotes around them are a part of it."""
        beyond = row[self.width :]
        if not any(cell.strip() for cell in beyond):
            return row
        if self.places["text"] == self.width - 1:
            return [*row[: self.width - 1], self.separator.join(row[self.width - 1 :])]
        self.findings.overlong += 1
        return row

    def _cell(self, row: Sequence[str], key: str) -> str:
        place = self.places[key]
        cell = row[place].strip() if place is not None and place < len(row) else ""
        guarded = self.own and cell.startswith("'") and cell[1:].lstrip().startswith(_FORMULA)
        return cell[1:].lstrip() if guarded else cell

    def _piece(self, row: Sequence[str]) -> Piece | None:
        text = self._cell(row, "text")
        if not text:
            return None
        words = self._cell(row, "role")
        role = role_in_words(words) if words else None
        nameless = ONLY_SPEAKER if self.places["speaker"] is None else role or "unknown"
        speaker = self._cell(row, "speaker").rstrip(": ") or nameless
        return Piece(text, speaker, role, self.findings.span(self._cell(row, "start"), self._cell(row, "end")))
