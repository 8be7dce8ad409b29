"""Numbers of what is said: moves, uptake, reasons, praise, and waiting by the kind of question."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from statistics import mean, median, quantiles

from pipeline.analysis.discourse import gives_reason
from pipeline.analysis.questions import JUDGED_LANGUAGES
from pipeline.analysis.waits import averaged
from pipeline.lesson import Lesson, Metric, Moment, QuestionKind, Role, Utterance
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.timeline import share

MAX_MOMENTS = 200  # what a person would still look at; the count itself is never cut
CLAIMS = ("making_a_claim", "providing_evidence_or_reasoning")
REASONS = "providing_evidence_or_reasoning"


def measure_discourse(lesson: Lesson) -> tuple[Metric, ...]:
    """All of them, in the order in which they are shown; None where no model has judged, or nobody could be heard."""
    return (*_waits_by_kind(lesson), _uptake(lesson), _reasoning(lesson), *_praise(lesson), *_moves(lesson))


def moments_of(utterances: Iterable[Utterance]) -> tuple[Moment, ...]:
    """Where the utterances can be heard; without times, where they can be read."""
    return tuple(Moment(item.span, item.id) for item in utterances)[:MAX_MOMENTS]


def _judged(lesson: Lesson, role: Role) -> list[Utterance]:
    return [item for item in lesson.utterances if item.role == role and item.move_confidence is not None]


def _counted(name: str, items: Sequence[Utterance], method: str, *, known: bool) -> Metric:
    value = float(len(items)) if known else None
    return Metric(name, value, "count", numerator=value, method=method, moments=moments_of(items))


def _moves(lesson: Lesson) -> tuple[Metric, ...]:
    teacher, student = _judged(lesson, "teacher"), _judged(lesson, "student")
    said = (
        *(
            (label, "teacher", teacher, [item for item in teacher if item.teacher_move == label])
            for label in TEACHER_LABELS
        ),
        *(
            (label, "student", student, [item for item in student if item.student_move == label])
            for label in STUDENT_LABELS
        ),
    )
    return tuple(
        _counted(f"move_{label}_count", found, f"utterances of a {role} with this talk move", known=bool(judged))
        for label, role, judged, found in said
        if label != "none"
    )


def _uptake(lesson: Lesson) -> Metric:
    rated = [item for item in lesson.utterances if item.uptake is not None]
    strongest = sorted(rated, key=lambda item: -(item.uptake or 0.0))
    return Metric(
        "uptake_mean",
        mean(item.uptake for item in rated if item.uptake is not None) if rated else None,
        "share",
        denominator=len(rated),
        method="mean over the teacher's turns that follow a student's turn of at least five words; 0 to 1",
        moments=moments_of(strongest),
    )


def _reasoning(lesson: Lesson) -> Metric:
    judged = _judged(lesson, "student")
    if judged:
        claims = [item for item in judged if item.student_move in CLAIMS]
        reasons = [item for item in claims if item.student_move == REASONS]
        method = "students' utterances with evidence or reasoning / those and claims without"
    else:
        claims = [item for item in lesson.utterances if item.role == "student" and item.language in JUDGED_LANGUAGES]
        claims = [item for item in claims if item.question is None and len(item.text.split()) > 1]
        reasons = [item for item in claims if gives_reason(item.text)]
        method = (
            'students\' utterances with words such as "because" / their utterances of two words or more that do not ask'
        )
    part, whole = len(reasons), len(claims)
    return Metric(
        "reasoning_share",
        share(part, whole),
        "share",
        numerator=part,
        denominator=whole,
        method=method,
        moments=moments_of(reasons),
    )


def _praise(lesson: Lesson) -> tuple[Metric, ...]:
    teacher = [item for item in lesson.utterances if item.role == "teacher" and item.language in JUDGED_LANGUAGES]
    says = {"specific": "that says what was good", "general": "that does not say what was good"}
    return tuple(
        _counted(
            f"praise_{kind}_count",
            [item for item in teacher if item.praise == kind],
            f"the teacher's utterances with praise {meaning}",
            known=bool(teacher),
        )
        for kind, meaning in says.items()
    )


def _waits_by_kind(lesson: Lesson) -> tuple[Metric, ...]:
    kinds = {item.id: item.question.kind for item in lesson.utterances if item.question}
    first = averaged(lesson.waits, lambda wait: wait.kind == "wait_time_1" and wait.by == "student")

    def of(kind: QuestionKind) -> Metric:
        waits = [wait for wait in first if wait.utterance_id and kinds.get(wait.utterance_id) == kind]
        lengths_s = [wait.span.duration_s for wait in waits]
        edges_s = quantiles(lengths_s, n=4, method="inclusive") if len(waits) > 1 else lengths_s
        return Metric(
            f"wait_time_1_{kind}_median_s",
            median(lengths_s) if lengths_s else None,
            "s",
            low=edges_s[0] if edges_s else None,
            high=edges_s[-1] if edges_s else None,
            denominator=len(waits),
            method=f"median silence from a question of the kind '{kind}' to a student's answer; low and high: its quartiles",
            moments=tuple(Moment(wait.span, wait.utterance_id) for wait in waits)[:MAX_MOMENTS],
        )

    return of("open"), of("closed")
