"""Deleting a lesson for good: first the rows, which leaves a tombstone, then the files.

What a crash between the two leaves is known by the tombstone, and goes when the library is opened next.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Table, delete, func, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.store import lessons, schema
from pipeline.store.database import lock, now
from pipeline.store.media import MediaStore
from pipeline.store.rows import DeletionPlan, Tombstone


def plan_rows(connection: Connection, lesson_id: str) -> DeletionPlan:
    """The plan without its files. Raises NotFoundError."""
    row = lessons.get(connection, lesson_id)
    counts = [("lesson", 1)]
    for table in _content_tables():
        query = select(func.count()).select_from(table).where(table.c.lesson_id == row.id)
        counts.append((table.name, connection.execute(query).scalar_one()))
    return DeletionPlan(row.id, row.sha256, (), tuple((name, number) for name, number in counts if number))


def remove_rows(connection: Connection, lesson_id: str) -> None:
    """Removes the lesson and all that hangs on it, and leaves a tombstone. Raises NotFoundError."""
    lessons.hold(connection, lesson_id)
    row = lessons.get(connection, lesson_id)
    values = {"lesson_id": row.id, "sha256": row.sha256, "deleted_at": now(connection)}
    connection.execute(insert(schema.tombstone).values(**values))
    connection.execute(delete(schema.lesson).where(schema.lesson.c.id == row.id))


def bury_files(connection: Connection, media: MediaStore, stone: Tombstone) -> Path | None:
    """Buries the media of a deleted lesson, unless the same recording was added again since; gives its grave."""
    lock(connection, stone.sha256)  # against adding the same content, see lessons.add
    grave = media.bury(stone.sha256) if lessons.by_sha256(connection, stone.sha256) is None else None
    change = update(schema.tombstone).where(schema.tombstone.c.lesson_id == stone.lesson_id)
    connection.execute(change.values(files_gone_at=now(connection)))
    return grave


def tombstones(connection: Connection) -> tuple[Tombstone, ...]:
    """All deletions, oldest first."""
    table = schema.tombstone
    query = select(table).order_by(table.c.deleted_at, table.c.lesson_id)
    return tuple(
        Tombstone(row.lesson_id, row.sha256, row.deleted_at, row.files_gone_at is not None)
        for row in connection.execute(query)
    )


def _content_tables() -> Iterator[Table]:
    for table in schema.metadata.sorted_tables:
        if any(key.column.table is schema.lesson for key in table.foreign_keys):
            yield table
