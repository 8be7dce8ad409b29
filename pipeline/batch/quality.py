"""What is worth a look before a lesson's numbers are trusted: little speech, one voice, doubt about who speaks, bad sound."""

from __future__ import annotations

from pathlib import Path

from pipeline.lesson import Lesson
from pipeline.timeline import merged, summed_s

MIN_SPEECH_SHARE = 0.05  # of a lesson; less is a room, a film or a microphone that was off
MIN_CONFIDENCE = 0.7  # of the role, over all seconds of speech: below, three in ten seconds may be the wrong side's
CLIPPED = 0.001  # of all samples at the end of the scale: heard as crackling
QUIET_DB, NOISE_DB = (
    -45.0,
    10.0,
)  # the level of speech below which soft voices are lost; how far it has to stand above the room
_BLOCK = 16_000  # samples: one second


def flags_of(lesson: Lesson, audio: Path | None) -> tuple[str, ...]:
    """Short sentences; empty where nothing stands out. ``audio`` is the 16 kHz WAV, where it is still kept."""
    found = []
    spoken_s = summed_s(merged(item.span for item in lesson.speech))
    if spoken_s < MIN_SPEECH_SHARE * lesson.recording.duration_s:
        found.append("little speech")
    elif len({item.speaker for item in lesson.speech}) == 1:
        found.append("one voice only")
    if _confidence(lesson) < MIN_CONFIDENCE:
        found.append("unsure who speaks")
    if lesson.utterances and not lesson.speech:
        found.append("nobody told apart")
    return (*found, *(_sound(audio) if audio and audio.is_file() else ()))


def _confidence(lesson: Lesson) -> float:
    known = [item for item in lesson.speech if item.role_confidence is not None]
    total_s = summed_s(item.span for item in known)
    if not total_s:
        return 1.0
    return sum((item.role_confidence or 0.0) * item.span.duration_s for item in known) / total_s


def _sound(audio: Path) -> tuple[str, ...]:
    import wave

    import numpy as np

    levels, clipped, samples = [], 0, 0
    with wave.open(str(audio), "rb") as file:
        while content := file.readframes(_BLOCK):
            block = np.frombuffer(content, dtype="<i2")
            clipped += int(np.count_nonzero(np.abs(block.astype(np.int32)) >= 32_700))
            samples += len(block)
            levels.append(float(np.sqrt(np.mean((block / 32_768.0) ** 2))))
    if not samples:
        return ()
    decibels = 20 * np.log10(np.maximum(np.array(levels), 1e-6))
    loud, room = np.percentile(decibels, 90), np.percentile(decibels, 10)
    found = []
    if clipped / samples > CLIPPED:
        found.append("clipped sound")
    if loud < QUIET_DB:
        found.append("very quiet")
    elif loud - room < NOISE_DB and room > QUIET_DB:
        found.append("noisy")
    return tuple(found)
