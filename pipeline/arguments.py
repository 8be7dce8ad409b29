"""Reads what people type on the command line: dates and stretches of time."""

from __future__ import annotations

import re
from datetime import date, datetime

from pipeline.analysis.goals import EXAMPLE, parse_goal
from pipeline.errors import UsageError
from pipeline.timeline import Span

_TIME = r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)"
_SPAN = re.compile(rf"\s*{_TIME}\s*[-–]\s*{_TIME}\s*")


def parse_date(text: str | None, option: str) -> date | None:
    """``2026-03-12`` as a date, None for nothing. Raises UsageError that names the option."""
    if not text:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError:
        raise UsageError(f"{option} has to be a date such as 2026-03-12, not {text!r}.") from None


def check_goal(text: str) -> str:
    """The goal as it was typed. Raises UsageError for what is none."""
    try:
        parse_goal(text)
    except ValueError as error:
        raise UsageError(str(error), hint=EXAMPLE) from None
    return text.strip()


def parse_span(text: str | None) -> Span | None:
    """``70-75.5``, ``1:10-1:15.5`` or ``1:02:10-1:02:15`` as a span, None for nothing. Raises UsageError."""
    if not text:
        return None
    found = _SPAN.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} is no stretch of time.", hint="Write it as 70-75.5 (seconds) or as 1:10-1:15.5.")
    start_s, end_s = _seconds(*found.groups()[:3]), _seconds(*found.groups()[3:])
    if start_s >= end_s:
        raise UsageError(f"{text!r} ends before it begins.", hint="Put the earlier moment first.")
    return Span(start_s, end_s)


def _seconds(hours: str | None, minutes: str | None, seconds: str) -> float:
    return 3600 * int(hours or 0) + 60 * int(minutes or 0) + float(seconds)
