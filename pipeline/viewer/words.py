"""Every number in plain words: what it is called, how it is written, and what it means in one sentence.

One catalogue for pages, charts and tests. The meanings follow ``docs/definitions.md``; nothing is judged here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from pipeline.lesson import AdviceKind, Metric, QuestionKind, Role, SegmentKind, WaitKind
from pipeline.viewer.move_words import MOVE_WORDS

Group = Literal["talk", "questions", "waiting", "discourse"]
GROUPS: tuple[Group, ...] = ("talk", "questions", "waiting", "discourse")
Form = Literal["share", "seconds", "count", "per_hour", "per_minute", "per_100", "words", "index"]
_PRECISE_UNDER_S = 10.0  # below this, tenths of a second matter (waiting); above, nobody reads them
_MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class MetricWords:
    """How one metric is shown; ``form`` says how its value is written.

    ``spread``: its low and high are the middle half of what it was taken from, not a range of uncertainty.
    """

    name: str
    label: str
    group: Group
    form: Form
    meaning: str
    spread: bool = False


ROLE_WORDS: dict[Role, str] = {"teacher": "Teacher", "student": "Students", "unknown": "Not sure who"}
QUESTION_WORDS: dict[QuestionKind, tuple[str, str]] = {
    "open": ("Open", "Several answers hold; the student explains."),
    "closed": ("Closed", "One right answer, or yes or no."),
    "procedural": ("About the lesson", "Who, where, ready? It is about running the lesson."),
    "rhetorical": ("Rhetorical", "The teacher goes straight on."),
}
SEGMENT_WORDS: dict[SegmentKind, str] = {
    "teacher_talk": "Teacher talks",
    "dialogue": "Dialogue",
    "group_talk": "Group talk",
    "silence": "Silence",
}
WAIT_WORDS: dict[WaitKind, str] = {
    "wait_time_1": "After a question",
    "wait_time_2": "After a student spoke",
}
# The rows of the waits: pauses after a question by the question's kind, where the numbers are known by kind.
PAUSE_WORDS: dict[str, str] = {
    "open": "After an open question",
    "closed": "After a closed question",
    "other": "After another question",
    "wait_time_1": WAIT_WORDS["wait_time_1"],
    "wait_time_2": WAIT_WORDS["wait_time_2"],
}
DEMAND_WORDS = {"recall": "asks to recall a fact", "explain": "asks to explain", "reason": "asks for a reason"}
FOCUS_WORDS = {
    "focusing": "Focusing questions make students think about their own thinking.",
    "funnelling": "Funnelling questions lead step by step to the answer that the teacher has in mind.",
}
ADVICE_WORDS: dict[AdviceKind, str] = {
    "strength": "Worth keeping",
    "try_next": "Something to try",
    "reflection": "To think about",
}

RANGE_MEANING = "In four of five lessons like this one the true value lies in this range."

# Of a metric that is a middle value: where most of what it was taken from lies. That says nothing about certainty.
SPREAD_MEANING = "Half of the pauses were between these two. That is how much they differ, not how sure the number is."

_CATALOGUE: tuple[MetricWords, ...] = (
    MetricWords(
        "teacher_share",
        "Teacher's share of the talk",
        "talk",
        "share",
        "Of all the time in which the teacher or students spoke, the part that was the teacher's. Where both spoke at "
        "once, it counts for both.",
    ),
    MetricWords(
        "student_share",
        "Students' share of the talk",
        "talk",
        "share",
        "Of all the time in which the teacher or students spoke, the part that was the students'.",
    ),
    MetricWords(
        "silence_share",
        "Silence",
        "talk",
        "share",
        "Of the whole recording, the part in which nobody spoke for three seconds or longer.",
    ),
    MetricWords(
        "overlap_share",
        "Several at once",
        "talk",
        "share",
        "Of the whole recording, the part in which two or more people spoke at once, as in group work.",
    ),
    MetricWords("unknown_talk_s", "Not sure who", "talk", "seconds", "Talk that could not be given to anybody safely."),
    MetricWords("teacher_talk_s", "Teacher's talk", "talk", "seconds", "How long the teacher spoke, pauses left out."),
    MetricWords("student_talk_s", "Students' talk", "talk", "seconds", "How long students spoke, pauses left out."),
    MetricWords(
        "longest_monologue_s",
        "Longest stretch of the teacher",
        "talk",
        "seconds",
        "The longest stretch in which the teacher went on, without a student speaking for more than a second and "
        "without a pause over five seconds.",
    ),
    MetricWords("turns_per_h", "Changes of speaker", "talk", "per_hour", "How often the word passed, per hour."),
    MetricWords(
        "pace_teacher_wpm",
        "Teacher's pace",
        "talk",
        "per_minute",
        "Words per minute while the teacher speaks; pauses of up to a second count as speaking.",
    ),
    MetricWords(
        "pace_student_wpm",
        "Students' pace",
        "talk",
        "per_minute",
        "Words per minute while students speak; pauses of up to a second count as speaking.",
    ),
    MetricWords(
        "student_answer_words_median",
        "Length of an answer",
        "talk",
        "words",
        "Half of the students' answers to a question were shorter than this, half were longer.",
    ),
    MetricWords(
        "short_answer_share",
        "Very short answers",
        "talk",
        "share",
        "Of the students' answers, the part of three words or fewer.",
    ),
    MetricWords(
        "fillers_teacher_per_100",
        "Filler words",
        "talk",
        "per_100",
        "How many of 100 words of the teacher were “um”, “you know” and the like.",
    ),
    *(
        MetricWords(
            f"academic_words_{role}_per_100",
            f"{whose} words of the subject",
            "discourse",
            "per_100",
            f"How many of 100 words of the {role} belong to the vocabulary of the subject, such as “denominator”. The lists "
            "are in configs/vocabulary.toml.",
        )
        for role, whose in (("teacher", "Teacher's"), ("student", "Students'"))
    ),
    MetricWords(
        "voice_gini",
        "Unevenness of student voices",
        "talk",
        "index",
        "0 is even: all students who were heard spoke equally long; near 1, one of them spoke nearly all "
        "the time. Only voices that could be told apart safely count.",
    ),
    MetricWords(
        "question_count",
        "Questions",
        "questions",
        "count",
        "Questions of the teacher that ask for an answer. Those about running the lesson, and rhetorical ones, are "
        "counted apart.",
    ),
    MetricWords("question_rate_per_h", "Questions per hour", "questions", "per_hour", "The same, per hour of lesson."),
    MetricWords(
        "open_question_share",
        "Open questions",
        "questions",
        "share",
        "Of the teacher's open and closed questions, the part that leaves room for several answers.",
    ),
    MetricWords(
        "procedural_question_count",
        "About running the lesson",
        "questions",
        "count",
        "Questions such as “Is everybody ready?”.",
    ),
    MetricWords(
        "rhetorical_question_count",
        "Rhetorical questions",
        "questions",
        "count",
        "Questions after which the teacher went straight on.",
    ),
    MetricWords(
        "student_question_count", "Questions of students", "questions", "count", "Questions that students asked."
    ),
    MetricWords(
        "wait_time_1_median_s",
        "Wait after a question",
        "waiting",
        "seconds",
        "The pause between a teacher's question and a student's answer. Half of the pauses were shorter, half longer. "
        "Pauses over 30 seconds are work time and are left out.",
    ),
    MetricWords(
        "wait_time_1_open_median_s",
        "Wait after an open question",
        "waiting",
        "seconds",
        "The pause between an open question of the teacher and a student's answer. Half were shorter, half longer. The "
        "range beside it is the middle half of the pauses, not a range of uncertainty.",
        spread=True,
    ),
    MetricWords(
        "wait_time_1_closed_median_s",
        "Wait after a closed question",
        "waiting",
        "seconds",
        "The pause between a closed question of the teacher and a student's answer. Half were shorter, half longer. The "
        "range beside it is the middle half of the pauses, not a range of uncertainty.",
        spread=True,
    ),
    MetricWords(
        "wait_time_1_under_1s_share",
        "Waits under a second",
        "waiting",
        "share",
        "Of the pauses after a question, the part that was shorter than one second.",
    ),
    MetricWords(
        "wait_time_2_median_s",
        "Wait after an answer",
        "waiting",
        "seconds",
        "The pause between the end of a student's turn and the teacher's next words. Half were shorter, half longer.",
    ),
    MetricWords(
        "uptake_mean",
        "Building on answers",
        "discourse",
        "index",
        "How far the teacher's next words build on what a student has just said: from 0, something else, to 1, the student's "
        "idea is taken up and carried on. It is the mean over the places where a student said five words or more.",
    ),
    MetricWords(
        "ire_share",
        "Question, answer, verdict",
        "discourse",
        "share",
        "Of the exchanges that begin with a question, the part that ends with the teacher's verdict on the answer.",
    ),
    MetricWords(
        "reasoning_share",
        "Students giving reasons",
        "discourse",
        "share",
        "Of what students said, the part in which they explain why or show how.",
    ),
    MetricWords(
        "praise_specific_count", "Praise that says why", "discourse", "count", "Praise that names what was good."
    ),
    MetricWords("praise_general_count", "General praise", "discourse", "count", "Praise such as “Good job”."),
    *(
        MetricWords(f"move_{item.move}_count", item.name, "discourse", "count", item.meaning)
        for item in MOVE_WORDS.values()
    ),
)
_SHARES_OF_TIME = frozenset({"teacher_share", "student_share", "silence_share", "overlap_share"})
METRIC_WORDS: dict[str, MetricWords] = {item.name: item for item in _CATALOGUE}


def metric_words(name: str) -> MetricWords:
    """The words of that metric; a metric that the catalogue does not know yet is called by its own name."""
    known = METRIC_WORDS.get(name)
    return known or MetricWords(name, name.replace("_", " ").capitalize(), "discourse", "index", "")


def written_value(metric: Metric) -> str:
    """``58 %``, ``1.4 s``, ``12 min 5 s``, ``31``; a dash where there was nothing to measure."""
    return written(metric.value, metric_words(metric.name).form)


def written_range(metric: Metric) -> str:
    """``between 55 and 61 %``; empty where the range is not known, or too narrow to be seen.

    ``half of them between 1.2 and 3.4 s`` where it is the middle half of what was measured.
    """
    low, high = _ends(metric)
    whose = "half of them " if metric_words(metric.name).spread else ""
    return f"{whose}between {low} and {high}" if low != high else ""


def written_scale(metric: Metric) -> str:
    """``on a scale from 0 to 1`` for a number that has no unit; else empty."""
    return "on a scale from 0 to 1" if metric_words(metric.name).form == "index" else ""


def range_meaning(metric: Metric) -> str:
    """What the range of that metric says; empty where none is written."""
    if not written_range(metric):
        return ""
    return SPREAD_MEANING if metric_words(metric.name).spread else RANGE_MEANING


def written_with_range(metric: Metric) -> str:
    """``58 % (55 to 61 %)`` as Markdown, the range small and quiet; the value alone where there is no range.

    ``2.1 s (middle half: 1.2 to 3.4 s)`` where it is the middle half of what was measured.
    """
    low, high = _ends(metric)
    value = written_value(metric)
    whose = "middle half: " if metric_words(metric.name).spread else ""
    return f"{value} :small[:gray[({whose}{low} to {high})]]" if low != high else value


def written_source(metric: Metric) -> str:
    """What the number was made of: ``20 min of 34 min``, ``9 of 31``; empty for anything else than a share."""
    if metric.numerator is None or metric.denominator is None or metric_words(metric.name).form != "share":
        return ""
    form: Form = "seconds" if metric.name in _SHARES_OF_TIME else "count"
    return f"{written(metric.numerator, form)} of {written(metric.denominator, form)}"


def written(value: float | None, form: Form) -> str:
    """A value of that form as people write it."""
    if value is None:
        return "–"
    match form:
        case "share":
            return f"{value * 100:.0f} %"
        case "seconds":
            return _written_s(value)
        case "per_hour":
            return f"{value:.0f} per hour"
        case "per_minute":
            return f"{value:.0f} words a minute"
        case "per_100":
            return f"{value:.1f} in 100 words"
        case "words":
            return f"{value:.0f} {'word' if round(value) == 1 else 'words'}"
        case "index":
            return f"{value:.2f}"
        case "count":
            return f"{value:.0f}"


def written_duration(seconds: float) -> str:
    """A length for people: ``47 min``, ``1 h 5 min``, ``38 s``."""
    minutes = round(seconds / _MINUTE_S)
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def written_size(size_bytes: float) -> str:
    """``812 KB``, ``34 MB``, ``1.9 GB``; thousands, as file managers count."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("KB", 1e3)):
        if size_bytes >= factor:
            amount = size_bytes / factor
            return f"{amount:.1f} {unit}" if amount < 10 and unit == "GB" else f"{amount:.0f} {unit}"
    return f"{size_bytes:.0f} bytes"


def of_group(metrics: Iterable[Metric], group: Group) -> tuple[Metric, ...]:
    """The metrics of one group in the catalogue's order, without those that found nothing to measure."""
    order = list(METRIC_WORDS)
    mine = [item for item in metrics if item.value is not None and metric_words(item.name).group == group]
    return tuple(sorted(mine, key=lambda item: order.index(item.name) if item.name in METRIC_WORDS else len(order)))


def _ends(metric: Metric) -> tuple[str, str]:
    """Both ends of the range; the unit stands once where both have the same. Alike where nothing can be said."""
    if metric.low is None or metric.high is None:
        return "", ""
    form = metric_words(metric.name).form
    low, high = written(metric.low, form), written(metric.high, form)
    number, _, unit = low.partition(" ")
    return (number, high) if low != high and high.partition(" ")[2] == unit else (low, high)


def _written_s(seconds: float) -> str:
    if seconds < _PRECISE_UNDER_S:
        return f"{seconds:.1f} s"
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if rest and minutes < 60 else f"{minutes} min"
