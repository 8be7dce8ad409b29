"""A lesson from a transcript alone: the same values as from a recording, as far as text and its times can tell."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pipeline import registry
from pipeline.analysis.languages import guess_language
from pipeline.config import Config, config_sha256, writer_elsewhere
from pipeline.lesson import Goal, Lesson, Recording, Speech, StageRecord, Utterance
from pipeline.ports import Brief, DiscourseModel, FeedbackWriter, Progress, Proposal
from pipeline.stages.discourse import judge_discourse
from pipeline.stages.reword import STAGE, ask, reword
from pipeline.stages.understand import BY_RULES, Said, Teaching, notices, text_languages, understand
from pipeline.timeline import share
from pipeline.transcripts import Transcript, read_transcript

TEACHER_WORD_SHARE = 0.4  # who says more than that, and more than anybody else, is taken for the teacher

NO_TIMES = "This lesson comes from text without times: talk times and waiting could not be measured."
TEXT_TIMES = (
    "This lesson comes from text: its talk times and waits are those written in the transcript, which are seldom exact to "
    "half a second."
)
ROLES_GUESSED = (
    "The transcript does not say who is the teacher. The speaker with most words was taken for the teacher: {speaker}. Add a "
    "column role (teacher or student) if that is wrong."
)


class TextAnalyzer:
    """Makes lessons of transcripts, with the teacher's ``goal`` for them; the models are loaded once, here."""

    def __init__(self, config: Config, goal: Goal | None = None) -> None:
        self._teaching = Teaching(goal)
        self._model: DiscourseModel | None = registry.discourse_model(config)
        self._writer: FeedbackWriter | None = registry.feedback_writer(config)
        self._elsewhere = writer_elsewhere(config.writer)

    def analyze(self, path: Path, *, progress: Progress) -> Lesson:
        """The lesson of one transcript. Raises TranscriptError for a file that cannot be read as one."""
        transcript = read_transcript(path)
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        return self.lesson(transcript, path.name, sha256, progress=progress)

    def lesson(self, transcript: Transcript, name: str, sha256: str, *, progress: Progress) -> Lesson:
        """The lesson of a transcript that was read."""
        began = time.monotonic()
        utterances, guessed = with_roles(utterances_of(transcript))
        discourse = None if self._model is None else judge_discourse(self._model, utterances, progress=progress)
        said = Said(_speech(utterances), utterances)
        duration_s = max((item.span.end_s for item in said.speech), default=0.0)
        recording, languages = Recording(sha256, name, duration_s), text_languages(utterances)
        lesson = understand(recording, languages, said, discourse, self._teaching)
        told = [*transcript.notices, *guessed, TEXT_TIMES if said.speech else NO_TIMES]
        if self._model is None:
            told.append(BY_RULES)
        record = self._record(time.monotonic() - began)
        lesson = replace(lesson, stages=(record,), notices=(*told, *notices(lesson)))
        return lesson if self._writer is None else self._worded(lesson, self._writer)

    def _worded(self, lesson: Lesson, writer: FeedbackWriter) -> Lesson:
        began = time.monotonic()
        records = list(lesson.stages)

        def answers(briefs: Sequence[Brief]) -> tuple[Proposal | None, ...]:
            found = ask(writer, briefs, progress=lambda done: None)
            records.append(_record(STAGE, writer.name, "", time.monotonic() - began))
            return found

        worded, told = reword(lesson, answers, elsewhere=self._elsewhere)
        return replace(worded, stages=tuple(records), notices=(*told, *lesson.notices))

    def _record(self, elapsed_s: float) -> StageRecord:
        backend, sha256 = (self._model.name, self._model.model_sha256) if self._model else ("rules", "")
        return _record("discourse", backend, sha256, elapsed_s)


def _record(stage: str, backend: str, model_sha256: str, elapsed_s: float) -> StageRecord:
    return StageRecord(stage, backend, model_sha256, config_sha256(), elapsed_s, datetime.now(UTC))


def utterances_of(transcript: Transcript) -> tuple[Utterance, ...]:
    """The transcript's sentences as utterances u1, u2, ... in the language of each."""
    usual = transcript.language or "en"
    return tuple(
        Utterance(
            f"u{number}", item.span, item.speaker, item.role, item.text, language=guess_language(item.text, usual)
        )
        for number, item in enumerate(transcript.sentences, start=1)
    )


def with_roles(utterances: Sequence[Utterance]) -> tuple[tuple[Utterance, ...], tuple[str, ...]]:
    """The utterances, where no role is known with the likeliest teacher; and what the reader has to know about that."""
    words: dict[str, int] = {}
    for item in utterances:
        words[item.speaker] = words.get(item.speaker, 0) + len(item.text.split())
    if len(words) < 2 or any(item.role != "unknown" for item in utterances):
        return tuple(utterances), ()
    most = max(words, key=words.__getitem__)
    if (share(words[most], sum(words.values())) or 0.0) < TEACHER_WORD_SHARE:
        return tuple(utterances), ()
    found = tuple(replace(item, role="teacher" if item.speaker == most else "student") for item in utterances)
    return found, (ROLES_GUESSED.format(speaker=most),)


def _speech(utterances: Sequence[Utterance]) -> tuple[Speech, ...]:
    """Each timed utterance as a stretch of speech: finer times a transcript does not have."""
    return tuple(
        Speech(item.span, item.speaker, item.role) for item in utterances if item.span and item.span.duration_s > 0
    )
