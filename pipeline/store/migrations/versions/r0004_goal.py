"""What a teacher set out to reach in a lesson."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Adds the column; lessons that are there have no goal."""
    op.add_column("lesson", sa.Column("goal", sa.Text, nullable=False, server_default=""))
