"""What a report says is worth a look, on lessons and sounds that are made for it."""

from __future__ import annotations

import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.batch.quality import flags_of
from pipeline.lesson import Lesson, Recording, Speech
from pipeline.timeline import Span

RATE_HZ = 16_000


def _lesson(*speech: Speech, duration_s: float = 100.0) -> Lesson:
    return Lesson(recording=Recording("a" * 64, "lesson.mp4", duration_s), speech=speech)


def _talk(confidence: float = 0.95, *, speakers: tuple[str, ...] = ("S1", "S2")) -> tuple[Speech, ...]:
    spans = (Span(0, 30), Span(30, 50))
    return tuple(
        Speech(span, speaker, "teacher", 0.9, confidence) for span, speaker in zip(spans, speakers, strict=False)
    )


def test_nothing_stands_out_in_an_ordinary_lesson() -> None:
    assert flags_of(_lesson(*_talk()), None) == ()


def test_little_speech_one_voice_and_doubt_are_said() -> None:
    short = Speech(Span(0, 4), "S1", "teacher", 0.9, 0.95)
    assert flags_of(_lesson(short), None) == ("little speech",)
    assert flags_of(_lesson(), None) == ("little speech",)
    assert flags_of(_lesson(*_talk(speakers=("S1", "S1"))), None) == ("one voice only",)
    assert flags_of(_lesson(*_talk(0.6)), None) == ("unsure who speaks",)
    unknown = tuple(replace(item, role_confidence=None) for item in _talk())
    assert flags_of(_lesson(*unknown), None) == ()


def _speech_over(room: float, voice: float) -> np.ndarray:
    """Sixty seconds, every other one with a voice, in amplitudes from 0 to 1."""
    chance = np.random.default_rng(0)
    sound = chance.normal(0, room, 60 * RATE_HZ)
    for second in range(0, 60, 2):
        sound[second * RATE_HZ : (second + 1) * RATE_HZ] += chance.normal(0, voice, RATE_HZ)
    return sound


@pytest.mark.parametrize(
    ("room", "voice", "flags"),
    [
        (0.001, 0.1, ()),
        (0.05, 0.05, ("noisy",)),
        (0.0001, 0.002, ("very quiet",)),
        (0.001, 0.6, ("clipped sound",)),
    ],
)
def test_sound_is_judged_by_its_room_and_its_peaks(
    tmp_path: Path, room: float, voice: float, flags: tuple[str, ...]
) -> None:
    path = tmp_path / "audio.wav"
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", ""))
        file.writeframes((np.clip(_speech_over(room, voice), -1, 1) * 32_767).astype("<i2").tobytes())
    assert flags_of(_lesson(*_talk()), path) == flags
