"""Where in a lesson a piece of advice can be heard: selectors, each known by name to ``configs/feedback.toml``.

A selector takes the lesson, the name of the metric that a rule is about, and the rule's ``limit`` (in the selector's own
unit: seconds, or a score of 0 to 1; most need none). It returns what it found, what tells most first, and among how
many it looked. In lessons from text a moment has no times, only its utterance.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from pipeline.analysis.discourse import gives_reason
from pipeline.analysis.metrics import SHORT_ANSWER_WORDS, clear_voices
from pipeline.analysis.questions import ends_in_tag
from pipeline.analysis.waits import averaged
from pipeline.lesson import Lesson, Moment, QuestionKind, Turn, Utterance, Wait
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.timeline import Span, covering

PRESS_REACH = 4  # utterances after a claim in which a "why?" still belongs to it
LEAD_S = 20.0  # a student's words before a teacher's move are heard with it, if not longer ago


@dataclass(frozen=True, slots=True)
class Selection:
    """Moments that tell most first, and ``among`` how many things (of the kind that was looked at) they were found."""

    moments: tuple[Moment, ...]
    among: int

    @property
    def found_share(self) -> float:
        """Found among all looked at, 0 to 1; 0 where there was nothing to look at."""
        return len(self.moments) / self.among if self.among else 0.0


Selector = Callable[[Lesson, str, float], Selection]


def _of(utterances: Iterable[Utterance], among: int | None = None) -> Selection:
    moments = tuple(Moment(item.span, item.id) for item in utterances)
    return Selection(moments, len(moments) if among is None else among)


def _metric_moments(lesson: Lesson, about: str, limit: float) -> Selection:
    moments = next((metric.moments for metric in lesson.metrics if metric.name == about), ())
    return Selection(moments, len(moments))


# Waiting


def _answered_waits(lesson: Lesson) -> list[Wait]:
    """Waits for a student's answer, shortest first."""
    waits = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.by == "student")
    return sorted(waits, key=lambda wait: wait.span.duration_s)


def _with_speech(lesson: Lesson, waits: Sequence[Wait], among: int) -> Selection:
    """What was said before each wait and the wait, as one moment to play."""
    spans = {item.id: item.span for item in lesson.utterances}
    moments = (
        Moment(Span(min(said.start_s, wait.span.start_s), wait.span.end_s), wait.utterance_id)
        for wait in waits
        if wait.utterance_id and (said := spans.get(wait.utterance_id))
    )
    return Selection(tuple(moments), among)


def _long_waits(lesson: Lesson, about: str, limit_s: float) -> Selection:
    waits = _answered_waits(lesson)
    long = [wait for wait in reversed(waits) if wait.span.duration_s >= limit_s]
    return _with_speech(lesson, long, len(waits))


def _short_waits(lesson: Lesson, about: str, limit: float) -> Selection:
    waits = _answered_waits(lesson)
    return _with_speech(lesson, waits, len(waits))


def _short_second_waits(lesson: Lesson, about: str, limit: float) -> Selection:
    waits = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_2")
    return _with_speech(lesson, sorted(waits, key=lambda wait: wait.span.duration_s), len(waits))


def _long_second_waits(lesson: Lesson, about: str, limit_s: float) -> Selection:
    waits = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_2")
    long = [wait for wait in waits if wait.span.duration_s >= limit_s]
    return _with_speech(lesson, sorted(long, key=lambda wait: -wait.span.duration_s), len(waits))


def _own_follow_ups(lesson: Lesson, about: str, limit: float) -> Selection:
    """Questions meant for an answer after which the teacher spoke first."""
    meant = {item.id for item in lesson.utterances if _meant_for_answer(item)}
    asked = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.utterance_id in meant)
    return _with_speech(lesson, [wait for wait in asked if wait.by == "teacher"], len(asked))


def _meant_for_answer(item: Utterance) -> bool:
    kind = item.question.kind if item.question else None
    return kind in ("open", "closed") or (kind == "rhetorical" and not ends_in_tag(item.text))


# Talk


def _turn_moments(lesson: Lesson, turns: Sequence[Turn], among: int) -> Selection:
    return Selection(tuple(Moment(turn.span, _first_said(lesson.utterances, turn)) for turn in turns), among)


def _first_said(utterances: Iterable[Utterance], turn: Turn) -> str | None:
    said = (item for item in utterances if item.span and item.speaker == turn.speaker)
    return next((item.id for item in said if item.span and item.span.overlap_s(turn.span) > 0), None)


def _student_turns(lesson: Lesson, about: str, limit_s: float) -> Selection:
    """The students' turns of at least that length, longest first; from text their utterances, most words first."""
    turns = [turn for turn in lesson.turns if turn.role == "student"]
    if not turns:
        return _longest_said(item for item in lesson.utterances if item.role == "student" and item.span is None)
    long = [turn for turn in turns if turn.span.duration_s >= limit_s]
    return _turn_moments(lesson, sorted(long, key=lambda turn: -turn.span.duration_s), len(turns))


def _longest_said(utterances: Iterable[Utterance]) -> Selection:
    said = [item for item in utterances if len(item.text.split()) > SHORT_ANSWER_WORDS]
    return _of(sorted(said, key=lambda item: -len(item.text.split())))


def _returned_answers(lesson: Lesson, about: str, limit_s: float) -> Selection:
    """Students' turns of at least that length after which the teacher speaks next, longest first."""
    replied = [
        (turn, after)
        for turn, after in itertools.pairwise(lesson.turns)
        if turn.role == "student" and turn.span.duration_s >= limit_s
    ]
    returned = [turn for turn, after in replied if after.role == "teacher"]
    return _turn_moments(lesson, sorted(returned, key=lambda turn: -turn.span.duration_s), len(replied))


def _longest_monologue(lesson: Lesson, about: str, limit: float) -> Selection:
    return _metric_moments(lesson, "longest_monologue_s", limit)


def _first_voices(lesson: Lesson, about: str, limit: float) -> Selection:
    """The first turn of each student who is heard long enough to be told apart."""
    voices = clear_voices(lesson.speech)
    first = {turn.speaker: turn for turn in reversed(lesson.turns) if turn.speaker in voices}
    return _turn_moments(lesson, sorted(first.values(), key=lambda turn: turn.span), len(voices))


def _silences_inside(lesson: Lesson, about: str, limit: float) -> Selection:
    """Silences within the lesson, longest first: before and after it, the room is filling or emptying."""
    end_s = lesson.recording.duration_s
    spans = [moment.span for moment in _metric_moments(lesson, "silence_share", limit).moments if moment.span]
    inside = [span for span in spans if span.start_s > 0 and span.end_s < end_s]
    longest = sorted(inside, key=lambda span: -span.duration_s)
    return Selection(tuple(Moment(span) for span in longest), len(inside))


# Questions


def _asked(lesson: Lesson, *kinds: QuestionKind) -> list[Utterance]:
    asked = (item for item in lesson.utterances if item.role == "teacher" and item.question)
    return [item for item in asked if item.question and item.question.kind in kinds]


def _open_questions(lesson: Lesson, about: str, limit: float) -> Selection:
    return _of(_asked(lesson, "open"), len(_asked(lesson, "open", "closed")))


def _closed_questions(lesson: Lesson, about: str, limit: float) -> Selection:
    return _of(_asked(lesson, "closed"), len(_asked(lesson, "open", "closed")))


def _telling_questions(lesson: Lesson, about: str, limit: float) -> Selection:
    """The teacher's open questions where there are several, else all open and closed ones."""
    opened, asked = _asked(lesson, "open"), _asked(lesson, "open", "closed")
    return _of(opened if len(opened) > 1 else asked, len(asked))


def _student_questions(lesson: Lesson, about: str, limit: float) -> Selection:
    return _of(item for item in lesson.utterances if item.role == "student" and item.question)


def _focused(wanted: Literal["focusing", "funnelling"]) -> Selector:
    def select(lesson: Lesson, about: str, limit: float) -> Selection:
        known = [item for item in _asked(lesson, "open", "closed") if item.question and item.question.focus]
        return _of((item for item in known if item.question and item.question.focus == wanted), len(known))

    return select


def _demanding(*wanted: str) -> Selector:
    def select(lesson: Lesson, about: str, limit: float) -> Selection:
        known = [item for item in _asked(lesson, "open", "closed") if item.question and item.question.demand]
        return _of((item for item in known if item.question and item.question.demand in wanted), len(known))

    return select


def _short_answers(lesson: Lesson, about: str, limit: float) -> Selection:
    timed = _metric_moments(lesson, "short_answer_share", limit)
    if timed.moments:
        return timed
    replies = [
        answer
        for asked, answer in itertools.pairwise(lesson.utterances)
        if asked.role == "teacher" and asked.question and answer.role == "student" and answer.span is None
    ]
    return _of((item for item in replies if len(item.text.split()) <= SHORT_ANSWER_WORDS), len(replies))


# Discourse


def _with_before(lesson: Lesson, wanted: Callable[[Utterance], bool], among: int | None = None) -> Selection:
    """A teacher's words together with the student's words directly before them, where those are near."""
    moments = []
    for before, item in itertools.pairwise((None, *lesson.utterances)):
        if item is None or item.role != "teacher" or not wanted(item):
            continue
        span = item.span
        if before and before.role == "student" and before.span and span:
            near = 0 <= span.start_s - before.span.start_s <= LEAD_S
            span = covering((before.span, span)) if near else span
        moments.append(Moment(span, item.id))
    return Selection(tuple(moments), len(moments) if among is None else among)


def _teacher_move(label: str) -> Selector:
    return lambda lesson, about, limit: _with_before(lesson, lambda item: item.teacher_move == label)


def _student_move(label: str) -> Selector:
    def select(lesson: Lesson, about: str, limit: float) -> Selection:
        made = [item for item in lesson.utterances if item.role == "student" and item.student_move == label]
        return _of(sorted(made, key=lambda item: -len(item.text.split())))

    return select


def _reasons_given(lesson: Lesson, about: str, limit: float) -> Selection:
    """Students' reasons, most words first; where no model has judged, by their words alone, as the metric does."""
    if any(item.student_move for item in lesson.utterances):
        return _student_move(_REASON)(lesson, about, limit)
    told = [item for item in lesson.utterances if item.role == "student" and item.question is None]
    return _longest_said(item for item in told if gives_reason(item.text))


def _unpressed_claims(lesson: Lesson, about: str, limit: float) -> Selection:
    """Students' claims without a reason of their own and without a teacher's "why?" soon after them, longest first."""
    told = lesson.utterances
    claims = [place for place, item in enumerate(told) if item.role == "student" and item.student_move == _CLAIM]
    alone = [told[place] for place in claims if not any(map(_reasons, told[place + 1 : place + 1 + PRESS_REACH]))]
    return _of(sorted(alone, key=lambda item: -len(item.text.split())), len(claims))


_CLAIM, _REASON, _PRESS = "making_a_claim", "providing_evidence_or_reasoning", "pressing_for_reasoning"


def _reasons(item: Utterance) -> bool:
    return item.teacher_move == _PRESS or item.student_move == _REASON


def _uptake(lesson: Lesson) -> list[float]:
    return [item.uptake for item in lesson.utterances if item.role == "teacher" and item.uptake is not None]


def _high_uptake(lesson: Lesson, about: str, limit: float) -> Selection:
    wanted = _with_before(lesson, lambda item: item.uptake is not None and item.uptake >= limit, len(_uptake(lesson)))
    return _by_uptake(lesson, wanted, -1.0)


def _low_uptake(lesson: Lesson, about: str, limit: float) -> Selection:
    wanted = _with_before(lesson, lambda item: item.uptake is not None and item.uptake <= limit, len(_uptake(lesson)))
    return _by_uptake(lesson, wanted, 1.0)


def _by_uptake(lesson: Lesson, found: Selection, sign: float) -> Selection:
    scores = {item.id: sign * (item.uptake or 0.0) for item in lesson.utterances}
    ordered = sorted(found.moments, key=lambda moment: scores.get(moment.utterance_id or "", 0.0))
    return Selection(tuple(ordered), found.among)


def _praise(kind: Literal["specific", "general"]) -> Selector:
    def select(lesson: Lesson, about: str, limit: float) -> Selection:
        among = sum(item.role == "teacher" and item.praise is not None for item in lesson.utterances)
        return _with_before(lesson, lambda item: item.praise == kind, among)

    return select


def _ire_chains(lesson: Lesson, about: str, limit: float) -> Selection:
    """Question, answer and evaluation, as one moment from the first to the last."""
    told = {item.id: item for item in lesson.utterances}
    chains = [sequence.utterance_ids for sequence in lesson.sequences if sequence.kind == "ire"]
    known = [[told[name] for name in chain if name in told] for chain in chains]
    moments = []
    for chain in known:
        spans = [item.span for item in chain if item.span]
        if chain:
            moments.append(Moment(covering(spans) if spans else None, chain[0].id))
    return Selection(tuple(moments), len(moments))


SELECTORS: Mapping[str, Selector] = {
    "metric_moments": _metric_moments,
    "long_waits": _long_waits,
    "short_waits": _short_waits,
    "long_second_waits": _long_second_waits,
    "short_second_waits": _short_second_waits,
    "own_follow_ups": _own_follow_ups,
    "student_turns": _student_turns,
    "returned_answers": _returned_answers,
    "longest_monologue": _longest_monologue,
    "first_voices": _first_voices,
    "silences_inside": _silences_inside,
    "open_questions": _open_questions,
    "closed_questions": _closed_questions,
    "telling_questions": _telling_questions,
    "student_questions": _student_questions,
    "focusing_questions": _focused("focusing"),
    "funnelling_questions": _focused("funnelling"),
    "recall_questions": _demanding("recall"),
    "thinking_questions": _demanding("explain", "reason"),
    "short_answers": _short_answers,
    "reasons_given": _reasons_given,
    "unpressed_claims": _unpressed_claims,
    "high_uptake": _high_uptake,
    "low_uptake": _low_uptake,
    "specific_praise": _praise("specific"),
    "general_praise": _praise("general"),
    "ire_chains": _ire_chains,
    **{label: _teacher_move(label) for label in TEACHER_LABELS if label != "none"},
    **{label: _student_move(label) for label in STUDENT_LABELS if label != "none"},
}
"""Every selector by the name that rules know it by; talk moves by their labels."""
