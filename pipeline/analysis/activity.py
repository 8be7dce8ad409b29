"""From frame-wise probabilities and loudness to stretches in which somebody really sounds.

The segmentation model hears soft voices that others miss, but it fills the pauses inside a sentence; loudness relative
to the voice and to the room finds those pauses again. Both are needed: a pause over 0.25 s ends a stretch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.timeline import Span

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]

LEVEL_STEP_S = 0.01
MAX_PAUSE_S = 0.25  # the definition of speech: a longer pause ends a stretch
MIN_SPEECH_S = 0.1  # shorter than a syllable: a click
ENOUGH_QUIET_S = 1.0  # says what the room sounds like
NOISE_RANGE_DB = 6.0  # above its softest hundredth: 10 ms of steady noise vary by that much
PEAK_HOP_S = 0.25  # how often a voice's own loudness is taken anew
LOUD_PERCENTILE = 95  # the loud parts of a voice, without its one loudest click


@dataclass(frozen=True, slots=True)
class SpeechRules:
    """Thresholds of :func:`find_speech`, chosen on simulated classrooms (see docs/accuracy.md).

    ``onset``: a frame may be speech from this probability on; as low as this, soft children at the back are kept.
    ``peak``: a stretch must reach this somewhere, or it was noise. ``drop_db``: this far under the voice's own loud
    parts is a pause. ``floor_db``: this near to the room's noise is a pause too. ``window_s``: how far around a moment
    the voice's own loudness is taken from.
    """

    onset: float = 0.05
    peak: float = 0.3
    drop_db: float = 24.0
    floor_db: float = 4.0
    window_s: float = 1.5


def level_db(samples: Floats, sample_rate_hz: int) -> Floats:
    """Loudness in dB of full scale, one value every 10 ms and averaged with the one before, shape (steps,).

    A last step of under 10 ms is left out. Digital silence is -100 dB.
    """
    size = round(LEVEL_STEP_S * sample_rate_hz)
    count = len(samples) // size
    power = np.square(samples[: count * size].reshape(count, size), dtype=np.float32).mean(axis=1)
    level = 10 * np.log10(power + 1e-10)
    level[1:] = (level[1:] + level[:-1]) / 2
    return np.asarray(level, np.float32)


def resampled(values: Floats, *, step_s: float, offset_s: float, count: int) -> Floats:
    """Frame values (frame i begins at ``offset_s + i * step_s``) at the middle of ``count`` level steps.

    The outermost frames stand for what lies outside of all; without any frame there is no speech (0).
    """
    if len(values) == 0:
        return np.zeros(count, np.float32)
    times_s = (np.arange(count) + 0.5) * LEVEL_STEP_S
    index = np.clip(np.floor((times_s - offset_s) / step_s).astype(int), 0, len(values) - 1)
    return np.asarray(values[index], np.float32)


def find_speech(probability: Floats, level: Floats, rules: SpeechRules | None = None) -> tuple[Span, ...]:
    """Stretches in which somebody sounds, in order, at least 0.1 s long with pauses of at most 0.25 s.

    ``probability`` (that anybody speaks) and ``level`` (dB) have one value every 10 ms and the same shape (steps,).
    """
    rules = rules or SpeechRules()
    if len(level) == 0:
        return ()
    maybe = probability > rules.onset
    for first, last in _runs(maybe):
        if probability[first:last].max() < rules.peak:
            maybe[first:last] = False
    floor = _room_level(level, maybe) + rules.floor_db
    sounding = np.zeros(len(level), dtype=bool)
    for first, last in _runs(maybe):
        voice = level[first:last]
        sounding[first:last] = voice > np.maximum(_local_peak(voice, rules) - rules.drop_db, floor)
    shortest = round(MIN_SPEECH_S / LEVEL_STEP_S)
    runs = ((first, last) for first, last in _runs(_without_short_gaps(sounding)) if last - first >= shortest)
    return tuple(Span(first * LEVEL_STEP_S, last * LEVEL_STEP_S) for first, last in runs)


def _room_level(level: Floats, speech: Bools) -> float:
    """How loud the room is while nobody speaks; where speech is never long away, in its short pauses."""
    quiet = level[~speech]
    if len(quiet) < round(ENOUGH_QUIET_S / LEVEL_STEP_S):
        quiet = level[level <= np.percentile(level, 1) + NOISE_RANGE_DB]
    return float(np.median(quiet))


def _local_peak(level: Floats, rules: SpeechRules) -> Floats:
    """The loudness of the voice's loud parts around each step, refreshed every 0.25 s, shape (steps,)."""
    reach, hop = round(rules.window_s / LEVEL_STEP_S), round(PEAK_HOP_S / LEVEL_STEP_S)
    middles = np.arange(0, len(level), hop)
    # One sort of all windows at once; what lies outside of the stretch is infinite and so sorts behind all else.
    padded = np.pad(level, reach, constant_values=np.inf)
    windows = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach)[middles], axis=1)
    last = np.minimum(middles + reach, len(level)) - np.maximum(middles - reach, 0) - 1
    place = LOUD_PERCENTILE / 100 * last
    below = np.floor(place).astype(int)
    rows = np.arange(len(middles))
    low, high = windows[rows, below], windows[rows, np.minimum(below + 1, last)]
    return np.asarray(np.repeat(low + (place - below) * (high - low), hop)[: len(level)], np.float32)


def _runs(flags: Bools) -> list[tuple[int, int]]:
    """Index ranges [first, last) in which ``flags`` is true."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(np.int8), [0]])))
    return [(int(first), int(last)) for first, last in edges.reshape(-1, 2)]


def _without_short_gaps(flags: Bools) -> Bools:
    longest = round(MAX_PAUSE_S / LEVEL_STEP_S)
    filled = flags.copy()
    for first, last in _runs(~flags):
        if first > 0 and last < len(flags) and last - first <= longest:
            filled[first:last] = True
    return filled
