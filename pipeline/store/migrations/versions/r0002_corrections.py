"""Corrections of who speaks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "correction",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("lesson_id", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("payload", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("undone_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_correction"),
        sa.UniqueConstraint("id", name="uq_correction_id"),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name="fk_correction_lesson_id", ondelete="CASCADE"),
    )
    op.create_index("ix_correction_lesson_id", "correction", ["lesson_id"])
