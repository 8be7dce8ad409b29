"""Frameworks that a school brings itself."""

from __future__ import annotations

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError
from pipeline.store import schema
from pipeline.store.database import lock, now
from pipeline.store.rows import FrameworkRow


def put(connection: Connection, framework_id: str, text: str, added_by: str) -> None:
    """Keeps the framework, instead of an earlier one of that id."""
    lock(connection, f"framework {framework_id}")
    table = schema.framework
    connection.execute(delete(table).where(table.c.id == framework_id))
    values = {"id": framework_id, "text": text, "added_by": added_by, "created_at": now(connection)}
    connection.execute(insert(table).values(**values))


def remove(connection: Connection, framework_id: str) -> None:
    """Removes it. Raises NotFoundError."""
    gone = connection.execute(delete(schema.framework).where(schema.framework.c.id == framework_id))
    if not gone.rowcount:
        raise NotFoundError("This framework is not there any more.", hint="Reload the page.")


def everything(connection: Connection) -> tuple[FrameworkRow, ...]:
    """All of them, oldest first."""
    rows = connection.execute(select(schema.framework).order_by(schema.framework.c.number))
    return tuple(FrameworkRow(row.id, row.text, row.added_by, row.created_at) for row in rows)
