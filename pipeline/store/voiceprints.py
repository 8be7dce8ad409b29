"""Enrolled voices, and the record of enrolling and removing them. A removed voice leaves nothing but that entry."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError
from pipeline.store import audit, lessons, schema
from pipeline.store.database import now
from pipeline.store.rows import VoiceprintRow

ENROLLED, REMOVED = "voice enrolled", "voice removed"


def put(
    connection: Connection, name: str, vector: bytes, speech_s: float, model_sha256: str, consent: str
) -> VoiceprintRow:
    """Keeps the voice of a person; an earlier one of the same name is replaced."""
    at, table = now(connection), schema.voiceprint
    replaced = connection.execute(delete(table).where(table.c.person == _folded(name))).rowcount > 0
    row = VoiceprintRow(lessons.new_id(), name, consent, model_sha256, speech_s, vector, at)
    values = {"id": row.id, "person": _folded(name), "name": name, "consent": consent, "model_sha256": model_sha256}
    connection.execute(insert(table).values(**values, speech_s=speech_s, vector=vector, created_at=at))
    detail = f"from {speech_s:.0f} s of speech; consent: {consent}" + ("; the earlier one was removed" * replaced)
    audit.record(connection, ENROLLED, name, detail)
    return row


def remove(connection: Connection, name: str) -> VoiceprintRow:
    """Removes the voice of a person for good. Raises NotFoundError where none is enrolled by that name."""
    row = of_person(connection, name)
    if row is None:
        known = ", ".join(item.name for item in everybody(connection)) or "nobody"
        raise NotFoundError(f"No voice is enrolled for {name[:80]!r}.", hint=f"Enrolled: {known}.")
    connection.execute(delete(schema.voiceprint).where(schema.voiceprint.c.id == row.id))
    audit.record(connection, REMOVED, row.name, f"enrolled on {row.created_at:%Y-%m-%d}")
    return row


def of_person(connection: Connection, name: str) -> VoiceprintRow | None:
    """The voice of a person, however the name is capitalised; None without."""
    query = select(schema.voiceprint).where(schema.voiceprint.c.person == _folded(name))
    found = connection.execute(query).one_or_none()
    return _row(found) if found else None


def everybody(connection: Connection) -> tuple[VoiceprintRow, ...]:
    """All enrolled voices, oldest first."""
    return tuple(
        _row(row) for row in connection.execute(select(schema.voiceprint).order_by(schema.voiceprint.c.number))
    )


def _folded(name: str) -> str:
    return " ".join(name.casefold().split())


def _row(row: Row[Any]) -> VoiceprintRow:
    return VoiceprintRow(
        row.id, row.name, row.consent, row.model_sha256, row.speech_s, bytes(row.vector), row.created_at
    )
