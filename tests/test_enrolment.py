"""A voice that was enrolled is known again, leaves no trace when it goes, and is nobody's without consent."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pipeline import enrolment, registry
from pipeline.config import Config
from pipeline.errors import MediaError, NotFoundError, UsageError
from pipeline.intake import take_in
from pipeline.lesson import Lesson, Recording, Speech
from pipeline.stages.detect import detect_speech
from pipeline.stages.diarize import diarize
from pipeline.store.library import Library
from pipeline.timeline import Span
from tests.programs import SAMPLE

PERSON = enrolment.Person("A. Example", "agreed on 2026-03-12")
VECTOR = np.arange(192, dtype="<f4").tobytes()


def put(library: Library, name: str = "A. Example") -> None:
    library.put_voiceprint(name, VECTOR, speech_s=20.0, model_sha256="m", consent="agreed")


def test_a_voice_is_known_by_its_persons_name_however_it_is_written(library: Library) -> None:
    put(library)
    found = enrolment.enrolled_voice(library, " a.  EXAMPLE ", "m")
    assert found is not None and found.tolist() == list(range(192))
    assert enrolment.enrolled_voice(library, "B. Other", "m") is None
    assert enrolment.enrolled_voice(library, "", "m") is None
    assert enrolment.enrolled_voice(library, "A. Example", "another model") is None


def test_removing_a_voice_leaves_only_the_record_of_it(library: Library) -> None:
    put(library)
    put(library)
    library.remove_voiceprint("A. EXAMPLE")
    assert library.voiceprints() == ()
    assert [entry.action for entry in library.audit_record()] == ["voice enrolled", "voice enrolled", "voice removed"]
    assert "the earlier one was removed" in library.audit_record()[1].detail
    with pytest.raises(NotFoundError, match="No voice is enrolled"):
        library.remove_voiceprint("A. Example")


@pytest.mark.parametrize("consent", ["", "  ", "two\nlines", "x" * 300])
def test_without_a_consent_nothing_is_enrolled(consent: str) -> None:
    with pytest.raises(UsageError, match="consent"):
        enrolment.Person("A. Example", consent)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Speech]]:
    """The sample's sound, and who truly speaks in it: the teacher, then the students."""
    target = tmp_path_factory.mktemp("sample") / "audio.wav"
    registry.media_reader(Config()).extract_audio(SAMPLE, target, progress=lambda done: None)
    rows = json.loads((SAMPLE.parent / "lesson.truth.json").read_text())["utterances"]
    return target, [Speech(Span(row["start"], row["end"]), row["speaker"], row["role"]) for row in rows]


@pytest.fixture
def kept(library: Library, sample: tuple[Path, list[Speech]]) -> str:
    """The id of the sample in the library, told apart rightly."""
    sound, speech = sample
    row = take_in(library, SAMPLE, Config())
    target = library.media.audio(row.sha256)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(sound.read_bytes())
    library.save_result(row.id, Lesson(Recording(row.sha256, row.name, row.duration_s), speech=tuple(speech)))
    return row.id


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_later_lesson_finds_the_enrolled_teacher(
    library: Library, kept: str, sample: tuple[Path, list[Speech]]
) -> None:
    from pipeline.backends.audio_pcm import PcmAudio

    sound, speech = sample
    teacher = next(item.speaker for item in speech if item.role == "teacher")
    row = enrolment.enrol_from_lesson(library, Config(), PERSON, kept, voice=teacher)
    assert row.speech_s >= enrolment.MIN_SPEECH_S
    embedder, space, audio = registry.embedder(Config()), registry.voice_space(), PcmAudio(sound)
    vector = enrolment.enrolled_voice(library, PERSON.name, embedder.model_sha256)
    heard = detect_speech(registry.speech_detector(Config()), audio, progress=lambda done: None)
    found = diarize(embedder, space, audio, heard, Config().diarization, enrolled=vector, progress=lambda done: None)
    said = [item.span for item in speech if item.role == "teacher"]
    odds: dict[bool, list[float]] = {True: [], False: []}
    for item in found:
        shared_s = sum(item.span.overlap_s(span) for span in said)
        assert item.enrolled_log_odds is not None
        odds[shared_s > item.span.duration_s / 2].append(item.enrolled_log_odds)
    assert np.median(odds[True]) > 2 > -2 > np.median(odds[False])


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_voice_needs_enough_speech_of_one_person(library: Library, kept: str) -> None:
    with pytest.raises(UsageError, match="only 2 s of speech"):
        enrolment.enrol_from_lesson(library, Config(), PERSON, kept, span=Span(4, 6))
    with pytest.raises(MediaError, match="Several people"):
        enrolment.enrol_from_lesson(library, Config(), PERSON, kept, span=Span(0, 200))
    with pytest.raises(UsageError, match="no voice"):
        enrolment.enrol_from_lesson(library, Config(), PERSON, kept, voice="S99")
    with pytest.raises(UsageError, match="which voice"):
        enrolment.enrol_from_lesson(library, Config(), PERSON, kept)
    assert library.voiceprints() == () and library.audit_record() == ()


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_a_recording_enrols_who_speaks_in_it_and_is_not_kept(
    library: Library, sample: tuple[Path, list[Speech]], tmp_path: Path
) -> None:
    import wave

    sound, speech = sample
    with wave.open(str(sound)) as source, wave.open(str(tmp_path / "me.wav"), "wb") as target:
        target.setparams(source.getparams())
        for item in [item for item in speech if item.role == "teacher"][:8]:
            source.setpos(round(item.span.start_s * 16000))
            target.writeframes(source.readframes(round(item.span.duration_s * 16000)))
    row = enrolment.enrol_from_recording(library, Config(), PERSON, tmp_path / "me.wav")
    assert row.name == "A. Example" and len(row.vector) == 4 * 192
    assert library.lessons() == ()
