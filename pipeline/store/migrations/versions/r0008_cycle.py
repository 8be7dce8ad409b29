"""The coaching cycle, portfolio and journal."""

from __future__ import annotations

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Adds the tables."""
