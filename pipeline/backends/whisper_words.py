"""From the tokens of a Whisper model to words with times on the recording's clock."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from pipeline.analysis.chunks import Window
from pipeline.lesson import Word
from pipeline.timeline import Span

REACH_S = 0.5  # times from attention are this far off at most; what lies farther from all speech was not said in it
MIN_WORD_S = 0.04  # two of Whisper's time steps
UNSPACED = frozenset({"zh", "yue", "ja", "th", "lo", "my"})  # written without blanks: every piece is a word
_BROKEN = "\ufffd"  # what half a character decodes to


@dataclass(frozen=True, slots=True)
class Heard:
    """What a model heard in one window: text tokens with their times and probabilities.

    Token ``k`` sounds from ``edges_s[k]`` to ``edges_s[k + 1]``, in seconds from the window's start.
    """

    tokens: tuple[int, ...]
    edges_s: tuple[float, ...]
    probabilities: tuple[float, ...]
    mean_log_probability: float
    no_speech_probability: float


def find_words(heard: Heard, window: Window, language: str, decode: Callable[[Sequence[int]], str]) -> tuple[Word, ...]:
    """The words of a window in order, each inside the stretch of speech that it overlaps most.

    Punctuation belongs to the word before it and adds no time. A word farther than 0.5 s from all speech is left out.
    """
    words: list[Word] = []
    for first, last, sounding in _groups(heard.tokens, language, decode):
        text = decode(heard.tokens[first:last]).strip()
        start_s, end_s = heard.edges_s[first], heard.edges_s[sounding]
        span = Span(window.span.start_s + start_s, window.span.start_s + max(start_s, end_s))
        place = _placed(span, window.regions)
        if place and text:
            certain = heard.probabilities[first:sounding]
            words.append(Word(place, text, min(1.0, max(0.0, sum(certain) / len(certain)))))
    return tuple(_in_order(words))


def _groups(
    tokens: Sequence[int], language: str, decode: Callable[[Sequence[int]], str]
) -> Iterator[tuple[int, int, int]]:
    """For each word: its first token, the one after its last, and the one after its last that is not punctuation."""
    first = sounding = 0
    spoken = False
    for start, end, text in _characters(tokens, decode):
        is_mark = _is_punctuation(text)
        begins = text.startswith(" ") or (language in UNSPACED and not is_mark)
        if begins and spoken:
            yield first, start, sounding
            first, spoken = start, False
        if not is_mark:
            sounding, spoken = end, True
    if spoken:
        yield first, len(tokens), sounding


def _characters(tokens: Sequence[int], decode: Callable[[Sequence[int]], str]) -> Iterator[tuple[int, int, str]]:
    """Runs of tokens that make whole characters: where each starts, where it ends, its text."""
    start = 0
    for end in range(1, len(tokens) + 1):
        text = decode(tokens[start:end])
        if not text.endswith(_BROKEN) or end == len(tokens):
            yield start, end, text
            start = end


def _is_punctuation(text: str) -> bool:
    return all(unicodedata.category(character)[0] in "PZ" for character in text)


def _placed(span: Span, regions: Sequence[Span]) -> Span | None:
    """The part of ``span`` in the region that it shares most with, or a short span at the edge of the nearest one."""
    best = max(regions, key=lambda region: (region.overlap_s(span), -region.distance_s(span)))
    inside = span.clipped(best)
    if inside and inside.duration_s >= MIN_WORD_S:
        return inside
    if best.distance_s(span) > REACH_S:
        return None
    length_s = min(MIN_WORD_S, best.duration_s)
    start_s = min(max(span.start_s, best.start_s), best.end_s - length_s)
    return Span(start_s, start_s + length_s)


def _in_order(words: Sequence[Word]) -> Iterator[Word]:
    """Moves starts so that no word begins before the one before it."""
    earliest_s = 0.0
    for word in words:
        start_s = max(word.span.start_s, earliest_s)
        earliest_s = start_s
        yield Word(Span(start_s, max(start_s, word.span.end_s)), word.text, word.probability)
