"""How much is heard where nobody speaks: words in room noise, music and silence. There should be none.

python benchmarks/invented.py [--minutes 10] [--engine faster-whisper]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import wave
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from pipeline import registry
from pipeline.backends.audio_pcm import PcmAudio
from pipeline.config import load_config
from pipeline.ports import SAMPLE_RATE_HZ
from pipeline.stages.detect import detect_speech
from pipeline.timeline import Span, summed_s

Samples = NDArray[np.float64]


def room_noise(seconds: float) -> Samples:
    """Brown noise with mains hum and now and then a click: an empty room."""
    rng = np.random.default_rng(0)
    count = round(seconds * SAMPLE_RATE_HZ)
    brown = np.cumsum(rng.standard_normal(count))
    brown -= np.convolve(brown, np.ones(1601) / 1601, "same")
    sound = 0.02 * brown / brown.std() + 0.004 * np.sin(2 * np.pi * 50 * np.arange(count) / SAMPLE_RATE_HZ)
    for at in rng.integers(0, count - 400, round(seconds / 4)):
        sound[at : at + 400] += 0.2 * rng.standard_normal(400) * np.exp(-np.arange(400) / 60)
    return sound


def music(seconds: float) -> Samples:
    """Chords, a melody and a beat."""
    rng = np.random.default_rng(1)
    count = round(seconds * SAMPLE_RATE_HZ)
    sound, beat = np.zeros(count), SAMPLE_RATE_HZ // 2
    for number, first in enumerate(range(0, count, beat)):
        at_s = np.arange(min(beat, count - first)) / SAMPLE_RATE_HZ
        root = 110 * 2 ** ((0, 5, 7, 5)[number // 4 % 4] / 12)
        notes = [root, root * 1.26, root * 1.5, 4 * root * 2 ** (rng.integers(0, 12) / 12)]
        tones = sum(np.sin(2 * np.pi * f * at_s) + 0.4 * np.sin(4 * np.pi * f * at_s) for f in notes)
        drum = rng.standard_normal(len(at_s)) * np.exp(-40 * at_s)
        sound[first : first + beat] = 0.05 * tones * np.exp(-1.5 * at_s) + 0.08 * drum
    return sound


def silence(seconds: float) -> Samples:
    """Digital silence."""
    return np.zeros(round(seconds * SAMPLE_RATE_HZ))


SOUNDS: dict[str, Callable[[float], Samples]] = {"noise": room_noise, "music": music, "silence": silence}


def main() -> None:
    """For each sound: seconds called speech, words found in them, and words where all of it is given as speech."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--engine", default="faster-whisper")
    args = parser.parse_args()
    config = load_config(None, {"asr": {"engine": args.engine}})
    detector, transcriber = registry.speech_detector(config), registry.transcriber(config)
    print(f"{'sound':<10}{'speech':>10}{'words':>8}{'words when all is given as speech':>36}")
    with tempfile.TemporaryDirectory() as folder:
        for name, make in SOUNDS.items():
            audio = _written(Path(folder) / f"{name}.wav", make(60 * args.minutes))
            regions = detect_speech(detector, audio, progress=_ignore).speech
            found = transcriber.transcribe(audio, regions, language=None, progress=_ignore)
            forced = transcriber.transcribe(audio, [Span(0, audio.duration_s)], language=None, progress=_ignore)
            words, more = (sum(len(item.words) for item in passages) for passages in (found, forced))
            print(f"{name:<10}{summed_s(regions):>8.1f} s{words:>8}{more:>36}", flush=True)


def _ignore(done: float) -> None:
    pass


def _written(path: Path, samples: Samples) -> PcmAudio:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return PcmAudio(path)


if __name__ == "__main__":
    main()
