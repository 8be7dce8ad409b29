"""Which voice each piece of speech is: a hidden Markov model of speakers, learned from the lesson itself.

Every voice is a point in the voice space; a piece scatters around its voice by 1 in every direction, and voices scatter around
the middle by what the space has learned. A speaker who talks tends to go on, less so across a change that the segmentation
model sees. Starting from too many voices, variational Bayes drops those that the lesson does not need (VBx; Landini, Profant,
Diez and Burget 2022). Memory and time grow with pieces times voices.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class VoiceRules:
    """Chosen on simulated lessons with people whom the space had not heard (docs/accuracy.md).

    ``evidence``: how much one piece counts, less than 1 because pieces of one utterance resemble each other; ``parsimony``: how
    much a further voice has to explain, in a lesson of up to ``usual_pieces``, and in proportion more in a longer one, in which
    one person is heard in more moods; ``goes_on`` and ``goes_on_after_change``: the probability that the next piece is the
    same speaker's, within unbroken speech and elsewhere; ``full_piece_s``: a piece of this length counts whole.
    """

    evidence: float = 0.3
    parsimony: float = 1.4
    goes_on: float = 0.9
    goes_on_after_change: float = 0.4
    full_piece_s: float = 1.5
    usual_pieces: int = 200  # some five minutes


DOUBT = 0.1  # of the first guess, so that no voice is ruled out
NEGLIGIBLE = 1e-4  # share of the lesson: a voice below is not there
MAX_ROUNDS = 20
ENOUGH_PER_PIECE = 1e-4  # gain in the bound on the log likelihood below which another round changes nothing


def follow_voices(
    points: Doubles,
    between: Doubles,
    durations_s: Doubles,
    unbroken: NDArray[np.bool_],
    first_guess: Ints,
    rules: VoiceRules | None = None,
) -> Doubles:
    """How probably each piece is each voice's, shape (pieces, voices); there may be fewer voices than in ``first_guess``.

    ``points`` (pieces, n) in order of time; ``between`` (n,) is the variance of voices along each axis; ``durations_s`` (pieces,);
    ``unbroken`` (pieces,) says where a piece follows the one before without a pause or a change of speaker;
    ``first_guess`` (pieces,) are numbers of voices from 0.
    """
    rules = rules or VoiceRules()
    count = int(first_guess.max()) + 1
    shares = np.full((len(points), count), DOUBT / count)
    shares[np.arange(len(points)), first_guess] += 1 - DOUBT
    weight = rules.evidence * np.minimum(durations_s / rules.full_piece_s, 1.0)
    goes_on = np.where(unbroken, rules.goes_on, rules.goes_on_after_change)
    parsimony = rules.parsimony * max(1.0, len(points) / rules.usual_pieces)
    scaled = points * np.sqrt(between)
    prior, best = np.full(count, 1 / count), -np.inf
    for _ in range(MAX_ROUNDS):
        spoken = shares * weight[:, None] / parsimony
        variance = 1 / (1 + spoken.sum(axis=0)[:, None] * between)
        means = variance * (spoken.T @ scaled)
        # What all voices share of the log likelihood (the length of the point) makes no difference and is left out.
        fit = weight[:, None] * (scaled @ means.T - (variance + means**2) @ between / 2)
        shares, log_likelihood, prior = _forward_backward(fit, prior, goes_on)
        bound = log_likelihood + parsimony / 2 * float((np.log(variance) - variance - means**2 + 1).sum())
        kept = prior > NEGLIGIBLE
        if not kept.all():
            shares, prior = shares[:, kept], prior[kept] / prior[kept].sum()
            shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
        elif bound - best < ENOUGH_PER_PIECE * len(points):
            break
        best = bound
    return shares


def _forward_backward(fit: Doubles, prior: Doubles, goes_on: Doubles) -> tuple[Doubles, float, Doubles]:
    """Posteriors (pieces, voices), log likelihood, and the share of turns that each voice begins, (voices,)."""
    highest = fit.max(axis=1, keepdims=True)
    likelihood = np.exp(fit - highest)
    count = len(fit)
    forward, backward, scale = np.empty_like(fit), np.ones_like(fit), np.empty(count)
    reach = prior
    for place in range(count):
        if place:
            reach = goes_on[place] * forward[place - 1] + (1 - goes_on[place]) * prior
        joint = reach * likelihood[place]
        scale[place] = joint.sum() + 1e-300
        forward[place] = joint / scale[place]
    begun = np.zeros(fit.shape[1])
    for place in range(count - 1, 0, -1):
        ahead = likelihood[place] * backward[place] / scale[place]
        begun += (1 - goes_on[place]) * prior * ahead
        backward[place - 1] = goes_on[place] * ahead + (1 - goes_on[place]) * float(prior @ ahead)
    shares = forward * backward
    shares /= np.maximum(shares.sum(axis=1, keepdims=True), 1e-300)
    begun += shares[0]
    return shares, float((np.log(scale) + highest[:, 0]).sum()), begun / begun.sum()
