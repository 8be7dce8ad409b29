"""Every number of a lesson, each with what it is made of and the moments behind it.

The definitions are in docs/definitions.md. A number is None where there is nothing to measure, or where it could not
be told who spoke.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from statistics import median

from pipeline.analysis.align import UNSPACED_LANGUAGES
from pipeline.analysis.discourse_metrics import MAX_MOMENTS, measure_discourse, moments_of
from pipeline.analysis.questions import JUDGED_LANGUAGES, normalised
from pipeline.analysis.talk import TURN_PAUSE_S, longest_monologue, of_role, paced_talk_s, silences
from pipeline.analysis.waits import averaged
from pipeline.lesson import ROLES, Lesson, Metric, Moment, QuestionKind, Role, Speech, Utterance, Wait
from pipeline.timeline import Span, covering, overlaps, share, summed_s, total_s

SHORT_ANSWER_WORDS = 3
SHORT_WAIT_S = 1.0  # Rowe found most waits under a second
MIN_VOICE_S = 5.0  # a student heard for less is not told apart reliably enough to compare


def measure(lesson: Lesson) -> tuple[Metric, ...]:
    """All metrics of the lesson, in the order in which they are shown."""
    groups = (_talk, _flow, _voices, _questions, _waits, _sequences, measure_discourse)
    return tuple(metric for group in groups for metric in group(lesson))


def measure_talk(lesson: Lesson) -> tuple[Metric, ...]:
    """The metrics that follow from who spoke when in which role alone; they need no utterances."""
    return (*_talk(lesson), _monologue(lesson))


def _moments(spans: Iterable[Span]) -> tuple[Moment, ...]:
    return tuple(Moment(span) for span in spans)[:MAX_MOMENTS]


def _longest(spans: Iterable[Span], count: int = 5) -> tuple[Moment, ...]:
    return _moments(sorted(sorted(spans, key=lambda span: -span.duration_s)[:count]))


def _share(name: str, part: float, whole: float, method: str, moments: tuple[Moment, ...] = ()) -> Metric:
    return Metric(name, share(part, whole), "share", numerator=part, denominator=whole, method=method, moments=moments)


def _talk(lesson: Lesson) -> tuple[Metric, ...]:
    spans = {role: of_role(lesson.speech, role) for role in ROLES}
    known_s = summed_s(spans["teacher"]) + summed_s(spans["student"])

    def talk_share(role: Role) -> Metric:
        method = f"seconds of {role} speech / teacher and student speech; overlap counts for both, unknown for neither"
        return _share(f"{role}_share", summed_s(spans[role]), known_s, method, _longest(spans[role]))

    def talk_s(role: Role, *, told: bool) -> Metric:
        value = summed_s(spans[role]) if told else None
        return _seconds(f"{role}_talk_s", value, f"seconds of {role} speech", _longest(spans[role]))

    return (
        talk_share("teacher"),
        talk_share("student"),
        *_quiet_and_crowded(lesson),
        talk_s("unknown", told=bool(lesson.speech)),
        talk_s("teacher", told=known_s > 0),
        talk_s("student", told=known_s > 0),
    )


def _quiet_and_crowded(lesson: Lesson) -> tuple[Metric, ...]:
    whole_s = max(0.0, lesson.recording.duration_s) if lesson.speech else 0.0  # no speech: it could not be told
    silent = silences(lesson.speech, whole_s)
    inside = (item.span.clipped(Span(0.0, whole_s)) for item in lesson.speech)
    several = overlaps(span for span in inside if span)
    method = "seconds in which nobody speaks for at least 3 s / duration"
    return (
        _share("silence_share", total_s(silent), whole_s, method, _moments(silent)),
        _share("overlap_share", total_s(several), whole_s, "seconds of two or more / duration", _longest(several)),
    )


def _seconds(name: str, value: float | None, method: str, moments: tuple[Moment, ...] = ()) -> Metric:
    return Metric(name, value, "s", numerator=value, method=method, moments=moments)


def _per_hour(name: str, count: int | None, lesson: Lesson, method: str, moments: tuple[Moment, ...] = ()) -> Metric:
    hours = lesson.recording.duration_s / 3600
    value = None if count is None else share(count, hours)
    return Metric(name, value, "1/h", numerator=count, denominator=hours, method=method, moments=moments)


def _monologue(lesson: Lesson) -> Metric:
    monologue = longest_monologue(lesson.speech)
    spans = [monologue] if monologue else []
    method = "first to last of consecutive teacher speech without student speech over 1 s or a pause over 5 s"
    return _seconds("longest_monologue_s", monologue.duration_s if monologue else None, method, _moments(spans))


def _flow(lesson: Lesson) -> tuple[Metric, ...]:
    turns = len(lesson.turns) if lesson.turns else None
    return (
        _monologue(lesson),
        _per_hour("turns_per_h", turns, lesson, "turns at talk / hours"),
        _pace("pace_teacher_wpm", lesson, "teacher"),
        _pace("pace_student_wpm", lesson, "student"),
        _fillers(lesson),
    )


def _words(utterances: Iterable[Utterance]) -> int:
    return sum(
        len(item.words) if item.language in UNSPACED_LANGUAGES else len(normalised(item.text).split())
        for item in utterances
    )


def _said_by(lesson: Lesson, role: Role) -> tuple[Utterance, ...]:
    return tuple(item for item in lesson.utterances if item.role == role)


def _pace(name: str, lesson: Lesson, role: Role) -> Metric:
    words, minutes = _words(_said_by(lesson, role)), paced_talk_s(lesson.speech, role) / 60
    method = "words / minutes of talk; pauses of up to 1 s count as talk"
    value = share(words, minutes) if words else None
    return Metric(name, value, "words/min", numerator=words, denominator=minutes, method=method)


# English hesitations and empty words. "Mm-hmm" is a yes, and "you know what" begins a sentence.
_FILLER = re.compile(
    r"\b(?:um+|uh+|uhm+|er+|erm+|hm+|mm+"
    r"|you know(?! (?:what|how|why|that|where|who|if|the|it))|i mean(?! (?:that|the|by)))\b"
)
_YES = re.compile(r"\b(?:mm+|uh+|um+)[ -]?(?:hm+|huh)\b")
_FILLING_LIKE = re.compile(r"(?:^|, |\b(?:is|was|are|were|be|just|it's|that's) )like,")


def _fillers(lesson: Lesson) -> Metric:
    said = [item for item in _said_by(lesson, "teacher") if item.language in JUDGED_LANGUAGES]
    counts = {item.id: filler_count(item.text) for item in said}
    words, found = _words(said), sum(counts.values())
    return Metric(
        "fillers_teacher_per_100",
        share(100 * found, words),
        "1/100 words",
        numerator=found,
        denominator=words,
        method="hesitations and empty words / 100 words, English only; recognition leaves some out: a lower bound",
        moments=moments_of(item for item in said if counts[item.id]),
    )


def filler_count(text: str) -> int:
    """How many English hesitations and empty words a text holds."""
    plain = _YES.sub("yes", text.lower())
    return len(_FILLER.findall(plain)) + len(_FILLING_LIKE.findall(plain))


def clear_voices(speech: Iterable[Speech]) -> Mapping[str, float]:
    """Seconds of talk of each student who is heard long enough (5 s) to be told apart reliably."""
    talk_s: dict[str, float] = {}
    for item in speech:
        if item.role == "student":
            talk_s[item.speaker] = talk_s.get(item.speaker, 0.0) + item.span.duration_s
    return {speaker: seconds for speaker, seconds in talk_s.items() if seconds >= MIN_VOICE_S}


def _voices(lesson: Lesson) -> tuple[Metric, ...]:
    talk_s = sorted(clear_voices(lesson.speech).values())
    method = f"Gini coefficient of the talk of the student voices heard for at least {MIN_VOICE_S:.0f} s"
    if not lesson.students_told_apart:
        return (Metric("voice_gini", None, "gini", method=f"{method}; not told apart reliably in this lesson"),)
    return (Metric("voice_gini", gini(talk_s), "gini", denominator=len(talk_s), method=method),)


def gini(amounts: Sequence[float]) -> float | None:
    """How unevenly ``amounts`` (in ascending order) are shared out, 0 (evenly) to 1; None for fewer than two."""
    count, whole = len(amounts), sum(amounts)
    if count < 2 or whole <= 0:
        return None
    return sum((2 * place - count - 1) * amount for place, amount in enumerate(amounts, start=1)) / (count * whole)


def _questions(lesson: Lesson) -> tuple[Metric, ...]:
    known = any(item.role != "unknown" for item in lesson.utterances)

    def counted(name: str, items: Sequence[Utterance], method: str) -> Metric:
        value = float(len(items)) if known else None
        return Metric(name, value, "count", numerator=value, method=method, moments=moments_of(items))

    real, opened = _asked(lesson, "open", "closed"), _asked(lesson, "open")
    method = "the teacher's open and closed questions"
    count = len(real) if known else None
    asking = [item for item in _said_by(lesson, "student") if item.question]
    straight_on = "the teacher's questions after which the teacher goes straight on"
    running = "the teacher's questions about the running of the lesson"
    return (
        counted("question_count", real, method),
        _per_hour("question_rate_per_h", count, lesson, f"{method} / hours", moments_of(real)),
        _share("open_question_share", len(opened), len(real), "open / open and closed questions", moments_of(opened)),
        counted("procedural_question_count", _asked(lesson, "procedural"), running),
        counted("rhetorical_question_count", _asked(lesson, "rhetorical"), straight_on),
        counted("student_question_count", asking, "questions that students ask"),
        *_answers(lesson),
    )


def _asked(lesson: Lesson, *kinds: QuestionKind) -> list[Utterance]:
    """The teacher's questions of these kinds."""
    return [item for item in _said_by(lesson, "teacher") if item.question and item.question.kind in kinds]


def _answers(lesson: Lesson) -> tuple[Metric, ...]:
    places = [place for place, item in enumerate(lesson.utterances) if item.question and item.role == "teacher"]
    found = [answer for place in places if (answer := _answer(lesson.utterances, place))]
    lengths = [_words(answer) for answer in found]
    short = [answer for answer, words in zip(found, lengths, strict=True) if words <= SHORT_ANSWER_WORDS]
    return (
        Metric(
            "student_answer_words_median",
            float(median(lengths)) if lengths else None,
            "words",
            denominator=len(lengths),
            method="median words of the student's turn that follows a teacher's question",
            moments=_turns(found),
        ),
        _share("short_answer_share", len(short), len(found), "answers of at most 3 words / answers", _turns(short)),
    )


def _answer(utterances: Sequence[Utterance], place: int) -> list[Utterance]:
    """The turn of the student who speaks directly after the question at ``place``; empty where none does."""
    answer: list[Utterance] = []
    for index in range(place + 1, len(utterances)):
        item = utterances[index]
        if item.role != "student" or (answer and not _same_turn(answer[-1], item)):
            break
        answer.append(item)
    return answer


def _same_turn(before: Utterance, after: Utterance) -> bool:
    if before.speaker != after.speaker:
        return False
    return before.span is None or after.span is None or after.span.start_s - before.span.end_s < TURN_PAUSE_S


def _turns(answers: Iterable[Sequence[Utterance]]) -> tuple[Moment, ...]:
    timed = ((answer[0].id, [item.span for item in answer if item.span]) for answer in answers)
    return tuple(Moment(covering(spans), name) for name, spans in timed if spans)[:MAX_MOMENTS]


def _waits(lesson: Lesson) -> tuple[Metric, ...]:
    first = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.by == "student")
    second = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_2")
    short = [wait for wait in first if wait.span.duration_s < SHORT_WAIT_S]
    to_answer = "median silence from a teacher's question to a student's answer, up to 30 s"
    to_teacher = "median silence from a student's turn to the teacher's next speech, up to 30 s"
    under = "waits under 1 s / waits for a student's answer"
    return (
        _median_wait("wait_time_1_median_s", first, to_answer),
        _share("wait_time_1_under_1s_share", len(short), len(first), under, _wait_moments(short)),
        _median_wait("wait_time_2_median_s", second, to_teacher),
    )


def _wait_moments(waits: Iterable[Wait]) -> tuple[Moment, ...]:
    return tuple(Moment(wait.span, wait.utterance_id) for wait in waits)[:MAX_MOMENTS]


def _median_wait(name: str, waits: Sequence[Wait], method: str) -> Metric:
    value = median(wait.span.duration_s for wait in waits) if waits else None
    return Metric(name, value, "s", denominator=len(waits), method=method, moments=_wait_moments(waits))


def _sequences(lesson: Lesson) -> tuple[Metric, ...]:
    places = {item.id: place for place, item in enumerate(lesson.utterances)}
    asked = _asked(lesson, "open", "closed")
    answered = [item for item in asked if _answer(lesson.utterances, places[item.id])]
    starts = {sequence.utterance_ids[0] for sequence in lesson.sequences if sequence.kind == "ire"}
    chains = [item for item in answered if item.id in starts]
    method = "answered questions that the teacher's evaluation follows / answered questions"
    return (_share("ire_share", len(chains), len(answered), method, moments_of(chains)),)
