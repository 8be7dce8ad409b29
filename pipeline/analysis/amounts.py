"""The numbers that a text claims, in figures or in words, each with its unit; and the ways in which a metric may be written.

Strict where it matters: a figure is the same only if it is written to the same digit and in the same unit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipeline.analysis.advice import written
from pipeline.lesson import Metric
from pipeline.timeline import clock

Amount = tuple[str, str]
"""A figure as written (``0.8``, ``1:05``), and its unit: ``%``, ``s``, ``min``, ``h``, ``an hour``, ``a minute``, or none."""

_ONES = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
}
_TENS = {
    word: number
    for number, word in zip(
        range(20, 100, 10), "twenty thirty forty fifty sixty seventy eighty ninety".split(), strict=True
    )
}
# Words that claim an amount without being a figure: they have to stand in the rules' text as they are.
_VAGUE = (
    "half halves third thirds quarter quarters fifth fifths tenth tenths dozen dozens hundred hundreds thousand thousands million "
    "couple twofold double doubled triple tripled thrice majority"
).split()
_UNITS = (
    ("%", r"%|percent\b|per cent\b|percentage points?\b"),
    ("s", r"s\b|secs?\b|seconds?\b"),
    ("min", r"mins?\b|minutes?\b"),
    ("h", r"h\b|hrs?\b|hours?\b"),
    ("an hour", r"(?:[a-z]+ ){0,2}(?:an|per|each|every) hour\b"),
    ("a minute", r"(?:[a-z]+ ){0,2}(?:a|per|each|every) minute\b"),
)
_UNIT = re.compile(r"[\s-]*(?:(?:whole|full) )?(?:" + "|".join(f"({form})" for _, form in _UNITS) + ")")
_FIGURE = r"\d+(?:[.,:]\d+)*"
_WORD = "|".join(sorted({*_ONES, *_TENS, *_VAGUE}, key=len, reverse=True))
_TOKEN = re.compile(
    rf"(?P<figure>(?<![\w.,:])(?:[-−–+](?=\d))?{_FIGURE}(?!\w|[.,:]\d))"
    r"|(?P<odd>\w*\d[\w.,:]*)"  # a digit within something else, such as 7b
    rf"|\b(?P<tens>{'|'.join(_TENS)})[ -](?P<ones>{'|'.join(list(_ONES)[1:10])})\b"
    rf"|\b(?P<word>{_WORD}|twice)\b"
)


def amounts(text: str) -> frozenset[Amount]:
    """What a text claims in numbers. ``one`` counts as a number only with a unit: it is mostly a pronoun."""
    return frozenset(_found(text.lower()))


def _found(text: str) -> Iterator[Amount]:
    for match in _TOKEN.finditer(text):
        unit = _unit_after(text, match.end())
        if match["figure"] or match["odd"]:
            yield match.group(), unit
        elif match["tens"]:
            yield str(_TENS[match["tens"]] + _ONES[match["ones"]]), unit
        elif match["word"] == "twice":
            yield "2", ""
        elif match["word"] != "one" or unit:
            yield str(_ONES.get(match["word"], _TENS.get(match["word"], match["word"]))), unit


def _unit_after(text: str, place: int) -> str:
    match = _UNIT.match(text, place)
    return "" if match is None or match.lastindex is None else _UNITS[match.lastindex - 1][0]


def ways_to_write(metric: Metric) -> frozenset[Amount]:
    """The amounts that may stand for a metric: its value as people read it, and the counts that it is made of."""
    if metric.value is None:
        return frozenset()
    found = set(amounts(written(metric, metric.value)))
    if metric.unit == "s":
        found |= {(f"{metric.value:.1f}", "s"), (clock(metric.value), "")}
    if metric.unit in ("share", "s", "count"):
        parts = (metric.numerator, metric.denominator)
        found |= {(f"{part:.0f}", "") for part in parts if part is not None and float(part).is_integer()}
    return frozenset(found)
