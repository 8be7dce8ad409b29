"""Notes as a conversation, and observation frameworks."""

from __future__ import annotations

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Adds the tables."""
