"""From what a reader found, piece by piece, to a transcript: the step that all formats share."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import TranscriptError, shown
from pipeline.lesson import Role
from pipeline.timeline import Span
from pipeline.transcripts.findings import Findings
from pipeline.transcripts.sentences import timed_sentences
from pipeline.transcripts.speakers import guess_roles
from pipeline.transcripts.values import SaidSentence, Transcript

MAX_SENTENCES = 500_000  # a week of talk without a break, and still only a few hundred megabytes

_NOT_STORABLE = re.compile("[\x00\ud800-\udfff]")


class Piece(NamedTuple):
    """What a row, a caption or a segment says. ``role`` is None where only the speaker's name tells it."""

    text: str
    speaker: str
    role: Role | None
    span: Span | None


def build_transcript(path: Path, pieces: Iterable[Piece], findings: Findings, *, split: bool) -> Transcript:
    """The transcript of all pieces that say something; with ``split`` each is cut into its sentences.

    Raises TranscriptError where nothing is said, or more than any lesson holds.
    """
    said = list(_limited(path, _sentences(pieces) if split else (item for item in pieces if item.text.strip())))
    if not said:
        raise TranscriptError(f"{shown(path.name)} holds no words.", hint="Look whether it is the right file.")
    roles = guess_roles({item.speaker for item in said if item.role is None})
    return Transcript(
        tuple(
            SaidSentence(
                _storable(item.text.strip()), _storable(item.speaker), item.role or roles[item.speaker], item.span
            )
            for item in said
        ),
        findings.language,
        findings.notices(path),
    )


def _storable(text: str) -> str:
    """The text itself, but for the code points that neither UTF-8 nor a database takes: they become U+FFFD."""
    return _NOT_STORABLE.sub("\ufffd", text)


def _sentences(pieces: Iterable[Piece]) -> Iterator[Piece]:
    for piece in pieces:
        for text, span in timed_sentences(piece.text, piece.span):
            yield Piece(text, piece.speaker, piece.role, span)


def _limited(path: Path, pieces: Iterable[Piece]) -> Iterator[Piece]:
    for count, piece in enumerate(pieces):
        if count >= MAX_SENTENCES:
            raise TranscriptError(
                f"{shown(path.name)} holds more than {MAX_SENTENCES:,} sentences.", hint="Split it by lesson."
            )
        yield piece._replace(speaker=sys.intern(piece.speaker))
