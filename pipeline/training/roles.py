"""Fits how the evidence for a role is weighed, and how sure a role then is, on lessons whose speakers are known.

    python -m pipeline.training.roles LESSONS [LESSONS ...]

LESSONS are folders with ``NAME.wav`` (or .opus, .flac) and ``NAME.json``: ``utterances``, each with ``role`` and either ``speech``
(stretches in seconds) or ``start`` and ``end``. Prints the weights of :class:`pipeline.analysis.roles.RoleModel`; they are written
into that class by hand, because a person has to look at them. The speakers should be people whom the voice space has not heard:
``--space`` names another one, trained without them. Needs scipy.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.analysis.roles import RoleModel, SpeakerEvidence, assign_roles, gather_evidence, teacher_probability
from pipeline.backends.voice_space import LinearVoiceSpace
from pipeline.config import Config
from pipeline.lesson import Speech
from pipeline.ports import SAMPLE_RATE_HZ
from pipeline.registry import embedder, speech_detector
from pipeline.stages.detect import detect_speech
from pipeline.stages.diarize import diarize
from pipeline.timeline import Span
from pipeline.training.voice_space import Sound

FITTED = ("talk", "age", "also", "also_talk", "also_age", "also_younger")
SURE = ("sure", "sure_role", "sure_speaker")
SMALL = 0.002  # how much a weight's square costs: a few dozen lessons do not bear large ones
SOUNDS = (".wav", ".opus", ".flac")
COLLAR_S = 0.125  # on either side of a true edge, where right and wrong mean nothing


@dataclass(frozen=True, slots=True)
class _Known:
    """A lesson as the program hears it, and when teachers and students truly speak."""

    speech: tuple[Speech, ...]
    truth: dict[str, list[Span]]

    def seconds(self, item: Speech, role: str) -> float:
        return sum(item.span.overlap_s(span) for span in self.truth[role])


def _listen(folders: Sequence[Path], space: LinearVoiceSpace) -> Iterator[_Known]:
    from faster_whisper import decode_audio

    detector, voices, config = speech_detector(Config()), embedder(Config()), Config().diarization
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        sound = next((path.with_suffix(end) for end in SOUNDS if path.with_suffix(end).is_file()), None)
        if sound is None:
            continue
        audio = Sound(decode_audio(str(sound), sampling_rate=SAMPLE_RATE_HZ))
        heard = detect_speech(detector, audio, progress=_silent)
        truth: dict[str, list[Span]] = {"teacher": [], "student": []}
        for row in json.loads(path.read_text())["utterances"]:
            truth[row["role"]] += [Span(*pair) for pair in row.get("speech") or [(row["start"], row["end"])]]
        yield _Known(diarize(voices, space, audio, heard, config, progress=_silent), truth)
        print(f"heard {path.stem}", flush=True)


def _silent(done: float) -> None:
    """A line a lesson is enough."""


def _fit(names: Sequence[str], start: RoleModel, loss: Any) -> RoleModel:
    from scipy.optimize import minimize

    def of(values: NDArray[np.float64]) -> RoleModel:
        kept = {item.name: getattr(start, item.name) for item in fields(RoleModel)}
        return RoleModel(**{**kept, **dict(zip(names, map(float, values), strict=True))})

    first = np.array([getattr(start, name) for name in names])
    found = minimize(lambda values: loss(of(values)) + SMALL * float(values @ values), first, method="Nelder-Mead")
    return of(found.x)


def fit_voices(lessons: Sequence[_Known], start: RoleModel) -> RoleModel:
    """The weights that make the truth about each voice likeliest; a voice counts by the root of its share of the talk."""
    examples: list[tuple[dict[str, SpeakerEvidence], dict[str, bool]]] = []
    for lesson in lessons:
        evidence = dict(gather_evidence(lesson.speech, ()))
        said = {voice: {"teacher": 0.0, "student": 0.0} for voice in evidence}
        for item in lesson.speech:
            for role in said[item.speaker]:
                said[item.speaker][role] += lesson.seconds(item, role)
        examples.append((evidence, {voice: told["teacher"] > told["student"] for voice, told in said.items()}))

    def loss(model: RoleModel) -> float:
        total = 0.0
        for evidence, truth in examples:
            for voice, chance in teacher_probability(evidence, model).items():
                right = min(max(chance if truth[voice] else 1 - chance, 1e-4), 1.0)
                total -= math.sqrt(evidence[voice].talk_share) * math.log(right)
        return total / len(examples)

    return _fit(FITTED, start, loss)


def fit_confidence(lessons: Sequence[_Known], start: RoleModel) -> RoleModel:
    """The weights that make the confidence of each stretch the share of its seconds that is right."""

    def loss(model: RoleModel) -> float:
        total, whole_s = 0.0, 0.0
        for lesson in lessons:
            for item in assign_roles(lesson.speech, (), model)[0]:
                inner = Span(item.span.start_s + COLLAR_S, item.span.end_s - COLLAR_S) if _long(item) else None
                if item.role_confidence is None or inner is None:
                    continue
                right_s = sum(inner.overlap_s(span) for span in lesson.truth[item.role])
                sure = min(max(item.role_confidence, 1e-3), 1 - 1e-3)
                wrong_s = max(0.0, inner.duration_s - right_s)
                total -= right_s * math.log(sure) + wrong_s * math.log(1 - sure)
                whole_s += inner.duration_s
        return total / whole_s

    return _fit(SURE, start, loss)


def _long(item: Speech) -> bool:
    return item.span.duration_s > 2 * COLLAR_S


def main() -> None:
    """Reads the arguments, fits, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("lessons", type=Path, nargs="+")
    parser.add_argument("--space", type=Path, default=Path("models/voice_space.npz"))
    args = parser.parse_args()
    lessons = list(_listen(args.lessons, LinearVoiceSpace(args.space)))
    if not lessons:
        parser.error("no lesson with its sound and its truth was found")
    model = fit_confidence(lessons, fit_voices(lessons, RoleModel()))
    for name in (*FITTED, *SURE):
        print(f"{name}: {getattr(model, name):.2f}")


if __name__ == "__main__":
    main()
