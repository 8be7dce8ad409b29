"""From who spoke when and what was said to a lesson with roles, questions, waits, numbers and advice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from pipeline.analysis.advice import advise
from pipeline.analysis.align import build_utterances
from pipeline.analysis.corrections import correct_speech
from pipeline.analysis.metrics import measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.ranges import with_ranges
from pipeline.analysis.roles import assign_roles, students_told_apart
from pipeline.analysis.talk import build_segments, build_turns
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Correction, Lesson, Passage, Recording, Speech
from pipeline.timeline import share

ONE_GROUP = (
    "The students' voices could not be told apart reliably here. Read them as one group of students: how many voices are listed "
    "is no count of the students who spoke."
)


def notices(lesson: Lesson) -> tuple[str, ...]:
    """What a reader has to know about who speaks in this lesson."""
    return () if lesson.students_told_apart else (ONE_GROUP,)


def understand(
    recording: Recording, passages: Sequence[Passage], speech: Sequence[Speech], corrections: Sequence[Correction] = ()
) -> Lesson:
    """The lesson with all that follows from who spoke and what was said; ``corrections`` by people come first."""
    speech, utterances = assign_roles(speech, build_utterances(passages, speech))
    if corrections:
        speech, summary = correct_speech(speech, corrections)
        utterances = build_utterances(passages, speech)
    else:
        summary = None
    utterances = tag_questions(utterances)
    turns = build_turns(speech)
    languages = _languages(passages)
    lesson = Lesson(
        recording=recording,
        language=languages[0][0] if languages else None,
        languages=languages,
        speech=speech,
        turns=turns,
        segments=build_segments(speech, recording.duration_s),
        utterances=utterances,
        waits=find_waits(utterances, speech, turns),
        sequences=find_ire(utterances),
        corrections=summary,
        students_told_apart=students_told_apart(speech),
    )
    measured = replace(lesson, metrics=with_ranges(lesson, measure(lesson)))
    return replace(measured, advice=advise(measured))


def _languages(passages: Sequence[Passage]) -> tuple[tuple[str, float], ...]:
    """Languages and their share of the recognised words, most first."""
    counts: dict[str, int] = {}
    for passage in passages:
        counts[passage.language] = counts.get(passage.language, 0) + len(passage.words)
    whole = sum(counts.values())
    shares = ((language, share(count, whole) or 0.0) for language, count in counts.items())
    return tuple(sorted(shares, key=lambda item: -item[1]))
