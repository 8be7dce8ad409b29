"""One suite for all transcription engines, on real speech: an excerpt of the sample lesson."""

from __future__ import annotations

import dataclasses
import difflib
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline import registry
from pipeline.backends.audio_pcm import PcmAudio
from pipeline.backends.media_ffmpeg import FfmpegMediaReader
from pipeline.config import AsrConfig, Config, MediaConfig
from pipeline.errors import Cancelled, ModelError
from pipeline.lesson import Passage
from pipeline.ports import SAMPLE_RATE_HZ, Transcriber
from pipeline.timeline import Span
from tests.media_files import make_wav
from tests.programs import SAMPLE

ENGINES = ("faster-whisper", "openai-whisper", "transformers")
EXCERPT = Span(14.0, 30.0)  # one student between two stretches of the teacher
SAID = "coin and a wooden block what did you notice about the wooden block"


def ignore(done: float) -> None:
    """No progress is wanted."""


def engine(name: str, model: str = "tiny.en", **more: object) -> Transcriber:
    """An engine as the settings would give it; a narrow beam, because the tests are about behaviour."""
    asr = AsrConfig(engine=name, model=model, device="cpu", beam_size=1)
    return registry.transcriber(dataclasses.replace(Config(), asr=dataclasses.replace(asr, **more)))


@pytest.fixture(scope="module", params=ENGINES)
def transcriber(request: pytest.FixtureRequest) -> Transcriber:
    return engine(request.param)


@pytest.fixture(scope="module")
def speech(tmp_path_factory: pytest.TempPathFactory) -> PcmAudio:
    """The excerpt, 70 s after the beginning of an otherwise empty recording."""
    folder = tmp_path_factory.mktemp("speech")
    FfmpegMediaReader(MediaConfig()).extract_audio(SAMPLE, folder / "whole.wav", progress=ignore)
    samples = PcmAudio(folder / "whole.wav").read(EXCERPT)
    silence = np.zeros(70 * SAMPLE_RATE_HZ, np.float32)
    return PcmAudio(make_wav(folder / "late.wav", np.concatenate([silence, samples, silence[:SAMPLE_RATE_HZ]])))


REGION = Span(70.0, 70.0 + EXCERPT.duration_s)


def words_of(passages: tuple[Passage, ...]) -> str:
    """All that was heard, in lower case without punctuation."""
    text = " ".join(word.text for passage in passages for word in passage.words)
    return " ".join(re.findall(r"[a-z']+", text.lower()))


def test_speech_becomes_words_in_order_on_the_recordings_clock(transcriber: Transcriber, speech: PcmAudio) -> None:
    seen: list[float] = []
    passages = transcriber.transcribe(speech, [REGION], language=None, progress=seen.append)
    words = [word for passage in passages for word in passage.words]
    assert SAID in words_of(passages)
    assert all(REGION.start_s - 0.5 <= word.span.start_s <= word.span.end_s <= REGION.end_s + 0.5 for word in words)
    assert [word.span.start_s for word in words] == sorted(word.span.start_s for word in words)
    assert all(0 <= word.probability <= 1 for word in words)
    assert {passage.language for passage in passages} == {"en"}
    assert seen == sorted(seen) and seen[-1] == 1.0


def test_words_stand_where_they_are_said(transcriber: Transcriber, speech: PcmAudio) -> None:
    """The truth has 'What did you notice about the wooden block?' at its own time; its first word is near it."""
    import json

    truth = json.loads(SAMPLE.with_name("lesson.truth.json").read_text())
    row = next(row for row in truth["utterances"] if row["text"].startswith("What did you notice"))
    expected_s = row["start"] - EXCERPT.start_s + REGION.start_s
    passages = transcriber.transcribe(speech, [REGION], language="en", progress=ignore)
    starts = [w.span.start_s for p in passages for w in p.words if w.text.strip().lower() == "what"]
    assert min(abs(start_s - expected_s) for start_s in starts) < 0.4


def test_two_regions_with_silence_between_keep_their_times(transcriber: Transcriber, speech: PcmAudio) -> None:
    halves = [Span(REGION.start_s, REGION.start_s + 8), Span(REGION.start_s + 9.4, REGION.end_s)]
    passages = transcriber.transcribe(speech, halves, language="en", progress=ignore)
    words = [word for passage in passages for word in passage.words]
    assert words[0].span.start_s < halves[0].end_s < halves[1].start_s < words[-1].span.end_s


@pytest.mark.parametrize("sound", ["silence", "noise", "tone"])
def test_nothing_is_heard_where_nobody_speaks(transcriber: Transcriber, sound: str, tmp_path: Path) -> None:
    seconds = np.arange(20 * SAMPLE_RATE_HZ) / SAMPLE_RATE_HZ
    rng = np.random.default_rng(0)
    made = {
        "silence": np.zeros(len(seconds)),
        "noise": 0.02 * np.cumsum(rng.standard_normal(len(seconds))) / 100,
        "tone": 0.1 * np.sin(2 * np.pi * 330 * seconds) * (1 + np.sin(2 * np.pi * 2 * seconds)),
    }[sound]
    audio = PcmAudio(make_wav(tmp_path / "sound.wav", made))
    assert transcriber.transcribe(audio, [Span(0, 20)], language=None, progress=ignore) == ()


def test_without_regions_there_is_nothing(transcriber: Transcriber, speech: PcmAudio) -> None:
    assert transcriber.transcribe(speech, [], language=None, progress=ignore) == ()


def test_cancelling_ends_the_work_at_once(transcriber: Transcriber, speech: PcmAudio) -> None:
    def stop(done: float) -> None:
        raise Cancelled("The user asked to stop.")

    with pytest.raises(Cancelled):
        transcriber.transcribe(speech, [REGION], language=None, progress=stop)


def test_it_says_what_it_is(transcriber: Transcriber) -> None:
    assert transcriber.name.endswith("/tiny.en")
    assert re.fullmatch("[0-9a-f]{64}", transcriber.model_sha256)


def test_the_multilingual_weights_give_the_same_words_in_all_engines(speech: PcmAudio) -> None:
    """One set of packaged weights serves all three: 8-bit rounding may change a word, no more."""
    texts = {}
    for name in ENGINES:
        base = engine(name, "base")
        assert base.name == f"{name}/base"
        passages = base.transcribe(speech, [REGION], language=None, progress=ignore)
        assert {passage.language for passage in passages} == {"en"}
        texts[name] = words_of(passages).split()
    for name in ENGINES[1:]:
        same = difflib.SequenceMatcher(None, texts["faster-whisper"], texts[name]).ratio()
        assert same > 0.9, texts


def test_a_language_that_is_given_is_kept(speech: PcmAudio) -> None:
    passages = engine("faster-whisper", "base").transcribe(speech, [REGION], language="de", progress=ignore)
    assert {passage.language for passage in passages} == {"de"}


@pytest.mark.parametrize("name", ENGINES)
def test_cuda_that_is_not_there_is_said(name: str) -> None:
    import torch

    if torch.cuda.is_available():
        engine(name, device="cuda")
        return
    with pytest.raises(ModelError, match="GPU") as caught:
        engine(name, device="cuda").transcribe(_Empty(), [Span(0, 1)], language=None, progress=ignore)
    assert caught.value.hint


class _Empty:
    """A second without sound."""

    duration_s = 1.0

    def read(self, span: Span) -> np.ndarray:
        return np.zeros(SAMPLE_RATE_HZ, np.float32)


@pytest.mark.parametrize("name", ENGINES)
def test_a_folder_that_holds_no_model_is_named(name: str, tmp_path: Path) -> None:
    with pytest.raises(ModelError) as caught:
        engine(name, str(tmp_path)).transcribe(_Empty(), [Span(0, 1)], language=None, progress=ignore)
    assert str(tmp_path) in caught.value.message and caught.value.hint
