"""Moments as pages offer them for playing: where to begin, and what is said there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pipeline.lesson import Lesson, Moment, Utterance
from pipeline.timeline import Span

# A number can rest on hundreds of moments; a page offers the longest of them, which say most to the ear.
MAX_OFFERED = 60
# A pause is heard with the question before it, if that is not too long ago.
LONGEST_LEAD_S = 20.0


def lines_by_id(lesson: Lesson) -> dict[str, Utterance]:
    """The utterances of a lesson by their ids."""
    return {line.id: line for line in lesson.utterances}


def offered(moments: Iterable[Moment], lines: Mapping[str, Utterance]) -> list[dict[str, Any]]:
    """The moments that have a time, for a component, in order of time: ``start_s`` and ``text``."""
    timed = [(moment.span, moment.utterance_id) for moment in moments if moment.span is not None]
    longest = sorted(timed, key=lambda entry: -entry[0].duration_s)[:MAX_OFFERED]
    return [_entry(span, lines.get(name or "")) for span, name in sorted(longest, key=lambda entry: entry[0])]


def _entry(span: Span, line: Utterance | None) -> dict[str, Any]:
    start_s = span.start_s
    if line and line.span and 0 <= start_s - line.span.start_s <= LONGEST_LEAD_S:
        start_s = line.span.start_s
    return {"start_s": round(start_s, 2), "text": line.text if line else ""}
