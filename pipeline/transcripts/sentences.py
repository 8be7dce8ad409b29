"""Text to sentences, and the time of a text to the times of its sentences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pipeline.analysis.align import ABBREVIATIONS
from pipeline.timeline import Span

# With their point: a name or an example follows, never a new sentence.
NEVER_LAST = ABBREVIATIONS | {"prof.", "mt.", "cf.", "approx.", "resp.", "z.b.", "d.h.", "sra.", "mme."}
# These may end a sentence as well; then a capital letter follows.
SOMETIMES_LAST = frozenset({"etc.", "a.m.", "p.m.", "jr.", "sr.", "u.s.", "u.k.", "usw."})

LOOK_BACK = 100  # characters before a point that hold its word and the one before

_CLOSING = "\"'”’»)\\]"
# Marks of the Latin and Arabic scripts and Hindi need a blank behind them (3.5, example.org); Chinese and Japanese have none.
_END = re.compile(rf"(?<![.?!؟।])(?P<mark>[.?!؟।]++)(?P<closing>[{_CLOSING}]*+)\s+|[。？！]+[{_CLOSING}」』]*\s*")


def split_sentences(text: str) -> list[str]:
    """The sentences of a text, in order, without blanks around them; none for a text of blanks.

    A text is cut behind ``.``, ``?`` and ``!`` (and their like in other scripts), but not at abbreviations, initials,
    numbers, the numbers of a list, or dots of hesitation ("...").
    """
    return [text[start:end].strip() for start, end in _bounds(text)]


def timed_sentences(text: str, span: Span | None) -> list[tuple[str, Span | None]]:
    """The sentences of a text with their times: each has as much of ``span`` as it has of the characters."""
    bounds = _bounds(text)
    parts = divided(span, [end - start for start, end in bounds])
    return [(text[start:end].strip(), part) for (start, end), part in zip(bounds, parts, strict=True)]


def divided(span: Span | None, lengths: list[int]) -> list[Span | None]:
    """``span`` cut into adjoining parts in proportion to ``lengths`` (none of them 0); None for each where it is None."""
    if span is None:
        return [None] * len(lengths)
    whole, done, edges_s = sum(lengths), 0, [span.start_s]
    for length in lengths[:-1]:
        done += length
        edges_s.append(min(span.end_s, span.start_s + span.duration_s * done / whole))
    edges_s.append(span.end_s)
    return [Span(edges_s[place], edges_s[place + 1]) for place in range(len(lengths))]


def _bounds(text: str) -> list[tuple[int, int]]:
    """Where the sentences begin and end; together they are the whole text."""
    cuts = [0, *_cuts(text), len(text)]
    return [(start, end) for start, end in pairwise(cuts) if text[start:end].strip()]


def _cuts(text: str) -> Iterator[int]:
    start = 0
    for match in _END.finditer(text):
        if match.end() < len(text) and _ends(text, start, match):
            yield match.end()
            start = match.end()


def _ends(text: str, start: int, match: re.Match[str]) -> bool:
    mark, closing = match["mark"], match["closing"]
    if mark is None:  # Chinese or Japanese
        return True
    follows = text[match.end()]
    if closing and follows.islower():  # "Why?" he said.
        return False
    if "?" in mark or "!" in mark or mark[0] in "؟।":
        return True
    end = match.end("mark")
    words = text[max(start, end - LOOK_BACK) : end].split()
    return len(mark) == 1 and not _point_within(words, follows, first=len(words) == 1)


def _point_within(words: list[str], follows: str, *, first: bool) -> bool:
    """Whether the point at the end of these words belongs to the last of them; ``first``: it begins the sentence."""
    last = words[-1].lstrip("(\"'“‘«[")
    bare, lower = last[:-1], last.lower()
    if lower in NEVER_LAST:
        return True
    if lower in SOMETIMES_LAST:
        return not follows.isupper()
    if bare.isdigit():  # "1. First we ..." numbers a list; "It is 5. Then ..." ends.
        return first
    initial = len(bare) == 1 and bare.isupper() and bare != "I"
    return initial and (first or words[-2][:1].isupper())
