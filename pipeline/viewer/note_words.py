"""What kinds of notes are called."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.store.rows import NoteKind

KIND_WORDS: Mapping[NoteKind, str] = {
    "observation": "Observation",
    "question": "Question",
    "praise": "Praise",
    "suggestion": "Suggestion",
}
