"""People, their sessions, what they may see, and who saw what. Lessons that are there belong to nobody yet."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_TIME = sa.DateTime(timezone=True)
_NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Adds the tables and the two columns of a lesson."""
    op.add_column("lesson", sa.Column("owner_id", sa.Text))
    op.add_column("lesson", sa.Column("uploader_id", sa.Text))
    op.create_index("ix_lesson_owner_id", "lesson", ["owner_id"])
    op.create_table(
        "person",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("login", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("roles", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("password_hash", sa.Text, nullable=False),
        sa.Column("code_hash", sa.Text, nullable=False),
        sa.Column("code_until", _TIME),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("locked_until", _TIME),
        sa.Column("sign_on", sa.Text),
        sa.Column("notice", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("seen_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_person"),
        sa.UniqueConstraint("id", name="uq_person_id"),
        sa.UniqueConstraint("login", name="uq_person_login"),
        sa.UniqueConstraint("sign_on", name="uq_person_sign_on"),
    )
    op.create_table(
        "session",
        sa.Column("token_sha256", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("used_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("token_sha256", name="pk_session"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_session_person_id", ondelete="CASCADE"),
    )
    op.create_table(
        "share",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("lesson_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("granted_by", sa.Text, nullable=False),
        sa.Column("until", sa.Date),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.PrimaryKeyConstraint("number", name="pk_share"),
        sa.UniqueConstraint("id", name="uq_share_id"),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name="fk_share_lesson_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"], name="fk_share_person_id", ondelete="CASCADE"),
    )
    op.create_index("ix_share_lesson_id", "share", ["lesson_id"])
    op.create_index("ix_share_person_id", "share", ["person_id"])
    op.create_table(
        "access",
        sa.Column("number", _NUMBER, nullable=False),
        sa.Column("lesson_id", sa.Text, nullable=False),
        sa.Column("person_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_access"),
        sa.ForeignKeyConstraint(["lesson_id"], ["lesson.id"], name="fk_access_lesson_id", ondelete="CASCADE"),
    )
    op.create_index("ix_access_lesson_id", "access", ["lesson_id"])
