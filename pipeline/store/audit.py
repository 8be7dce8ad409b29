"""The record of what was done with what is sensitive: voices, accounts, sharing, erasing."""

from __future__ import annotations

from sqlalchemy import insert, or_, select
from sqlalchemy.engine import Connection

from pipeline.store import schema
from pipeline.store.database import now
from pipeline.store.rows import AuditRow


def record(connection: Connection, action: str, subject: str, detail: str = "") -> None:
    """Writes down that ``action`` was done to ``subject``, in the transaction that does it."""
    values = {"at": now(connection), "action": action, "subject": subject, "detail": detail}
    connection.execute(insert(schema.audit).values(**values))


def everything(connection: Connection) -> tuple[AuditRow, ...]:
    """What was done, oldest first."""
    return _rows(connection, None)


def about(connection: Connection, *subjects: str) -> tuple[AuditRow, ...]:
    """What was done to these subjects, oldest first."""
    return _rows(connection, subjects)


def _rows(connection: Connection, subjects: tuple[str, ...] | None) -> tuple[AuditRow, ...]:
    query = select(schema.audit).order_by(schema.audit.c.number)
    if subjects is not None:
        query = query.where(or_(*(schema.audit.c.subject == subject for subject in subjects)))
    return tuple(AuditRow(row.at, row.action, row.subject, row.detail) for row in connection.execute(query))
