"""Corrections of who speaks. One that is undone stays, as evidence, but no longer counts."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError
from pipeline.lesson import Correction
from pipeline.store import lessons, schema
from pipeline.store.database import now
from pipeline.store.rows import CorrectionRow
from pipeline.timeline import Span


def add(connection: Connection, lesson_id: str, correction: Correction, author: str) -> CorrectionRow:
    """Keeps a correction. Raises NotFoundError for an unknown lesson."""
    lessons.get(connection, lesson_id)
    row = CorrectionRow(lessons.new_id(), lesson_id, author, correction, now(connection))
    values = {"id": row.id, "lesson_id": lesson_id, "author": author, "created_at": row.created_at}
    connection.execute(insert(schema.correction).values(**values, payload=_pack(correction)))
    return row


def undo(connection: Connection, lesson_id: str, correction_id: str | None) -> CorrectionRow:
    """Takes back one correction, or the latest. Raises NotFoundError where none is left, or none of that id."""
    rows = of_lesson(connection, lesson_id)
    found = [row for row in rows if correction_id in (None, row.id)]
    if not found:
        text = f"There is no correction {correction_id[:80]!r}." if correction_id else "Nothing was corrected."
        raise NotFoundError(text, hint="List the corrections to see what can be undone.")
    change = update(schema.correction).where(schema.correction.c.id == found[-1].id)
    connection.execute(change.values(undone_at=now(connection)))
    return found[-1]


def of_lesson(connection: Connection, lesson_id: str) -> tuple[CorrectionRow, ...]:
    """The corrections that count, in the order in which they were made. Raises NotFoundError."""
    lessons.get(connection, lesson_id)
    table = schema.correction
    query = select(table).where(table.c.lesson_id == lesson_id, table.c.undone_at.is_(None)).order_by(table.c.number)
    return tuple(_row(row) for row in connection.execute(query))


def _row(row: Row[Any]) -> CorrectionRow:
    return CorrectionRow(row.id, row.lesson_id, row.author, _unpack(row.payload), row.created_at)


def _pack(correction: Correction) -> str:
    return json.dumps(
        {
            "span": correction.span and _times(correction.span),
            "voice": [_times(span) for span in correction.voice],
            "speaker": correction.speaker,
            "speaker_voice": [_times(span) for span in correction.speaker_voice],
            "role": correction.role,
        }
    )


def _unpack(text: str) -> Correction:
    data = json.loads(text)
    return Correction(
        span=Span(*data["span"]) if data["span"] else None,
        voice=tuple(Span(*times) for times in data["voice"]),
        speaker=data["speaker"],
        speaker_voice=tuple(Span(*times) for times in data["speaker_voice"]),
        role=data["role"],
    )


def _times(span: Span) -> tuple[float, float]:
    return span.start_s, span.end_s
