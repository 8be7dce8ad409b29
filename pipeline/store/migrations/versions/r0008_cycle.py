"""The coaching cycle, and what teacher and coach write in it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

_TIME = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Adds the tables."""
    op.create_table(
        "cycle",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("teacher_id", sa.Text),
        sa.Column("coach_id", sa.Text),
        sa.Column("focus", sa.Text, nullable=False),
        sa.Column("goal", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("observed_id", sa.Text),
        sa.Column("later_id", sa.Text),
        sa.Column("talk_on", sa.Date),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("closed_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_cycle"),
        sa.UniqueConstraint("id", name="uq_cycle_id"),
        sa.ForeignKeyConstraint(["teacher_id"], ["person.id"], name="fk_cycle_teacher_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["coach_id"], ["person.id"], name="fk_cycle_coach_id", ondelete="SET NULL"),
    )
    op.create_table(
        "reflection",
        sa.Column("cycle_id", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("answers", sa.Text, nullable=False),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.Column("shown_at", _TIME),
        sa.PrimaryKeyConstraint("cycle_id", "side", name="pk_reflection"),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name="fk_reflection_cycle_id", ondelete="CASCADE"),
    )
    op.create_table(
        "next_step",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("cycle_id", sa.Text, nullable=False),
        sa.Column("side", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("due_on", sa.Date),
        sa.Column("done_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_next_step"),
        sa.UniqueConstraint("id", name="uq_next_step_id"),
        sa.ForeignKeyConstraint(["cycle_id"], ["cycle.id"], name="fk_next_step_cycle_id", ondelete="CASCADE"),
    )
