"""Notes as a conversation, what of it each person has seen, and a school's own observation frameworks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_TIME = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Adds columns and tables; notes that are there are shared observations of nobody in particular."""
    op.add_column("note", sa.Column("author_id", sa.Text))
    op.add_column("note", sa.Column("parent_id", sa.Text))
    op.add_column("note", sa.Column("kind", sa.Text, nullable=False, server_default="observation"))
    op.add_column("note", sa.Column("tags", sa.Text, nullable=False, server_default=""))
    op.add_column("note", sa.Column("private", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("note", sa.Column("resolved_at", _TIME))
    op.create_table(
        "note_seen",
        sa.Column("note_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("lesson_id", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("note_id", "person_id", name="pk_note_seen"),
        sa.ForeignKeyConstraint(["note_id"], ["note.id"], name="fk_note_seen_note_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_note_seen_person_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name="fk_note_seen_lesson_id", ondelete="CASCADE"),
    )
    op.create_table(
        "framework",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("added_by", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_framework"),
        sa.UniqueConstraint("id", name="uq_framework_id"),
    )
