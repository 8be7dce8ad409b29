"""Signs in the words alone that a teacher's turn builds on the student's turn before it."""

from __future__ import annotations

import itertools
import math
import re

from pipeline.timeline import share

_EMPTY_WORDS = frozenset(
    "a an and are as at be but by do does for from had has have he her him his i if in is it its me my of on or our she so "
    "that the their them then there they this to um uh was we were what with would you your okay yes no".split()
)
_ASKING = frozenset("what why how who where when which".split())
_NAMING = frozenset("you your you're said says say saying told tells".split())  # to whom an idea is given back
_EARLY = 8  # words: a turn that takes up an idea mostly does so at its beginning

FEATURES = (
    "shared_words",
    "shared_share",
    "shared_share_of_all",
    "shared_pairs",
    "shared_early",
    "student_length",
    "teacher_length",
    "asks",
    "asks_why",
    "names",
)


def uptake_features(student: str, teacher: str) -> tuple[float, ...]:
    """The signs named in :data:`FEATURES`: counts as logarithms, parts as shares of the student's words."""
    said, reply = _words(student), _words(teacher)
    meant, taken = set(said) - _EMPTY_WORDS, set(reply) - _EMPTY_WORDS
    shared = meant & taken
    pairs = set(itertools.pairwise(said)) & set(itertools.pairwise(reply))
    return (
        math.log1p(len(shared)),
        share(len(shared), len(meant)) or 0.0,
        share(len(set(said) & set(reply)), len(set(said))) or 0.0,
        math.log1p(len(pairs)),
        share(len(meant & set(reply[:_EARLY])), len(meant)) or 0.0,
        math.log1p(len(said)),
        math.log1p(len(reply)),
        float(any(word in _ASKING for word in reply)),
        float(any(word in ("why", "how") for word in reply)),
        share(sum(word in _NAMING for word in reply), len(reply)) or 0.0,
    )


def shared_words(student: str, teacher: str) -> float:
    """Share of the student's words, empty ones left out, that come again in the teacher's turn; 0 where there are none."""
    return uptake_features(student, teacher)[1]


def _words(text: str) -> list[str]:
    """Words in lower case, without apostrophes, and without the s of most plurals."""
    plain = re.sub(r"[\W_]+", " ", re.sub(r"['’‘`´]", "", text.lower())).split()
    return [word[:-1] if len(word) > 3 and word.endswith("s") else word for word in plain]
