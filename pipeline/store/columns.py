"""What the columns of the tables hold, alike on every database."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from sqlalchemy import DateTime, Dialect, Text, TypeDecorator

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


class CleanText(TypeDecorator[str]):
    """Text that every database takes: NUL and lone surrogates (undecodable file names) become U+FFFD, visibly."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """What is sent."""
        return None if value is None else _UNSTORABLE.sub("\ufffd", value)


class UtcTime(TypeDecorator[datetime]):
    """A moment with its time zone, UTC when it comes back. Refuses times without a zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What is sent; SQLite keeps no zone, so all is UTC there."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a time without a zone means nothing: {value}")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """What came back."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
