"""Pitch is found in sounds of known pitch, and a rise at the end of one is told from a fall."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.pitch import final_rise_semitones, pitch_hz

RATE_HZ = 16000


def voice(*pitches_hz: float, seconds: float = 1.0) -> np.ndarray:
    """A buzz whose pitch goes through these values, with the overtones of a voice."""
    count = round(seconds * RATE_HZ)
    pitch = np.interp(np.linspace(0, 1, count), np.linspace(0, 1, len(pitches_hz)), pitches_hz)
    phase = 2 * np.pi * np.cumsum(pitch) / RATE_HZ
    return sum(np.sin(number * phase) / number for number in range(1, 6)).astype(np.float32) * 0.1


@pytest.mark.parametrize("hertz", [90.0, 140.0, 220.0, 330.0])
def test_pitch_of_a_steady_voice(hertz: float) -> None:
    found = pitch_hz(voice(hertz), RATE_HZ)
    assert np.median(found) == pytest.approx(hertz, rel=0.03)


def test_a_voice_that_rises_is_told_from_one_that_falls() -> None:
    rising = final_rise_semitones(voice(150, 150, 150, 240), RATE_HZ)
    falling = final_rise_semitones(voice(200, 200, 200, 130), RATE_HZ)
    assert rising is not None and falling is not None
    assert rising > 3 > -3 > falling


@pytest.mark.parametrize(
    "samples",
    [
        np.zeros(0, np.float32),
        np.zeros(16000, np.float32),
        voice(200, seconds=0.05),
        np.random.default_rng(1).normal(0, 0.1, 16000).astype(np.float32),
    ],
)
def test_where_nothing_is_voiced_nothing_is_known(samples: np.ndarray) -> None:
    assert final_rise_semitones(samples, RATE_HZ) is None
