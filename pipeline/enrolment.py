"""Enrolling a teacher's voice, so that later lessons find the teacher at once; and forgetting it.

A voiceprint is biometric data: it needs a consent, lies in a table of its own, is never exported, is used for lessons of that
teacher alone, and its removal is in the audit record.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import registry
from pipeline.config import Config
from pipeline.errors import MediaError, NotFoundError, UsageError
from pipeline.ports import Audio
from pipeline.store.library import Library
from pipeline.store.rows import VoiceprintRow
from pipeline.timeline import Span, summed_s

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_SPEECH_S = 10.0  # of the voice: vectors of less scatter too much to know somebody by in another room
MIN_SHARE = 0.8  # of the speech that has to be one voice's: else somebody else would be enrolled along
ONE_VOICE_DISTANCE = 0.62  # mean cosine distance up to which pieces are one person's; a lesson's first guess is finer
MAX_TEXT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Person:
    """Whose voice it is, and what this person agreed to (when, to whom)."""

    name: str
    consent: str

    def __post_init__(self) -> None:
        for text, what in ((self.name, "name of the teacher"), (self.consent, "consent")):
            if not text.strip() or not text.isprintable() or len(text) > MAX_TEXT_CHARS:
                raise UsageError(
                    f"The {what} has to be 1 to {MAX_TEXT_CHARS} characters in one line.",
                    hint='A voice is biometric data: say who agreed and when, such as "A. Example, 2026-03-12".',
                )


def enrol_from_lesson(
    library: Library,
    config: Config,
    person: Person,
    lesson_id: str,
    *,
    voice: str | None = None,
    span: Span | None = None,
) -> VoiceprintRow:
    """Enrols the ``voice`` (such as S1) of a lesson, or who speaks in ``span`` (seconds).

    Raises NotFoundError for a lesson without a result or sound, UsageError for a voice or a span that is not there or too short.
    """
    from pipeline.backends.audio_pcm import PcmAudio

    lesson, path = library.load_result(lesson_id), library.media.audio(library.find_lesson(lesson_id).sha256)
    if lesson is None or not path.is_file():
        raise NotFoundError("This lesson has not been analysed yet.", hint="Run `lessonmirror analyze` on it first.")
    known = sorted({item.speaker for item in lesson.speech})
    if (voice is None) == (span is None):
        raise UsageError("Say which voice of the lesson it is, or when it speaks.", hint="Name one of the two.")
    if voice is not None and voice not in known:
        raise UsageError(f"There is no voice {voice[:40]!r}.", hint=f"There are: {', '.join(known)}.")
    if voice is not None:
        spans = [item.span for item in lesson.speech if item.speaker == voice]
    else:
        spans = [part for item in lesson.speech if span and (part := item.span.clipped(span))]
    return _enrol(library, config, person, PcmAudio(path), spans)


def enrol_from_recording(library: Library, config: Config, person: Person, recording: Path) -> VoiceprintRow:
    """Enrols who speaks in a short recording; it is not kept. Raises MediaError for one that cannot be used."""
    from pipeline.backends.audio_pcm import PcmAudio
    from pipeline.stages.detect import detect_speech

    with tempfile.TemporaryDirectory(prefix="lessonmirror-") as folder:
        target = Path(folder) / "audio.wav"
        registry.media_reader(config).extract_audio(recording, target, progress=_silent)
        audio = PcmAudio(target)
        heard = detect_speech(registry.speech_detector(config), audio, progress=_silent)
        return _enrol(library, config, person, audio, heard.speech)


def enrolled_voice(library: Library, teacher: str, model_sha256: str) -> NDArray[np.float32] | None:
    """The vector (192,) of the teacher of a lesson; None where nobody of that name is enrolled with this model."""
    import numpy as np

    row = library.voiceprint(teacher) if teacher.strip() else None
    return np.frombuffer(row.vector, "<f4") if row and row.model_sha256 == model_sha256 else None


def _enrol(library: Library, config: Config, person: Person, audio: Audio, spans: Sequence[Span]) -> VoiceprintRow:
    import numpy as np

    from pipeline.analysis.enrolment import voice_vector
    from pipeline.analysis.speakers import SpeakerRules, cluster_voices, cut_pieces, embedding_spans

    if summed_s(spans) < MIN_SPEECH_S:
        raise UsageError(
            f"That is only {summed_s(spans):.0f} s of speech.",
            hint=f"Choose at least {MIN_SPEECH_S:.0f} s of one voice.",
        )
    embedder, space = registry.embedder(config), registry.voice_space()
    pieces = cut_pieces(sorted(spans), ())
    vectors = embedder.embed(audio, embedding_spans(pieces, audio.duration_s), progress=_silent)
    durations_s = np.array([piece.duration_s for piece in pieces], np.float32)
    main = cluster_voices(space.place(vectors), durations_s, SpeakerRules(distance=ONE_VOICE_DISTANCE)) == 0
    speech_s = float(durations_s[main].sum())
    if speech_s < MIN_SHARE * float(durations_s.sum()):
        raise MediaError("Several people speak there.", hint="Choose a stretch in which only the teacher speaks.")
    vector = voice_vector(vectors[main], durations_s[main]).astype("<f4").tobytes()
    return library.put_voiceprint(
        person.name.strip(),
        vector,
        speech_s=speech_s,
        model_sha256=embedder.model_sha256,
        consent=person.consent.strip(),
    )


def _silent(done: float) -> None:
    """Enrolling takes seconds."""
