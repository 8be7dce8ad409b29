"""One lesson from beginning to end: runs the stages in order, reuses what did not change, records how each came about.

The key of a stage's result is the hash of its inputs' keys, its version, its settings and its model. Results lie in the
library, so a run that was killed goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline import registry
from pipeline.config import Config, config_sha256, writer_elsewhere
from pipeline.errors import Cancelled, DiskFullError, LessonMirrorError, MediaError, StageError, StoreError
from pipeline.lesson import Lesson, Passage, Recording, Speech, StageRecord, Utterance
from pipeline.ports import (
    Audio,
    Brief,
    DiscourseModel,
    Embedder,
    FeedbackWriter,
    MediaReader,
    Proposal,
    SpeechDetector,
    Transcriber,
    VoiceSpace,
)
from pipeline.stages.discourse import Discourse, judge_discourse
from pipeline.stages.payloads import passages_from_json, passages_to_json, speech_from_json, speech_to_json
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.teaching import teaching_of

Report = Callable[[str, float, float | None], None]
"""Called with a stage's name, the share of it that is done (0 to 1) and the seconds it still needs, if known."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A step of the analysis: what it needs, what it gives, and its version (raise it when its result changes)."""

    name: str
    needs: tuple[str, ...]
    gives: str
    version: int = 1


STAGES = (
    Stage("audio", ("recording",), "audio"),
    Stage("detect", ("audio",), "heard", version=2),
    Stage("transcribe", ("audio", "heard"), "passages"),
    Stage("diarize", ("audio", "heard"), "speech", version=4),
    Stage("discourse", ("audio", "passages", "speech"), "discourse"),
    Stage("understand", ("recording", "passages", "speech", "discourse"), "lesson", version=3),
    Stage("writer", ("lesson",), "wording"),
)
_BY_NAME = {stage.name: stage for stage in STAGES}


def check_order(stages: Sequence[Stage]) -> None:
    """Raises StageError where a stage needs what no stage before it gives."""
    given = {"recording"}
    for stage in stages:
        missing = [need for need in stage.needs if need not in given]
        if missing:
            raise StageError(
                f"Stage '{stage.name}' needs {', '.join(missing)}.", hint="Put the stage that gives it first."
            )
        given.add(stage.gives)


class _Clock:
    """Passes progress on as a stage's share and seconds left."""

    def __init__(self, stage: str, report: Report) -> None:
        self._stage, self._report = stage, report
        self._began = time.monotonic()
        report(stage, 0.0, None)

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._began

    def __call__(self, done: float) -> None:
        left_s = self.elapsed_s * (1 - done) / done if done > 0 else None
        self._report(self._stage, min(1.0, done), left_s)


class Runner:
    """Analyses lessons of a library with one configuration; models are loaded once, when they are first needed."""

    def __init__(self, library: Library, config: Config, *, report: Report | None = None) -> None:
        check_order(STAGES)
        self._library, self._config = library, config
        self._report: Report = report or (lambda stage, done, left_s: None)

    def reporting_to(self, report: Report) -> Runner:
        """The same runner, with its models, telling somebody else."""
        self._report = report
        return self

    @cached_property
    def _reader(self) -> MediaReader:
        return registry.media_reader(self._config)

    @cached_property
    def _transcriber(self) -> Transcriber:
        return registry.transcriber(self._config)

    @cached_property
    def _detector(self) -> SpeechDetector:
        return registry.speech_detector(self._config)

    @cached_property
    def _embedder(self) -> Embedder:
        return registry.embedder(self._config)

    @cached_property
    def _voice_space(self) -> VoiceSpace:
        return registry.voice_space()

    @cached_property
    def _discourse_model(self) -> DiscourseModel | None:
        return registry.discourse_model(self._config)

    @cached_property
    def _writer(self) -> FeedbackWriter | None:
        return registry.feedback_writer(self._config)

    def analyze(self, row: LessonRow) -> Lesson:
        """The analysed lesson, saved in the library.

        If diarization fails, the transcript is kept and the lesson says so. Raises LessonMirrorError.
        """
        with self._named(row):
            lesson = _Run(self, row).lesson()
        self._library.save_result(row.id, lesson)
        return lesson

    def prepare_view(self, row: LessonRow) -> None:
        """Poster and thumbnails for the viewer; a picture that cannot be read is no reason to fail."""
        if row.info.video_codec is None:
            return
        from pipeline.backends.media_thumbnails import make_thumbnails

        folder, clock = self._library.media.folder_of(row.sha256), _Clock("pictures", self._report)
        with suppress(MediaError), self._named(row):
            make_thumbnails(self._media(row), folder, progress=clock)

    def make_proxy(self, row: LessonRow) -> None:
        """What a browser can play, where it cannot play the original."""
        from pipeline.backends.media_view import make_proxy

        folder, clock = self._library.media.folder_of(row.sha256), _Clock("video", self._report)
        with self._named(row):
            make_proxy(self._media(row), row.info, folder, config=self._config.media, progress=clock)

    @contextmanager
    def _named(self, row: LessonRow) -> Iterator[None]:
        """Errors about the stored file and its folder speak of them by the names that people know."""
        try:
            yield
        except MediaError as error:
            raise error.renamed(row.media_name, row.name) from error
        except DiskFullError as error:
            folder = self._library.media.folder_of(row.sha256)
            raise error.renamed(str(folder), str(self._library.folder)) from error

    def _media(self, row: LessonRow) -> Path:
        path = self._library.media.original(row.sha256)
        if path is None:
            raise StoreError(f"The recording of {row.name} is missing from the library.", hint="Add the file again.")
        return path


class _Run:
    """The analysis of one lesson; ``keys`` are those of the results so far, by what they are."""

    def __init__(self, runner: Runner, row: LessonRow) -> None:
        self._runner, self._row = runner, row
        self._keys: dict[str, str] = {"recording": row.sha256}
        self._records: list[StageRecord] = []
        self._notices: list[str] = []

    def lesson(self) -> Lesson:
        audio = self._audio()
        heard = self._heard(audio)
        if not heard.speech:
            raise self._no_speech()
        passages = self._passages(audio, heard)
        if not passages:
            raise self._no_speech()
        return self._understand(audio, passages, self._speech(audio, heard))

    def _no_speech(self) -> MediaError:
        return MediaError(
            f"No speech was found in {self._row.name}.",
            hint="Listen to it: was the microphone on, and near enough? Then add a recording in which people can be heard.",
        )

    def _audio(self) -> Audio:
        from pipeline.backends.audio_pcm import PcmAudio

        library, runner = self._runner._library, self._runner
        target = library.media.audio(self._row.sha256)
        parts = (self._config.media.ffmpeg, self._config.media.channel)
        key = self._key("audio", "", parts)
        saved = library.stage_output(self._row.sha256, "audio", key) if target.is_file() else None
        if saved is None:
            clock = _Clock("audio", runner._report)
            notices = runner._reader.extract_audio(runner._media(self._row), target, progress=clock)
            payload = json.dumps({"notices": notices}).encode()
            self._save("audio", key, "ffmpeg", "", parts, clock.elapsed_s, payload)
        else:
            payload = self._reuse(saved.record, saved.payload)
        self._notices += json.loads(payload)["notices"]
        return PcmAudio(target)

    def _heard(self, audio: Audio) -> Any:
        from pipeline.stages.detect import Heard, detect_speech

        detector = self._runner._detector
        data = self._cached(
            "detect", detector, (), lambda clock: detect_speech(detector, audio, progress=clock).to_json()
        )
        return Heard.from_json(data)

    def _passages(self, audio: Audio, heard: Any) -> tuple[Passage, ...]:
        asr = self._config.asr
        transcriber = self._runner._transcriber
        language = None if asr.language == "auto" else asr.language

        def work(clock: _Clock) -> Any:
            return passages_to_json(transcriber.transcribe(audio, heard.speech, language=language, progress=clock))

        # Speed settings (device, batch) do not change the words, so they are no part of the key.
        return passages_from_json(self._cached("transcribe", transcriber, (asr.language, asr.beam_size), work))

    def _speech(self, audio: Audio, heard: Any) -> tuple[Speech, ...]:
        from pipeline.enrolment import enrolled_voice
        from pipeline.stages.diarize import diarize

        try:
            embedder, space = self._runner._embedder, self._runner._voice_space
            settings = self._config.diarization

            enrolled = enrolled_voice(self._runner._library, self._row.details.teacher, embedder.model_sha256)

            def work(clock: _Clock) -> Any:
                found = diarize(embedder, space, audio, heard, settings, enrolled=enrolled, progress=clock)
                return speech_to_json(found)

            known = hashlib.sha256(enrolled.tobytes()).hexdigest() if enrolled is not None else ""
            rows = self._cached("diarize", embedder, (settings, space.model_sha256, known), work)
        except (Cancelled, StoreError):
            raise
        except Exception as error:  # whatever goes wrong here, a good transcript must not be lost
            reason = error.message if isinstance(error, LessonMirrorError) else f"{type(error).__name__}: {error}"
            self._notices.append(f"Who spoke when could not be told ({reason}). The transcript is complete.")
            return ()
        return speech_from_json(rows)

    def _discourse(self, audio: Audio, utterances: Sequence[Utterance]) -> Discourse | None:
        """What the text model says; None where rules judge. Whatever goes wrong here, the numbers of talk are not lost."""
        from pipeline.stages.understand import BY_RULES

        try:
            model = self._runner._discourse_model
            if model is None:
                self._notices.append(BY_RULES)
                return None
            said = [(item.speaker, item.role, item.text, item.language) for item in utterances]

            def work(clock: _Clock) -> Any:
                return judge_discourse(model, utterances, audio=audio, progress=clock).to_json()

            return Discourse.from_json(self._cached("discourse", model, (said,), work))
        except (Cancelled, StoreError):
            raise
        except Exception as error:
            reason = error.message if isinstance(error, LessonMirrorError) else f"{type(error).__name__}: {error}"
            self._notices.append(f"Talk moves and uptake could not be judged ({reason}). All else is complete.")
            return None

    def _understand(self, audio: Audio, passages: tuple[Passage, ...], speech: tuple[Speech, ...]) -> Lesson:
        from pipeline.stages import understand

        corrections = [item.correction for item in self._runner._library.corrections(self._row.id)]
        said = understand.attribute(passages, speech, corrections)
        discourse = self._discourse(audio, said.utterances)
        clock = _Clock("understand", self._runner._report)
        recording = Recording(self._row.sha256, self._row.name, audio.duration_s)
        teaching = teaching_of(self._runner._library, self._row)
        languages = understand.spoken_languages(passages)
        lesson = understand.understand(recording, languages, said, discourse, teaching)
        clock(1.0)
        record = StageRecord(
            "understand", "rules", "", config_sha256(_BY_NAME["understand"].version), clock.elapsed_s, _now()
        )
        self._records.append(record)
        notices = (*self._notices, *understand.notices(lesson))
        lesson, told = self._worded(lesson)
        return replace(lesson, stages=tuple(self._records), notices=(*told, *notices))

    def _worded(self, lesson: Lesson) -> tuple[Lesson, tuple[str, ...]]:
        """The lesson in a language model's words, where one is configured and they hold; and what has to be known of that."""
        from pipeline.stages import reword

        writer, settings = self._runner._writer, self._config.writer
        if writer is None:
            return lesson, ()

        def answers(briefs: Sequence[Brief]) -> tuple[Proposal | None, ...]:
            def work(clock: _Clock) -> Any:
                return reword.proposals_to_json(reword.ask(writer, briefs, progress=clock))

            self._keys["lesson"] = config_sha256(*briefs)
            return reword.proposals_from_json(self._cached("writer", writer, (settings.address,), work))

        return reword.reword(lesson, answers, elsewhere=writer_elsewhere(settings))

    @property
    def _config(self) -> Config:
        return self._runner._config

    def _key(self, stage: str, model_sha256: str, settings: tuple[object, ...]) -> str:
        plan = _BY_NAME[stage]
        inputs = [self._keys[need] for need in plan.needs]
        key = hashlib.sha256(
            json.dumps([stage, plan.version, inputs, model_sha256, config_sha256(*settings)]).encode()
        ).hexdigest()
        self._keys[plan.gives] = key
        return key

    def _cached(self, stage: str, backend: Any, settings: tuple[object, ...], work: Callable[[_Clock], Any]) -> Any:
        key = self._key(stage, f"{backend.name} {backend.model_sha256}", settings)
        saved = self._runner._library.stage_output(self._row.sha256, stage, key)
        if saved is not None:
            return json.loads(self._reuse(saved.record, saved.payload))
        clock = _Clock(stage, self._runner._report)
        result = work(clock)
        clock(1.0)
        self._save(
            stage, key, backend.name, backend.model_sha256, settings, clock.elapsed_s, json.dumps(result).encode()
        )
        return result

    def _save(
        self,
        stage: str,
        key: str,
        backend: str,
        model_sha256: str,
        settings: tuple[object, ...],
        elapsed_s: float,
        payload: bytes,
    ) -> None:
        record = StageRecord(stage, backend, model_sha256, config_sha256(*settings), elapsed_s, _now())
        self._runner._library.save_stage_output(self._row.sha256, stage, key, record, payload)
        self._records.append(record)

    def _reuse(self, record: StageRecord, payload: bytes) -> bytes:
        self._runner._report(record.stage, 1.0, 0.0)
        self._records.append(replace(record, reused=True))
        return payload


def _now() -> datetime:
    return datetime.now(UTC)
