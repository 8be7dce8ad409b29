"""A person says who speaks, and all that rests on it follows: turns, roles, waits, numbers and advice, without any model.

A correction survives a new analysis (it lies in a table of its own and names voices by when they sound), and can be
undone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from pipeline.errors import NotFoundError, UsageError
from pipeline.lesson import ROLES, Correction, Lesson, Role, Speech
from pipeline.stages.discourse import Discourse
from pipeline.stages.payloads import passages_from_json, speech_from_json
from pipeline.stages.reword import in_the_rules_words
from pipeline.stages.understand import attribute, notices, spoken_languages, understand
from pipeline.store.library import Library
from pipeline.teaching import teaching_of
from pipeline.timeline import Span

MAX_NAME_CHARS = 40


def correct(
    library: Library,
    lesson_id: str,
    *,
    voice: str | None = None,
    span: Span | None = None,
    speaker: str | None = None,
    role: Role | None = None,
    author: str = "",
) -> Lesson:
    """Says who speaks: the ``voice`` (such as S2), whoever speaks in ``span``, or that voice within that span.

    ``speaker`` is the right voice (one of the lesson, or a new name), ``role`` the right role; without one, a known
    speaker brings the usual role along. Returns the lesson as it is now. Raises UsageError for what makes no sense,
    NotFoundError for a lesson without a result or without speakers.
    """
    speech = _result(library, lesson_id).speech
    if not speech:
        raise NotFoundError("Nobody was told apart in this lesson.", hint="Analyse it again, then correct it.")
    _check(speech, voice, span, speaker, role)
    change = Correction(span, _stretches(speech, voice), speaker, _stretches(speech, speaker), role)
    library.add_correction(lesson_id, change, author)
    return recompute(library, lesson_id)


def undo(library: Library, lesson_id: str, correction_id: str | None = None) -> Lesson:
    """Takes back one correction, or the latest; returns the lesson as it is now. NotFoundError where there is none."""
    library.undo_correction(lesson_id, correction_id)
    return recompute(library, lesson_id)


def recompute(library: Library, lesson_id: str) -> Lesson:
    """The lesson from what the models gave when they last ran, and the corrections as they are; it is saved."""
    before = _result(library, lesson_id)
    words, voices = (library.latest_stage_output(lesson_id, stage) for stage in ("transcribe", "diarize"))
    if words is None or voices is None:
        raise NotFoundError("What the models heard is not kept any more.", hint="Analyse the recording again.")
    passages, speech = passages_from_json(json.loads(words.payload)), speech_from_json(json.loads(voices.payload))
    corrections = [row.correction for row in library.corrections(lesson_id)]
    said = attribute(passages, speech, corrections)
    teaching = teaching_of(library, library.find_lesson(lesson_id))
    discourse = _discourse(library, before, lesson_id)
    lesson = understand(before.recording, spoken_languages(passages), said, discourse, teaching)
    again = notices(before)
    kept = tuple(text for text in before.notices if text not in again)
    lesson = in_the_rules_words(replace(lesson, stages=before.stages, notices=(*kept, *notices(lesson))))
    library.save_result(lesson_id, lesson)
    return lesson


def _discourse(library: Library, before: Lesson, lesson_id: str) -> Discourse | None:
    """What the text model said of the lesson, if the lesson as it is rests on that."""
    if all(record.stage != "discourse" for record in before.stages):
        return None
    kept = library.latest_stage_output(lesson_id, "discourse")
    return Discourse.from_json(json.loads(kept.payload)) if kept else None


def _result(library: Library, lesson_id: str) -> Lesson:
    lesson = library.load_result(lesson_id)
    if lesson is None:
        raise NotFoundError("This lesson has not been analysed yet.", hint="Run `lessonmirror analyze` on it first.")
    return lesson


def _stretches(speech: Sequence[Speech], voice: str | None) -> tuple[Span, ...]:
    return tuple(item.span for item in speech if item.speaker == voice)


def _check(
    speech: Sequence[Speech], voice: str | None, span: Span | None, speaker: str | None, role: Role | None
) -> None:
    known = sorted({item.speaker for item in speech})
    if speaker is None and role is None:
        raise UsageError("A correction needs the right speaker or the right role.", hint="Say who it is.")
    if voice is None and span is None:
        raise UsageError("A correction is about a voice or about a stretch of time.", hint="Name one of them, or both.")
    if voice is not None and voice not in known:
        raise UsageError(f"There is no voice {voice[:MAX_NAME_CHARS]!r}.", hint=f"There are: {', '.join(known)}.")
    if role is not None and role not in ROLES:
        raise UsageError(f"{role!r} is no role.", hint=f"Roles are: {', '.join(ROLES)}.")
    if speaker is not None and not (speaker.strip() and speaker.isprintable() and len(speaker) <= MAX_NAME_CHARS):
        raise UsageError(f"A speaker's name has 1 to {MAX_NAME_CHARS} characters in one line.", hint="Choose another.")
    said = [item for item in speech if voice in (None, item.speaker)]
    if span is not None and not any(item.span.overlap_s(span) for item in said):
        raise UsageError("Nobody speaks there.", hint="Choose a stretch in which somebody is heard.")
