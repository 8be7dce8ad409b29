"""Results of the analysis: the lesson as a whole, its metrics as rows, and the output of each stage for reuse."""

from __future__ import annotations

import json
import math
import zlib
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError
from pipeline.lesson import Lesson, Metric, StageRecord
from pipeline.lesson_json import lesson_from_json, lesson_to_json
from pipeline.store import lessons, schema
from pipeline.store.database import now
from pipeline.store.rows import StageOutput

_METRIC = ("name", "value", "unit", "low", "high", "numerator", "denominator", "method")
_RECORD = ("stage", "backend", "model_sha256", "config_sha256", "elapsed_s", "finished_at")


def pack_lesson(lesson: Lesson) -> bytes:
    """The lesson as deflated JSON."""
    return zlib.compress(json.dumps(lesson_to_json(lesson), allow_nan=False).encode())


def unpack_lesson(payload: bytes) -> Lesson:
    """What :func:`pack_lesson` packed. Raises StoreError for damaged bytes."""
    try:
        data = json.loads(zlib.decompress(payload))
    except (zlib.error, ValueError) as error:
        raise StoreError("The saved result is damaged.", hint="Analyse the recording again.") from error
    return lesson_from_json(data)


def save(connection: Connection, lesson_id: str, lesson: Lesson, payload: bytes) -> None:
    """Replaces the lesson's result and metrics, and calls it done. Raises NotFoundError for a deleted lesson."""
    lessons.set_state(connection, lesson_id, "done", "", "")
    connection.execute(delete(schema.lesson_result).where(schema.lesson_result.c.lesson_id == lesson_id))
    values = {"lesson_id": lesson_id, "payload": payload, "saved_at": now(connection)}
    connection.execute(insert(schema.lesson_result).values(**values))
    connection.execute(delete(schema.metric).where(schema.metric.c.lesson_id == lesson_id))
    if lesson.metrics:
        connection.execute(insert(schema.metric), [_metric_values(lesson_id, item) for item in lesson.metrics])
    shares = [item.value for item in lesson.metrics if item.name == "teacher_share"]
    shown = {"language": lesson.language, "teacher_share": _known(shares[0]) if shares else None}
    connection.execute(update(schema.lesson).where(schema.lesson.c.id == lesson_id).values(**shown))


def load(connection: Connection, lesson_id: str) -> bytes | None:
    """The payload of the lesson's result, None before the first. Raises NotFoundError."""
    lessons.get(connection, lesson_id)
    query = select(schema.lesson_result.c.payload).where(schema.lesson_result.c.lesson_id == lesson_id)
    payload: bytes | None = connection.execute(query).scalar()
    return payload


def earlier_metrics(connection: Connection, lesson_id: str, limit: int) -> tuple[dict[str, float], ...]:
    """The numbers of the same teacher's lessons before this one, oldest first; the newest ``limit`` of them.

    Empty where nobody says whose lesson it is. Lessons are ordered by when they were held, else by when they were added.
    """
    lesson, metric = schema.lesson, schema.metric
    this = lessons.get(connection, lesson_id)
    if not this.details.teacher:
        return ()
    query = (
        select(lesson.c.id, lesson.c.held_on, lesson.c.added_at, metric.c.name, metric.c.value)
        .join(metric, metric.c.lesson_id == lesson.c.id)
        .where(lesson.c.teacher == this.details.teacher, lesson.c.id != lesson_id, metric.c.value.is_not(None))
    )
    found: dict[tuple[date, datetime, str], dict[str, float]] = {}
    now_held = (this.details.held_on or this.added_at.date(), this.added_at)
    for row in connection.execute(query):
        held = (row.held_on or row.added_at.date(), row.added_at)
        if held < now_held:
            found.setdefault((*held, row.id), {})[row.name] = row.value
    return tuple(values for _, values in sorted(found.items(), key=lambda item: item[0]))[-limit:]


def stage_output(connection: Connection, sha256: str, stage: str, key: str) -> tuple[StageRecord, bytes] | None:
    """Record and deflated payload of a stage's output, or None."""
    output = schema.stage_output
    query = (
        select(output)
        .join(schema.lesson, schema.lesson.c.id == output.c.lesson_id)
        .where(schema.lesson.c.sha256 == sha256, output.c.stage == stage, output.c.key == key)
    )
    row = connection.execute(query).first()
    return None if row is None else (_record(row), row.payload)


def latest_stage_output(connection: Connection, lesson_id: str, stage: str) -> tuple[StageRecord, bytes] | None:
    """Record and deflated payload of the stage's last output for a lesson, or None."""
    output = schema.stage_output
    query = select(output).where(output.c.lesson_id == lesson_id, output.c.stage == stage)
    row = connection.execute(query.order_by(output.c.number.desc()).limit(1)).first()
    return None if row is None else (_record(row), row.payload)


def save_stage_output(
    connection: Connection, sha256: str, stage: str, key: str, record: StageRecord, payload: bytes
) -> None:
    """Keeps a stage's output; one that is there under the same key is replaced.

    Raises NotFoundError where no lesson has that content, which is so too once it was deleted.
    """
    row = lessons.by_sha256(connection, sha256)
    if row is None:
        message = f"There is no lesson of the recording {sha256[:8]}; it may have been deleted."
        raise NotFoundError(message, hint="Add the recording first.")
    lessons.hold(connection, row.id)
    output = schema.stage_output
    same = (output.c.lesson_id == row.id, output.c.stage == stage, output.c.key == key)
    connection.execute(delete(output).where(*same))
    values = {name: getattr(record, name) for name in _RECORD} | {"stage": stage}
    connection.execute(insert(output).values(lesson_id=row.id, key=key, payload=payload, **values))


def stage_records(connection: Connection, sha256: str) -> tuple[StageRecord, ...]:
    """How each kept output came to be, in the order of saving."""
    output = schema.stage_output
    query = (
        select(*(output.c[name] for name in _RECORD))
        .join(schema.lesson, schema.lesson.c.id == output.c.lesson_id)
        .where(schema.lesson.c.sha256 == sha256)
        .order_by(output.c.number)
    )
    return tuple(_record(row) for row in connection.execute(query))


def unpack_stage_output(found: tuple[StageRecord, bytes] | None) -> StageOutput | None:
    """The output with its payload inflated. A damaged one counts as absent: the stage then runs again."""
    if found is None:
        return None
    record, payload = found
    try:
        return StageOutput(record, zlib.decompress(payload))
    except zlib.error:
        return None


def _record(row: Row[Any]) -> StageRecord:
    return StageRecord(**{name: getattr(row, name) for name in _RECORD})


def _metric_values(lesson_id: str, metric: Metric) -> dict[str, object]:
    values = {name: getattr(metric, name) for name in _METRIC}
    return {"lesson_id": lesson_id} | {
        name: _known(value) if isinstance(value, float) else value for name, value in values.items()
    }


def _known(value: float | None) -> float | None:
    # As in lesson.json: infinity and "not a number" are unknown. The two databases would differ in what they keep.
    return value if value is not None and math.isfinite(value) else None
