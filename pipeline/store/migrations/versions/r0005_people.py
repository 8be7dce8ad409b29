"""People, what they may see, and who saw what."""

from __future__ import annotations

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Adds the tables."""
