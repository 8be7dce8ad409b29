"""Voices are followed through the lesson: none too many, none merged that differ."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.voices import VoiceRules, follow_voices

AXES = 20
BETWEEN = np.full(AXES, 4.0)


def pieces(who: np.ndarray, seed: int = 0) -> np.ndarray:
    """Points of the people ``who``, each scattering by 1 around their own."""
    random = np.random.default_rng(seed)
    own = random.normal(size=(int(who.max()) + 1, AXES)) * np.sqrt(BETWEEN)
    return own[who] + random.normal(size=(len(who), AXES))


def follow(who: np.ndarray, guess: np.ndarray, **changes: np.ndarray) -> np.ndarray:
    given = {"durations_s": np.full(len(who), 1.5), "unbroken": np.zeros(len(who), bool), **changes}
    return follow_voices(pieces(who), BETWEEN, first_guess=guess, **given)


@pytest.mark.parametrize("people", [1, 2, 5, 8])
def test_of_too_many_voices_those_that_are_needed_stay(people: int) -> None:
    who = np.repeat(np.arange(people), 30)
    np.random.default_rng(2).shuffle(who)
    shares = follow(who, who * 3 + np.arange(len(who)) % 3)
    labels = shares.argmax(axis=1)
    assert len(set(zip(who.tolist(), labels.tolist(), strict=True))) == len(set(labels.tolist())) == people
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(who)))


def test_a_piece_between_two_voices_is_sure_of_neither() -> None:
    who = np.repeat([0, 1], 40)
    points = pieces(who)
    points[20] = (points[:40].mean(axis=0) + points[40:].mean(axis=0)) / 2
    arguments = (BETWEEN, np.full(80, 1.5), np.zeros(80, bool), who)
    shares = follow_voices(points, *arguments)
    assert shares[20].max() < 0.95 < shares[10].max()


def test_a_doubtful_piece_in_unbroken_speech_goes_on_with_its_speaker() -> None:
    who = np.repeat([0, 1], 40)
    points = pieces(who)
    points[20] = (points[:40].mean(axis=0) + points[40:].mean(axis=0)) / 2
    unbroken = np.ones(80, bool)
    loose, tied = (follow_voices(points, BETWEEN, np.full(80, 1.5), flags, who)[20] for flags in (~unbroken, unbroken))
    assert tied[who[20]] > loose[who[20]]


def test_a_short_piece_counts_less() -> None:
    who = np.repeat([0, 1], 40)
    short = np.full(80, 1.5)
    short[10] = 0.15
    full, brief = (follow(who, who, durations_s=lengths)[10] for lengths in (np.full(80, 1.5), short))
    assert brief.max() < full.max()


def test_one_piece_is_one_voice() -> None:
    assert follow(np.zeros(1, int), np.zeros(1, int)).tolist() == [[1.0]]


def test_with_less_parsimony_more_voices_stay() -> None:
    who = np.zeros(60, int)
    guess = np.arange(60) % 6
    arguments = (pieces(who), BETWEEN, np.full(60, 1.5), np.zeros(60, bool), guess)
    few, many = (follow_voices(*arguments, VoiceRules(parsimony=value)).shape[1] for value in (1.4, 0.01))
    assert few == 1 < many
