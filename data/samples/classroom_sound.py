"""Sound of the sample lesson: voices by flite, a simple simulated room, the noise of an empty classroom.

All samples are float arrays at 16 kHz, which is what flite speaks. The same input gives the same samples every time.
"""

from __future__ import annotations

import shutil
import subprocess
import wave
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from scipy import signal

Floats = NDArray[np.float64]

RATE_HZ = 16_000
FRAME = 320  # 20 ms: short enough for a pause between words, long enough for a deep voice
QUIET_DB = 28.0  # a frame this far under the loud ones is a pause
LOUD_PERCENTILE = 95
JOINED_PAUSE_S = 0.25  # up to here a pause belongs to the stretch of speech around it
SHORTEST_S = 0.06
MARGIN = 640  # 40 ms around a voice keep its soft first and last sounds; they lie in the pauses
VOICE_RMS = 0.1

REVERBERATION_S = 0.45  # a furnished classroom
CRITICAL_DISTANCE_M = 4.0  # here echo is as loud as the voice; farther than in real rooms: synthetic voices blur sooner
DISTANCE_LOSS = 0.5  # less than the 1 of free air: who sits far away speaks up
FIRST_ECHO_S = 0.008
SIGNAL_TO_NOISE_DB = 25.0
NOISE_BAND_HZ = (60, 4000)
PEAK = 0.8


@dataclass(frozen=True, slots=True)
class Voice:
    """How a person sounds: see script.toml for the fields."""

    base: str
    speed: float
    formant: float
    pitch: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class Utterance:
    """Clean samples; the first that sounds has the index ``lead``.

    ``speech`` are the stretches that sound, [start, end) in samples from that one.
    """

    samples: Floats
    lead: int
    speech: tuple[tuple[int, int], ...]


def speak(text: str, voice: Voice) -> Utterance:
    """``text`` in a clean voice, silence cut off at both ends. Raises SystemExit where flite is missing."""
    raw = _flite(text, voice)
    ratio = Fraction(1 / voice.formant).limit_denominator(100)
    samples = signal.resample_poly(raw, ratio.numerator, ratio.denominator)
    rough = sounding(samples)
    samples = np.pad(samples, MARGIN)[rough[0][0] : rough[-1][1] + 2 * MARGIN]
    spans = sounding(samples[MARGIN:-MARGIN])  # again: without the silence around it the loud frames count for more
    first, last = spans[0][0], spans[-1][1]
    kept = samples[first : last + 2 * MARGIN] * _fades(last - first + 2 * MARGIN)
    kept *= VOICE_RMS / np.sqrt(np.mean(np.square(kept)))
    return Utterance(kept, MARGIN, tuple((begin - first, end - first) for begin, end in spans))


def _flite(text: str, voice: Voice) -> Floats:
    program = shutil.which("flite")
    if program is None:
        raise SystemExit("flite is missing: apt-get install flite")
    options = [f"duration_stretch={voice.formant / voice.speed:.4f}", f"f0_shift={voice.pitch:.4f}"]
    with TemporaryDirectory() as folder:
        target = Path(folder) / "voice.wav"
        settings = [part for option in options for part in ("--setf", option)]
        subprocess.run([program, "-voice", voice.base, *settings, "-t", text, "-o", str(target)], check=True)
        with wave.open(str(target)) as file:
            if (file.getframerate(), file.getnchannels(), file.getsampwidth()) != (RATE_HZ, 1, 2):
                raise SystemExit(f"flite's voice {voice.base} does not speak at 16 kHz, 16 bit, mono")
            return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768.0


def _fades(length: int) -> Floats:
    ramp = np.linspace(0.0, 1.0, MARGIN // 2)
    return np.concatenate([ramp, np.ones(length - 2 * len(ramp)), ramp[::-1]])


def sounding(samples: Floats) -> list[tuple[int, int]]:
    """Stretches, in samples, of frames within 28 dB of the loud ones; pauses under 0.25 s are closed; never empty."""
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level_db = 10 * np.log10(np.square(frames).mean(axis=1) + 1e-10)
    loud = np.flatnonzero(level_db > np.percentile(level_db, LOUD_PERCENTILE) - QUIET_DB)
    breaks = np.flatnonzero((np.diff(loud) - 1) * FRAME >= JOINED_PAUSE_S * RATE_HZ) + 1
    spans = [(int(run[0]) * FRAME, int(run[-1] + 1) * FRAME) for run in np.split(loud, breaks)]
    return [span for span in spans if span[1] - span[0] > SHORTEST_S * RATE_HZ] or [(0, len(samples))]


def room_response(distance_m: float, seed: int) -> Floats:
    """What a click becomes on its way to the microphone: itself, softer, then a fading tail. Index 0 is the click."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(round(REVERBERATION_S * RATE_HZ)) / RATE_HZ
    tail = rng.standard_normal(len(time_s)) * 10 ** (-3 * time_s / REVERBERATION_S) * (time_s > FIRST_ECHO_S)
    tail = signal.sosfilt(signal.butter(1, 4000, fs=RATE_HZ, output="sos"), tail)  # walls and clothes dull the echo
    tail *= distance_m / CRITICAL_DISTANCE_M / np.sqrt(np.sum(np.square(tail)))
    tail[0] = 1.0
    return np.asarray(tail / distance_m**DISTANCE_LOSS)


def in_room(utterance: Utterance, response: Floats) -> Floats:
    """The samples as the microphone hears them, tail included."""
    return np.asarray(signal.fftconvolve(utterance.samples, response))


def room_noise(like: Floats, seed: int) -> Floats:
    """The hum of a room as long as ``like``, 25 dB under its speech."""
    rng = np.random.default_rng(seed)
    band = signal.butter(2, NOISE_BAND_HZ, "band", fs=RATE_HZ, output="sos")
    noise = signal.sosfilt(band, np.cumsum(rng.standard_normal(len(like))))
    speech_rms = np.sqrt(np.mean(np.square(like[np.abs(like) > 1e-3])))
    return np.asarray(noise / np.sqrt(np.mean(np.square(noise))) * speech_rms * 10 ** (-SIGNAL_TO_NOISE_DB / 20))


def write_wav(path: Path, samples: Floats) -> None:
    """Mono, 16 bit, 16 kHz, the loudest sample at 80 %."""
    pcm = np.round(samples / np.abs(samples).max() * PEAK * 32767).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE_HZ)
        file.writeframes(pcm.tobytes())
