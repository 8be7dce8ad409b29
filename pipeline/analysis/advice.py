"""Prompts for the teacher from metrics and moments: what went well, one or two things to try, questions to think about.

Prompts, not verdicts: each says what was heard, and points to moments to listen to. A rule that finds no moment, or too
few of them to speak of a habit, says nothing. Thresholds come from research where there is any, and only decide what is
worth mentioning.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from pipeline.analysis.metrics import clear_voices
from pipeline.analysis.questions import ends_in_tag
from pipeline.analysis.waits import averaged
from pipeline.lesson import Advice, AdviceKind, Lesson, Metric, Moment, Turn, Utterance, Wait
from pipeline.timeline import Span, clock

GOOD_WAIT_S = 3.0  # Rowe 1974: from about 3 s on, answers grow longer and more students answer
SHORT_WAIT_S = 1.5  # Rowe 1974: the usual wait is about 1 s
SHORT_SECOND_WAIT_S = 1.0  # Rowe 1974: the same after answers
MANY_OPEN = 0.35  # most classrooms ask well under a third of open questions (Cotton 1988)
FEW_OPEN = 0.2
MUCH_STUDENT_TALK = 0.35  # Flanders 1970 found two thirds of classroom talk to be the teacher's
LITTLE_STUDENT_TALK = 0.2
LONG_MONOLOGUE_S = 300.0  # five minutes without a student's word
SOME_MONOLOGUE_S = 30.0  # a shorter one leaves nothing to hand over
MANY_SHORT_ANSWERS = 0.6
LONG_ANSWER_S = 6.0  # a student who speaks this long explains rather than answers
SOME_ANSWER_S = 2.0  # a shorter one shows little of what was understood
MIN_QUESTIONS = 4  # fewer are too thin to speak of a habit
MIN_WAITS = 3
MIN_ANSWERS = 4
MIN_TALK_S = 60.0
MIN_VOICES = 3
MIN_STUDENT_QUESTIONS = 2  # a single one may be an answer in a rising voice
SHOWN_MOMENTS = 3
MAX_STRENGTHS, MAX_TRY = 3, 2


@dataclass(frozen=True, slots=True)
class _Found:
    """A piece of advice that holds, and how strongly (larger is stronger)."""

    advice: Advice
    strength: float


Rule = Callable[[Lesson], _Found | None]


def advise(lesson: Lesson) -> tuple[Advice, ...]:
    """Up to three strengths, up to two things to try, and prompts to reflect on; strongest first.

    What is named as a strength is not advised in the same breath. Raises KeyError for a lesson that was not measured.
    """
    strengths = _best(_STRENGTHS, lesson)[:MAX_STRENGTHS]
    praised = {item.metric_names[0] for item in strengths}
    tries = [item for item in _best(_TRY_NEXT, lesson) if item.metric_names[0] not in praised][:MAX_TRY]
    return (*strengths, *tries, *_best(_REFLECTIONS, lesson))


def _best(rules: Iterable[Rule], lesson: Lesson) -> list[Advice]:
    found = [item for item in (rule(lesson) for rule in rules) if item is not None]
    return [item.advice for item in sorted(found, key=lambda item: -item.strength)]


def _make(
    kind: AdviceKind, text: str, names: tuple[str, ...], moments: Sequence[Moment], strength: float
) -> _Found | None:
    evidence = tuple(moments[:SHOWN_MOMENTS])
    return _Found(Advice(kind, text, names, evidence), strength) if evidence else None


def _value(lesson: Lesson, name: str) -> float | None:
    return lesson.metric(name).value


def _at_least(metric: Metric, count: float) -> bool:
    """Whether the metric has a value, from at least ``count`` things (or seconds)."""
    return metric.value is not None and (metric.denominator or 0) >= count


def _percent(value: float) -> str:
    return f"{round(100 * value)} %"


def _open_of_all(metric: Metric) -> str:
    asked, opened = metric.denominator or 0, metric.numerator or 0
    return f"Of your {asked:.0f} questions, {opened:.0f} asked students to explain or to think aloud."


def _answered_waits(lesson: Lesson) -> list[Wait]:
    """Waits for a student's answer, shortest first."""
    waits = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.by == "student")
    return sorted(waits, key=lambda wait: wait.span.duration_s)


def _with_speech(lesson: Lesson, waits: Iterable[Wait]) -> list[Moment]:
    """What was said before each wait and the wait, as one moment to play."""
    spans = {item.id: item.span for item in lesson.utterances}
    return [
        Moment(Span(min(said.start_s, wait.span.start_s), wait.span.end_s), wait.utterance_id)
        for wait in waits
        if wait.utterance_id and (said := spans.get(wait.utterance_id))
    ]


def _student_turns(lesson: Lesson, at_least_s: float) -> list[Turn]:
    """The students' turns of at least that length, longest first."""
    turns = [turn for turn in lesson.turns if turn.role == "student" and turn.span.duration_s >= at_least_s]
    return sorted(turns, key=lambda turn: -turn.span.duration_s)


def _turn_moments(lesson: Lesson, turns: Sequence[Turn]) -> list[Moment]:
    return [Moment(turn.span, _first_said(lesson.utterances, turn)) for turn in turns[:SHOWN_MOMENTS]]


def _first_said(utterances: Iterable[Utterance], turn: Turn) -> str | None:
    said = (item for item in utterances if item.span and item.speaker == turn.speaker)
    return next((item.id for item in said if item.span and item.span.overlap_s(turn.span) > 0), None)


def _long_waits(lesson: Lesson) -> _Found | None:
    waits, value = _answered_waits(lesson), _value(lesson, "wait_time_1_median_s")
    long = [wait for wait in reversed(waits) if wait.span.duration_s >= GOOD_WAIT_S]
    if value is None or len(waits) < MIN_WAITS or value < SHORT_WAIT_S:
        return None
    often = "Once" if len(long) == 1 else "More than once"
    text = (
        f"{often} you held the silence for {GOOD_WAIT_S:.0f} s or more before a student answered. Listen to what came "
        "after it."
    )
    moments = _with_speech(lesson, long)
    return _make("strength", text, ("wait_time_1_median_s",), moments, min(2.0, value / GOOD_WAIT_S) + 0.5)


def _open_questions(lesson: Lesson) -> _Found | None:
    metric = lesson.metric("open_question_share")
    if not _at_least(metric, MIN_QUESTIONS) or (metric.value or 0) < MANY_OPEN:
        return None
    text = f"{_open_of_all(metric)} Which of these opened most?"
    return _make("strength", text, (metric.name,), metric.moments, (metric.value or 0) / MANY_OPEN)


def _student_talk(lesson: Lesson) -> _Found | None:
    metric = lesson.metric("student_share")
    if not _at_least(metric, MIN_TALK_S) or (metric.value or 0) < MUCH_STUDENT_TALK:
        return None
    value = metric.value or 0
    text = f"Students had {_percent(value)} of the talk. These are the longest times they held the floor."
    moments = _turn_moments(lesson, _student_turns(lesson, 0.0))
    return _make("strength", text, (metric.name,), moments, value / MUCH_STUDENT_TALK)


def _long_answers(lesson: Lesson) -> _Found | None:
    turns = _student_turns(lesson, LONG_ANSWER_S)
    if (_value(lesson, "short_answer_share") or 0) >= MANY_SHORT_ANSWERS:
        return None
    often = "Once" if len(turns) == 1 else "More than once"
    text = f"{often} a student spoke for {LONG_ANSWER_S:.0f} s or more in one go. What had you done just before?"
    names = ("student_talk_s", "student_answer_words_median")
    return _make("strength", text, names, _turn_moments(lesson, turns), 0.8)


def _many_voices(lesson: Lesson) -> _Found | None:
    voices = clear_voices(lesson.speech)
    if len(voices) < MIN_VOICES:
        return None
    first = {turn.speaker: turn for turn in reversed(lesson.turns) if turn.speaker in voices}
    turns = sorted(first.values(), key=lambda turn: turn.span)
    text = f"About {len(voices)} different student voices were heard. Here is the first time for some of them."
    return _make("strength", text, ("voice_gini", "student_share"), _turn_moments(lesson, turns), 0.5)


def _student_questions(lesson: Lesson) -> _Found | None:
    metric = lesson.metric("student_question_count")
    if (metric.value or 0) < MIN_STUDENT_QUESTIONS:
        return None
    text = "Students asked questions of their own. Listen to how they came to ask."
    return _make("strength", text, (metric.name,), metric.moments, 0.6)


def _wait_longer(lesson: Lesson) -> _Found | None:
    waits, value = _answered_waits(lesson), _value(lesson, "wait_time_1_median_s")
    if value is None or len(waits) < MIN_WAITS or value >= SHORT_WAIT_S:
        return None
    text = (
        f"You waited {value:.1f} s (median) for an answer; listen to these. After the next open question, try counting "
        f"to {GOOD_WAIT_S:.0f} in silence before anybody may speak."
    )
    names = ("wait_time_1_median_s", "wait_time_1_under_1s_share")
    return _make("try_next", text, names, _with_speech(lesson, waits), 2 - value / SHORT_WAIT_S)


def _own_follow_up(lesson: Lesson) -> _Found | None:
    meant = {item.id for item in lesson.utterances if _meant_for_answer(item)}
    asked = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.utterance_id in meant)
    own = [wait for wait in asked if wait.by == "teacher"]
    if len(asked) < MIN_QUESTIONS or len(own) < 0.5 * len(asked):
        return None
    text = (
        "After at least half of your questions you went on yourself before a student spoke. Pick one of these: what "
        "might have come, had the question stood alone?"
    )
    moments = _with_speech(lesson, own)
    return _make("try_next", text, ("wait_time_1_median_s",), moments, 2 * len(own) / len(asked) - 0.2)


def _meant_for_answer(item: Utterance) -> bool:
    kind = item.question.kind if item.question else None
    return kind in ("open", "closed") or (kind == "rhetorical" and not ends_in_tag(item.text))


def _open_more(lesson: Lesson) -> _Found | None:
    metric = lesson.metric("open_question_share")
    if not _at_least(metric, MIN_QUESTIONS) or (metric.value or 0) > FEW_OPEN:
        return None
    closed = [
        Moment(item.span, item.id)
        for item in lesson.utterances
        if item.role == "teacher" and item.question and item.question.kind == "closed" and item.span
    ]
    text = (
        f'{_open_of_all(metric)} Take one of these others and ask it again as "How do you know?" or "What do you '
        'notice?"'
    )
    return _make("try_next", text, (metric.name,), closed, 1.2 - (metric.value or 0) / FEW_OPEN / 2)


def _give_the_floor(lesson: Lesson) -> _Found | None:
    metric, monologue = lesson.metric("student_share"), lesson.metric("longest_monologue_s")
    value, longest_s = metric.value, monologue.value or 0.0
    if value is None or value >= LITTLE_STUDENT_TALK:
        return None
    if not _at_least(metric, MIN_TALK_S) or longest_s < SOME_MONOLOGUE_S:
        return None
    text = (
        f"Students had {_percent(value)} of the talk. Your longest stretch without them lasted {clock(longest_s)}: "
        "which part of it could they have talked about with a partner?"
    )
    return _make("try_next", text, (metric.name, monologue.name), monologue.moments, 1.5 - value / LITTLE_STUDENT_TALK)


def _break_monologue(lesson: Lesson) -> _Found | None:
    monologue, share = lesson.metric("longest_monologue_s"), _value(lesson, "student_share")
    longest_s = monologue.value or 0.0
    if longest_s < LONG_MONOLOGUE_S or (share or 0) < LITTLE_STUDENT_TALK:
        return None  # with less student talk than that, another rule speaks of it
    text = (
        f"Once you spoke for {clock(longest_s)} without a student's word. Where could one question, and a pause after "
        "it, show you what has arrived?"
    )
    return _make("try_next", text, (monologue.name,), monologue.moments, longest_s / LONG_MONOLOGUE_S / 2)


def _longer_answers(lesson: Lesson) -> _Found | None:
    metric = lesson.metric("short_answer_share")
    if not _at_least(metric, MIN_QUESTIONS) or (metric.value or 0) < MANY_SHORT_ANSWERS:
        return None
    text = (
        f"{metric.numerator:.0f} of {metric.denominator:.0f} answers had three words or fewer. After one of these, "
        '"Tell me more" or simply waiting might have brought a sentence.'
    )
    return _make("try_next", text, (metric.name, "wait_time_2_median_s"), metric.moments, metric.value or 0)


def _after_answers(lesson: Lesson) -> _Found | None:
    waits = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_2")
    value = _value(lesson, "wait_time_2_median_s")
    if value is None or len(waits) < MIN_WAITS or value >= SHORT_SECOND_WAIT_S:
        return None
    shortest = sorted(waits, key=lambda wait: wait.span.duration_s)
    text = (
        f"After a student spoke you went on within {value:.1f} s (median). Once or twice, try a nod and a breath "
        "first: students often add their best thought then."
    )
    return _make("try_next", text, ("wait_time_2_median_s",), _with_speech(lesson, shortest), 0.9 - value / 2)


def _pass_on(lesson: Lesson) -> _Found | None:
    """Something to try in any lesson, where nothing is more urgent: a student may reply to a student."""
    replied = [
        (turn, after)
        for turn, after in itertools.pairwise(lesson.turns)
        if turn.role == "student" and turn.span.duration_s >= SOME_ANSWER_S
    ]
    returned = [turn for turn, after in replied if after.role == "teacher"]
    if len(returned) < MIN_ANSWERS or len(returned) < 0.5 * len(replied):
        return None
    longest = sorted(returned, key=lambda turn: -turn.span.duration_s)
    text = (
        "Most answers came straight back to you. With an answer like these, hand it on before you reply: "
        '"Who can add to that?" or "Who sees it differently?"'
    )
    return _make("try_next", text, ("turns_per_h", "ire_share"), _turn_moments(lesson, longest), 0.1)


def _reflect_on_answer(lesson: Lesson) -> _Found | None:
    longest = _student_turns(lesson, SOME_ANSWER_S)[:1]
    text = "Listen to this student. What does the answer show about what was understood, and what would you ask next?"
    return _make("reflection", text, ("student_answer_words_median",), _turn_moments(lesson, longest), 3)


def _reflect_on_question(lesson: Lesson) -> _Found | None:
    asked, opened = lesson.metric("question_count").moments, lesson.metric("open_question_share").moments
    shown = opened if len(opened) > 1 else asked
    text = "If you could ask one of these questions again, which one, and how would you word it?"
    return _make("reflection", text, ("question_count",), shown, 2) if len(shown) > 1 else None


def _reflect_on_silence(lesson: Lesson) -> _Found | None:
    """Only a silence inside the lesson: before and after it, the room is filling or emptying."""
    end_s = lesson.recording.duration_s
    moments = lesson.metric("silence_share").moments
    inside = [moment for moment in moments if moment.span.start_s > 0 and moment.span.end_s < end_s]
    longest = sorted(inside, key=lambda moment: -moment.span.duration_s)[:1]
    text = "What were students doing in this silence, and how do you know?"
    return _make("reflection", text, ("silence_share",), longest, 1)


_STRENGTHS: tuple[Rule, ...] = (
    _long_waits,
    _open_questions,
    _student_talk,
    _long_answers,
    _many_voices,
    _student_questions,
)
_TRY_NEXT: tuple[Rule, ...] = (
    _wait_longer,
    _own_follow_up,
    _open_more,
    _give_the_floor,
    _break_monologue,
    _longer_answers,
    _after_answers,
    _pass_on,
)
_REFLECTIONS: tuple[Rule, ...] = (_reflect_on_answer, _reflect_on_question, _reflect_on_silence)
