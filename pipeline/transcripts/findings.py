"""What a reader notices in a transcript: times, languages, and what had to be left out."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from pipeline.analysis.languages import language_of_name
from pipeline.errors import shown
from pipeline.timeline import Span

LONGEST_S = 1e7  # four months; more is no time within a lesson

_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2}(?:[.,]\d+)?)")
_LANGUAGE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9-_]*)?", re.IGNORECASE)


@dataclass(slots=True)
class Findings:
    """What a reader notices on its way through a file: counts of pieces, and the language."""

    language: str | None = None
    backwards: int = 0
    unreadable: int = 0
    transcripts: int = 0
    overlong: int = 0

    def span(self, start: object, end: object) -> Span | None:
        """The stretch from ``start`` to ``end``; None where one of them is missing or they make no sense, which is counted."""
        if _missing(start) and _missing(end):
            return None
        start_s, end_s = seconds(start), seconds(end)
        if start_s is None or end_s is None:
            self.unreadable += 1
            return None
        if end_s < start_s:
            self.backwards += 1
            return None
        return Span(start_s, end_s)

    def notices(self, path: Path) -> tuple[str, ...]:
        """What the user should know, a sentence each."""
        name = shown(path.name)
        told = []
        if self.backwards:
            told.append(f"{name}: pieces that end before they start: {self.backwards}. Their times are left out.")
        if self.unreadable:
            told.append(f"{name}: pieces without a readable start and end: {self.unreadable}. They have no times.")
        if self.transcripts > 1:
            told.append(f"{name} holds {self.transcripts} transcripts. They are read as one lesson.")
        if self.overlong:
            told.append(
                f"{name}: rows with more cells than the header: {self.overlong}. The cells beyond are left out."
            )
        return tuple(told)


def _missing(value: object) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def seconds(value: object) -> float | None:
    """Seconds from a number, ``12.5``, ``mm:ss`` or ``hh:mm:ss.fff``; None where it is none of these, or negative."""
    at_s: float | None = None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        at_s = float(value) if abs(value) <= LONGEST_S else None
    elif isinstance(value, str):
        at_s = _seconds(value.strip())
    return at_s if at_s is not None and math.isfinite(at_s) and 0 <= at_s <= LONGEST_S else None


def _seconds(text: str) -> float | None:
    if clock := _CLOCK.fullmatch(text):
        hours, minutes, rest = clock.groups()
        return int(hours or 0) * 3600 + int(minutes) * 60 + float(rest.replace(",", "."))
    try:
        return float(text.replace(",", "."))
    except ValueError:
        return None


def language_code(value: object) -> str | None:
    """``en`` from ``en``, ``en-GB`` or ``English``; None for anything else."""
    text = value.strip() if isinstance(value, str) else ""
    match = _LANGUAGE.fullmatch(text)
    return language_of_name(text) or (match[1].lower() if match else None)
