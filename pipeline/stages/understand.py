"""From who spoke when and what was said to a lesson with roles, questions, waits, numbers and advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.advice import advise
from pipeline.analysis.align import build_utterances
from pipeline.analysis.metrics import measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.roles import assign_roles
from pipeline.analysis.talk import build_segments, build_turns
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Lesson, Passage, Recording, Speech
from pipeline.timeline import share


def understand(recording: Recording, passages: Sequence[Passage], speech: Sequence[Speech]) -> Lesson:
    """The lesson with speakers, roles, utterances, questions, turns, waits and segments, not yet measured."""
    speech, utterances = assign_roles(speech, build_utterances(passages, speech))
    utterances = tag_questions(utterances)
    turns = build_turns(speech)
    languages = _languages(passages)
    return Lesson(
        recording=recording,
        language=languages[0][0] if languages else None,
        languages=languages,
        speech=speech,
        turns=turns,
        segments=build_segments(speech, recording.duration_s),
        utterances=utterances,
        waits=find_waits(utterances, speech, turns),
        sequences=find_ire(utterances),
    )


def measure_lesson(lesson: Lesson) -> Lesson:
    """The lesson with its metrics."""
    return replace(lesson, metrics=measure(lesson))


def advise_lesson(lesson: Lesson) -> Lesson:
    """The measured lesson with its advice."""
    return replace(lesson, advice=advise(lesson))


def _languages(passages: Sequence[Passage]) -> tuple[tuple[str, float], ...]:
    """Languages and their share of the recognised words, most first."""
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.language] = counts.get(passage.language, 0) + len(passage.words)
    whole = sum(counts.values())
    shares = ((language, share(count, whole) or 0.0) for language, count in counts.items())
    return tuple(sorted(shares, key=lambda item: -item[1]))
