"""What a transcript is once it is read: sentences in order, who said them, and when where that is known."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.lesson import Role
from pipeline.timeline import Span


@dataclass(frozen=True, slots=True)
class SaidSentence:
    """A sentence as somebody wrote it down. ``span`` is None where the transcript says no usable times for it."""

    text: str
    speaker: str
    role: Role
    span: Span | None


@dataclass(frozen=True, slots=True)
class Transcript:
    """Sentences in the order of the file. ``language`` (ISO 639) is None where the file does not name it.

    ``notices`` are sentences for the user about what was left out or understood in only one of several ways.
    """

    sentences: tuple[SaidSentence, ...]
    language: str | None
    notices: tuple[str, ...] = ()
