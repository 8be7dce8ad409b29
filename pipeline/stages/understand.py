"""From who spoke when and what was said to a lesson with roles, questions, waits, numbers and advice."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from pipeline.analysis.advice import advise, thin_evidence
from pipeline.analysis.align import build_utterances
from pipeline.analysis.corrections import correct_speech
from pipeline.analysis.discourse import label_moves, label_praise, label_uptake
from pipeline.analysis.languages import language_name
from pipeline.analysis.metrics import measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.ranges import with_ranges
from pipeline.analysis.roles import assign_roles, students_told_apart
from pipeline.analysis.talk import build_segments, build_turns
from pipeline.analysis.vocabulary import Subject, measure_vocabulary, read_subjects
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Correction, CorrectionSummary, Goal, Lesson, Passage, Recording, Speech, Utterance
from pipeline.resources import data_path
from pipeline.stages.discourse import Discourse
from pipeline.timeline import share

ONE_GROUP = (
    "The students' voices could not be told apart reliably here. Read them as one group of students: how many voices are listed "
    "is no count of the students who spoke."
)
BY_RULES = (
    "Questions were judged by rules from the words alone, and talk moves and uptake were not judged: the weights that judge "
    "them are switched off in the settings."
)
MENTIONED_SHARE = 0.02  # fewer words in another language are names, or mistakes of recognition


def notices(lesson: Lesson) -> tuple[str, ...]:
    """What a reader has to know about who speaks in this lesson, and about what could be judged."""
    voices = () if lesson.students_told_apart else (ONE_GROUP,)
    thin = thin_evidence(lesson) if lesson.metrics else None
    return (*voices, *language_notices(lesson), *((thin,) if thin else ()))


def language_notices(lesson: Lesson) -> tuple[str, ...]:
    """Which languages were spoken beside English, and what that means for questions and moves."""
    others = [(code, part) for code, part in lesson.languages if code != "en" and part >= MENTIONED_SHARE]
    if not others:
        return ()
    named = ", ".join(f"{language_name(code)} ({round(100 * part)} %)" for code, part in others)
    return (
        f"Words in other languages than English: {named}. There, questions are known by the question mark alone, so "
        "less surely, and talk moves, uptake and praise are not judged. Talk and waiting are measured as ever.",
    )


@dataclass(frozen=True, slots=True)
class Teaching:
    """What is known of the teacher beside this lesson: the goal for it, and the numbers of earlier ones, oldest first."""

    goal: Goal | None = None
    earlier: tuple[Mapping[str, float], ...] = ()


NOTHING_KNOWN = Teaching()


@dataclass(frozen=True, slots=True)
class Said:
    """Who spoke when in which role, what each said, and how far people corrected it."""

    speech: tuple[Speech, ...]
    utterances: tuple[Utterance, ...]
    corrections: CorrectionSummary | None = None


def attribute(passages: Sequence[Passage], speech: Sequence[Speech], corrections: Sequence[Correction] = ()) -> Said:
    """Gives roles to the speech and speakers to the words; ``corrections`` by people come last and hold."""
    speech, utterances = assign_roles(speech, build_utterances(passages, speech))
    if not corrections:
        return Said(tuple(speech), utterances)
    speech, summary = correct_speech(speech, corrections)
    return Said(tuple(speech), build_utterances(passages, speech), summary)


def understand(
    recording: Recording,
    languages: Sequence[tuple[str, float]],
    said: Said,
    discourse: Discourse | None = None,
    teaching: Teaching = NOTHING_KNOWN,
) -> Lesson:
    """The lesson with all that follows from who said what, with its numbers and the advice that rests on them.

    ``languages``: their shares of the words, most first. ``discourse``: what a model made of what was said, if one did.
    """
    speech, turns = said.speech, build_turns(said.speech)
    utterances = label_utterances(said.utterances, discourse)
    lesson = Lesson(
        recording=recording,
        language=languages[0][0] if languages else None,
        languages=tuple(languages),
        speech=speech,
        turns=turns,
        segments=build_segments(speech, recording.duration_s),
        utterances=utterances,
        waits=find_waits(utterances, speech, turns),
        sequences=find_ire(utterances),
        corrections=said.corrections,
        students_told_apart=students_told_apart(speech),
    )
    metrics = (*measure(lesson), *measure_vocabulary(lesson, _subjects()))
    measured = replace(lesson, metrics=with_ranges(lesson, metrics))
    return replace(measured, advice=advise(measured, goal=teaching.goal, earlier=teaching.earlier))


@cache
def _subjects() -> tuple[Subject, ...]:
    return read_subjects(tomllib.loads(data_path("configs", "vocabulary.toml").read_text(encoding="utf-8")))


def label_utterances(utterances: Sequence[Utterance], discourse: Discourse | None) -> tuple[Utterance, ...]:
    """The utterances with questions and praise, and with moves and uptake where a model judged them."""
    if discourse is None:
        return label_praise(tag_questions(utterances))
    judged = discourse.of(utterances)
    judgements = [item.judgement if item else None for item in judged]
    asked = tag_questions(utterances, judgements, [item.rise_st if item else None for item in judged])
    moved = label_moves(asked, judgements)
    return label_praise(label_uptake(moved, discourse.uptake_scores(utterances)))


def spoken_languages(passages: Sequence[Passage]) -> tuple[tuple[str, float], ...]:
    """Languages and their share of the recognised words, most first."""
    return _shares((passage.language, len(passage.words)) for passage in passages)


def text_languages(utterances: Iterable[Utterance]) -> tuple[tuple[str, float], ...]:
    """The same for a lesson that comes from text."""
    return _shares((item.language, len(item.text.split())) for item in utterances if item.language)


def _shares(counted: Iterable[tuple[str, int]]) -> tuple[tuple[str, float], ...]:
    counts: dict[str, int] = {}
    for language, words in counted:
        counts[language] = counts.get(language, 0) + words
    whole = sum(counts.values())
    shares = ((language, share(count, whole) or 0.0) for language, count in counts.items())
    return tuple(sorted(shares, key=lambda item: -item[1]))
