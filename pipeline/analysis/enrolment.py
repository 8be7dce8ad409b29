"""Knowing a voice again: one vector for all that somebody said, and how far another one is the same person's."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.lesson import Speech
from pipeline.timeline import Span

Floats = NDArray[np.float32]

# Of 125 people, nine in ten are more alike to themselves in another room than 0.80, and less than one in a thousand pairs of
# different people is more alike than 0.62; lessons are farther apart than those rooms, hence a flatter slope than was fitted.
SAME_LIKENESS = 0.65
ODDS_PER_LIKENESS = 20.0
MAX_ODDS = 8.0  # no voice is worth more than all other evidence together


def voice_vector(vectors: Floats, durations_s: Floats) -> Floats:
    """The mean direction of the pieces' vectors (pieces, 192) by their length, of length 1, shape (192,)."""
    mean = durations_s @ vectors
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def enrolled_log_odds(likeness: float) -> float:
    """Log odds that two voices are one person's, from the cosine of their places in the voice space."""
    odds = ODDS_PER_LIKENESS * (likeness - SAME_LIKENESS)
    return round(min(max(odds, -MAX_ODDS), MAX_ODDS), 2) if math.isfinite(odds) else 0.0


def pieces_of(voice: str, speech: Sequence[Speech], pieces: Sequence[Span]) -> NDArray[np.bool_]:
    """Which pieces (in order of time) have their middle in a stretch of that voice and of nobody else, (pieces,)."""
    middles = np.array([piece.middle_s for piece in pieces])
    own, others = np.zeros(len(pieces), bool), np.zeros(len(pieces), bool)
    for item in speech:
        first, last = np.searchsorted(middles, [item.span.start_s, item.span.end_s])
        (own if item.speaker == voice else others)[first:last] = True
    return np.asarray(own & ~others)
