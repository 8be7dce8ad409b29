"""Transcripts in JSON: what Whisper and its relatives write, and the program's own ``lesson.json``."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.errors import TranscriptError, shown
from pipeline.lesson import ROLES
from pipeline.lesson_json import SCHEMA
from pipeline.transcripts.findings import Findings, language_code
from pipeline.transcripts.pieces import Piece, build_transcript
from pipeline.transcripts.speakers import ONLY_SPEAKER
from pipeline.transcripts.textfile import open_text
from pipeline.transcripts.values import Transcript

LARGEST_CHARACTERS = 256 << 20  # JSON has to be in memory as a whole; a lesson with all its words has some millions

# Words and tokens are most of such files, and of no use here: they go as soon as they are read.
_KEPT = frozenset("schema language segments utterances start end text start_s end_s speaker role".split())
_WRITE_AGAIN = "It has to be JSON of Whisper, faster-whisper or WhisperX, or a lesson.json: write it again."


def read_json(path: Path) -> Transcript:
    """The transcript in a JSON file. Segments are cut into sentences, the utterances of a lesson.json are not."""
    data = _load(path)
    findings = Findings()
    if isinstance(data, dict):
        findings.language = language_code(data.get("language"))
        if "schema" in data:
            return _lesson(path, data, findings)
        data = data.get("segments")
    if not isinstance(data, list):
        raise _other(path, "no list of segments")
    return build_transcript(path, _pieces(path, data, findings, ("start", "end")), findings, split=True)


def _lesson(path: Path, data: dict[str, Any], findings: Findings) -> Transcript:
    if data["schema"] != SCHEMA or not isinstance(data.get("utterances"), list):
        raise _other(path, f"no utterances of schema {SCHEMA}")
    pieces = _pieces(path, data["utterances"], findings, ("start_s", "end_s"))
    return build_transcript(path, pieces, findings, split=False)


def _load(path: Path) -> Any:
    with open_text(path) as file:
        text = file.read(LARGEST_CHARACTERS + 1)
    if len(text) > LARGEST_CHARACTERS:
        raise TranscriptError(f"{shown(path.name)} is too large to be a transcript.", hint="Split it by lesson.")
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: {key: value for key, value in pairs if key in _KEPT})
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, json.JSONDecodeError) else type(error).__name__
        raise TranscriptError(f"{shown(path.name)} is not valid JSON ({reason}).", hint=_WRITE_AGAIN) from error


def _other(path: Path, reason: str) -> TranscriptError:
    return TranscriptError(f"{shown(path.name)} is no transcript: it has {reason}.", hint=_WRITE_AGAIN)


def _pieces(path: Path, items: list[Any], findings: Findings, times: tuple[str, str]) -> Iterator[Piece]:
    nobody = "unknown" if any(isinstance(item, dict) and item.get("speaker") for item in items) else ONLY_SPEAKER
    for item in items:
        if not isinstance(item, dict) or not isinstance(item.get("text"), str):
            raise _other(path, "a segment without text")
        speaker, role = item.get("speaker"), item.get("role")
        yield Piece(
            item["text"],
            str(speaker).strip() if isinstance(speaker, (str, int)) and str(speaker).strip() else nobody,
            role if role in ROLES else None,
            findings.span(item.get(times[0]), item.get(times[1])),
        )
