"""How the voice's pitch moves at the end of an utterance: many questions, above all those to be answered by yes or no, rise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOWEST_HZ, HIGHEST_HZ = 75.0, 500.0  # from a low man's voice to a child's
FRAME_S, HOP_S = 0.04, 0.01
VOICED = 0.5  # of the sound's energy comes again after one period: below that there is no clear pitch
NEARLY, PEAK = 0.88, 6  # and from there the peak lies within so many lags
MIN_VOICED_FRAMES = 10
LAST_S = 0.15  # the end of the voiced part, against what comes before it


def final_rise_semitones(samples: NDArray[np.float32], sample_rate_hz: int) -> float | None:
    """Semitones from the middle pitch of the stretch to that of its last 0.15 voiced seconds.

    ``samples``: shape (samples,), the last half second or so of an utterance. None where too little of it is voiced.
    """
    pitch = pitch_hz(samples, sample_rate_hz)
    voiced = pitch[pitch > 0]
    last = round(LAST_S / HOP_S)
    if len(voiced) < max(MIN_VOICED_FRAMES, last + 4):
        return None
    return float(12 * np.log2(np.median(voiced[-last // 2 :]) / np.median(voiced[:-last])))


def pitch_hz(samples: NDArray[np.float32], sample_rate_hz: int) -> NDArray[np.float64]:
    """Pitch of each frame (40 ms, every 10 ms) by autocorrelation, 0 where there is none, shape (frames,)."""
    size, hop = round(FRAME_S * sample_rate_hz), round(HOP_S * sample_rate_hz)
    if len(samples) < size:
        return np.zeros(0)
    frames = np.lib.stride_tricks.sliding_window_view(samples.astype(np.float64), size)[::hop]
    frames = (frames - frames.mean(axis=1, keepdims=True)) * np.hanning(size)
    power = np.abs(np.fft.rfft(frames, 2 * size, axis=1)) ** 2
    similar = np.fft.irfft(power, axis=1)[:, :size]
    window = np.fft.irfft(np.abs(np.fft.rfft(np.hanning(size), 2 * size)) ** 2)[:size]
    similar = similar / np.maximum(similar[:, :1], 1e-12) / np.maximum(window / window[0], 1e-3)
    first, last = int(sample_rate_hz / HIGHEST_HZ), int(sample_rate_hz / LOWEST_HZ)
    lags = similar[:, first:last]
    # Two periods are as alike as one: the first lag that is nearly as good as the best is the period.
    best = (lags >= NEARLY * lags.max(axis=1, keepdims=True, initial=0.0)).argmax(axis=1)
    best = np.array([start + row[start : start + PEAK].argmax() for start, row in zip(best, lags, strict=True)], int)
    loud = frames.std(axis=1) > 0.1 * frames.std(axis=1).max(initial=1e-9)
    voiced = (lags[np.arange(len(lags)), best] > VOICED) & loud
    return np.where(voiced, sample_rate_hz / (best + first), 0.0)
