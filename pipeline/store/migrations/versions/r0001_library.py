"""The first schema: lessons, results, metrics, stage outputs, jobs, notes and tombstones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
_TIME = sa.DateTime(timezone=True)
_ACTIVE = sa.text("state IN ('waiting', 'running')")


def upgrade() -> None:
    """Creates all tables."""
    op.create_table(
        "lesson",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "sha256", "name", "media_name"),
        sa.Column("duration_s", sa.Float, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        *_texts("teacher", "class_name", "subject", "title"),
        sa.Column("held_on", sa.Date),
        *_texts("lawful_basis"),
        sa.Column("keep_until", sa.Date),
        *_texts("search_text", "info", "state", "message", "hint"),
        *_times("added_at", "updated_at"),
        sa.Column("language", sa.Text),
        sa.Column("teacher_share", sa.Float),
        sa.PrimaryKeyConstraint("number", name="pk_lesson"),
        sa.UniqueConstraint("id", name="uq_lesson_id"),
        sa.UniqueConstraint("sha256", name="uq_lesson_sha256"),
    )
    op.create_table(
        "lesson_result",
        *_texts("lesson_id"),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        *_times("saved_at"),
        sa.PrimaryKeyConstraint("lesson_id", name="pk_lesson_result"),
        _with_lesson("lesson_result"),
    )
    op.create_table(
        "metric",
        *_texts("lesson_id", "name"),
        sa.Column("value", sa.Float),
        *_texts("unit"),
        *(sa.Column(name, sa.Float) for name in ("low", "high", "numerator", "denominator")),
        *_texts("method"),
        sa.PrimaryKeyConstraint("lesson_id", "name", name="pk_metric"),
        _with_lesson("metric"),
    )
    op.create_table(
        "stage_output",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("lesson_id", "stage", "key", "backend", "model_sha256", "config_sha256"),
        sa.Column("elapsed_s", sa.Float, nullable=False),
        sa.Column("finished_at", _TIME),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_stage_output"),
        sa.UniqueConstraint("lesson_id", "stage", "key", name="uq_stage_output_lesson_id_stage_key"),
        _with_lesson("stage_output"),
    )
    _create_job()
    _create_note()
    op.create_table(
        "tombstone",
        *_texts("lesson_id", "sha256"),
        *_times("deleted_at"),
        sa.Column("files_gone_at", _TIME),
        sa.PrimaryKeyConstraint("lesson_id", name="pk_tombstone"),
    )


def _create_job() -> None:
    op.create_table(
        "job",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "lesson_id", "kind", "state", "stage"),
        sa.Column("share_done", sa.Float, nullable=False),
        sa.Column("eta_s", sa.Float),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("worker", "message", "hint"),
        *_times("created_at", "updated_at"),
        sa.PrimaryKeyConstraint("number", name="pk_job"),
        sa.UniqueConstraint("id", name="uq_job_id"),
        _with_lesson("job"),
    )
    op.create_index("ix_job_lesson_id", "job", ["lesson_id"])
    op.create_index("ix_job_state_number", "job", ["state", "number"])
    op.create_index(
        "uq_job_active", "job", ["lesson_id", "kind"], unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
    )


def _create_note() -> None:
    op.create_table(
        "note",
        sa.Column("number", _NUMBER, nullable=False),
        *_texts("id", "lesson_id"),
        sa.Column("at_s", sa.Float, nullable=False),
        sa.Column("end_s", sa.Float),
        *_texts("author", "text"),
        *_times("created_at", "updated_at"),
        sa.Column("deleted_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_note"),
        sa.UniqueConstraint("id", name="uq_note_id"),
        _with_lesson("note"),
    )
    op.create_index("ix_note_lesson_id_at_s", "note", ["lesson_id", "at_s"])


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]


def _times(*names: str) -> list[sa.Column[object]]:
    return [sa.Column(name, _TIME, nullable=False) for name in names]


def _with_lesson(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name=f"fk_{table}_lesson_id", ondelete="CASCADE")
