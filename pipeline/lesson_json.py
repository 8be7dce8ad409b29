"""A lesson as JSON, schema ``lessonmirror/1``, and back, exact to a millisecond.

The keys are those of the definitions; ``languages``, ``notices``, ``corrections``, ``corrected``, a metric's ``moments`` and an
advice's ``strategy`` are further ones. Paths stay out of it, because the file travels. Unknown keys are passed over when it
is read: a later version may add some.
"""

from __future__ import annotations

import math
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from pipeline.errors import StoreError
from pipeline.lesson import (
    Advice,
    CorrectionSummary,
    Lesson,
    LessonDetails,
    Metric,
    Moment,
    Question,
    Recording,
    Segment,
    Sequence,
    Speech,
    StageRecord,
    Turn,
    Utterance,
    Wait,
    Word,
)
from pipeline.timeline import Span

SCHEMA = "lessonmirror/1"
_DIGITS = 3  # a millisecond; finer times mean nothing here

Json = dict[str, Any]


def lesson_to_json(lesson: Lesson) -> Json:
    """The lesson in the schema ``lessonmirror/1``, ready for :func:`json.dumps`."""
    return {
        "schema": SCHEMA,
        "recording": {
            "name": lesson.recording.name,
            "sha256": lesson.recording.sha256,
            "duration_s": _number(lesson.recording.duration_s) or None,
        },
        "language": lesson.language,
        "languages": [{"language": code, "share": _number(part)} for code, part in lesson.languages],
        "speech": [_speech(item) for item in lesson.speech],
        "turns": [{**_times(item.span), "speaker": item.speaker, "role": item.role} for item in lesson.turns],
        "segments": [{**_times(item.span), "kind": item.kind} for item in lesson.segments],
        "utterances": [_utterance(item) for item in lesson.utterances],
        "waits": [_wait(item) for item in lesson.waits],
        "sequences": [{"kind": item.kind, "utterance_ids": list(item.utterance_ids)} for item in lesson.sequences],
        "metrics": [_metric(item) for item in lesson.metrics],
        "advice": [_advice(item) for item in lesson.advice],
        "stages": [_stage(item) for item in lesson.stages],
        "notices": list(lesson.notices),
        "corrections": _corrections(lesson.corrections),
        "students_told_apart": lesson.students_told_apart,
    }


def lesson_from_json(data: Json) -> Lesson:
    """The lesson that :func:`lesson_to_json` wrote. Raises StoreError for another schema, missing keys or nonsense."""
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        raise StoreError(f"This is not a lesson of schema {SCHEMA}, but {schema!r}.", hint="Analyse it again.")
    try:
        return _lesson(data)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise StoreError(f"This lesson's file is damaged ({error!r}).", hint="Analyse the recording again.") from error


def details_to_json(details: LessonDetails) -> dict[str, str | None]:
    """What people say about a lesson, as plain values; dates as ``YYYY-MM-DD``, unknown ones as None."""
    plain = {item.name: getattr(details, item.name) for item in fields(LessonDetails)}
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in plain.items()}


def details_from_json(data: Json) -> LessonDetails:
    """The other way round, for what this program wrote."""
    dates = {name: date.fromisoformat(data[name]) if data[name] else None for name in ("held_on", "keep_until")}
    return LessonDetails(**{**data, **dates})


def _corrections(item: CorrectionSummary | None) -> Json | None:
    if item is None:
        return None
    return {
        "count": item.count,
        "speech_s": _number(item.speech_s),
        "speaker_changed_s": _number(item.speaker_changed_s),
        "role_changed_s": _number(item.role_changed_s),
    }


def _number(value: float | None, digits: int = _DIGITS) -> float | None:
    # JSON has no word for infinity or "not a number"; both are unknown.
    return round(value, digits) if value is not None and math.isfinite(value) else None


def _times(span: Span | None) -> Json:
    start_s, end_s = (span.start_s, span.end_s) if span else (None, None)
    return {"start_s": _number(start_s), "end_s": _number(end_s)}


def _speech(item: Speech) -> Json:
    return {
        **_times(item.span),
        "speaker": item.speaker,
        "role": item.role,
        "speaker_confidence": _number(item.speaker_confidence),
        "role_confidence": _number(item.role_confidence),
        "corrected": item.corrected,
    }


def _utterance(item: Utterance) -> Json:
    question = item.question
    return {
        "id": item.id,
        **_times(item.span),
        "speaker": item.speaker,
        "role": item.role,
        "language": item.language,
        "text": item.text,
        "words": [
            {**_times(word.span), "text": word.text, "probability": _number(word.probability)} for word in item.words
        ],
        "question": question
        and {
            "kind": question.kind,
            "confidence": _number(question.confidence),
            "focus": question.focus,
            "demand": question.demand,
            "kind_confidence": _number(question.kind_confidence),
        },
        "teacher_move": item.teacher_move,
        "student_move": item.student_move,
        "uptake": _number(item.uptake),
        "praise": item.praise,
        "move_confidence": _number(item.move_confidence),
        "praise_confidence": _number(item.praise_confidence),
    }


def _wait(item: Wait) -> Json:
    return {"kind": item.kind, **_times(item.span), "by": item.by, "utterance_id": item.utterance_id}


def _moment(item: Moment) -> Json:
    return {"utterance_id": item.utterance_id, **_times(item.span)}


def _metric(item: Metric) -> Json:
    return {
        "name": item.name,
        "value": _number(item.value, 6),
        "unit": item.unit,
        "low": _number(item.low, 6),
        "high": _number(item.high, 6),
        "numerator": _number(item.numerator, 6),
        "denominator": _number(item.denominator, 6),
        "method": item.method,
        "moments": [_moment(moment) for moment in item.moments],
    }


def _advice(item: Advice) -> Json:
    return {
        "kind": item.kind,
        "text": item.text,
        "metric_names": list(item.metric_names),
        "evidence": [_moment(moment) for moment in item.evidence],
        "strategy": item.strategy,
    }


def _stage(item: StageRecord) -> Json:
    return {
        "stage": item.stage,
        "backend": item.backend,
        "model_sha256": item.model_sha256,
        "config_sha256": item.config_sha256,
        "elapsed_s": _number(item.elapsed_s),
        "finished_at": item.finished_at.isoformat() if item.finished_at else None,
        "reused": item.reused,
    }


def _span(data: Json) -> Span:
    return Span(data["start_s"], data["end_s"])


def _moment_from(data: Json) -> Moment:
    return Moment(None if data["start_s"] is None else _span(data), data["utterance_id"])


def _question_from(data: Json) -> Question:
    return Question(data["kind"], data["confidence"], data["focus"], data["demand"], data.get("kind_confidence"))


def _utterance_from(data: Json) -> Utterance:
    return Utterance(
        id=data["id"],
        span=None if data["start_s"] is None else _span(data),
        speaker=data["speaker"],
        role=data["role"],
        text=data["text"],
        words=tuple(Word(_span(word), word["text"], word["probability"]) for word in data["words"]),
        language=data["language"],
        question=_question_from(data["question"]) if data["question"] else None,
        teacher_move=data["teacher_move"],
        student_move=data["student_move"],
        uptake=data["uptake"],
        praise=data["praise"],
        move_confidence=data.get("move_confidence"),
        praise_confidence=data.get("praise_confidence"),
    )


def _metric_from(data: Json) -> Metric:
    return Metric(
        name=data["name"],
        value=data["value"],
        unit=data["unit"],
        low=data["low"],
        high=data["high"],
        numerator=data["numerator"],
        denominator=data["denominator"],
        method=data["method"],
        moments=tuple(_moment_from(item) for item in data.get("moments", ())),
    )


def _advice_from(data: Json) -> Advice:
    evidence = tuple(_moment_from(moment) for moment in data["evidence"])
    return Advice(data["kind"], data["text"], tuple(data["metric_names"]), evidence, data.get("strategy"))


def _stage_from(data: Json) -> StageRecord:
    finished = data.get("finished_at")
    return StageRecord(
        stage=data["stage"],
        backend=data["backend"],
        model_sha256=data["model_sha256"],
        config_sha256=data["config_sha256"],
        elapsed_s=data["elapsed_s"],
        finished_at=datetime.fromisoformat(finished) if finished else None,
        reused=data.get("reused", False),
    )


def _recording_from(data: Json) -> Recording:
    return Recording(sha256=data["sha256"], name=data["name"], duration_s=data["duration_s"] or 0.0)


def _lesson(data: Json) -> Lesson:
    return Lesson(
        recording=_recording_from(data["recording"]),
        language=data["language"],
        languages=tuple((item["language"], item["share"]) for item in data.get("languages", ())),
        speech=tuple(
            Speech(
                _span(item),
                item["speaker"],
                item["role"],
                item["speaker_confidence"],
                item["role_confidence"],
                item.get("corrected", False),
            )
            for item in data["speech"]
        ),
        turns=tuple(Turn(_span(item), item["speaker"], item["role"]) for item in data["turns"]),
        segments=tuple(Segment(_span(item), item["kind"]) for item in data["segments"]),
        utterances=tuple(_utterance_from(item) for item in data["utterances"]),
        waits=tuple(Wait(item["kind"], _span(item), item["by"], item["utterance_id"]) for item in data["waits"]),
        sequences=tuple(Sequence(item["kind"], tuple(item["utterance_ids"])) for item in data["sequences"]),
        metrics=tuple(_metric_from(item) for item in data["metrics"]),
        advice=tuple(_advice_from(item) for item in data["advice"]),
        stages=tuple(_stage_from(item) for item in data["stages"]),
        notices=tuple(data.get("notices", ())),
        corrections=CorrectionSummary(**data["corrections"]) if data.get("corrections") else None,
        students_told_apart=data.get("students_told_apart", True),
    )
