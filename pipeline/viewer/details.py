"""What people say about a recording, as browsers send it: checked before it is believed."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import date
from typing import Any

from pipeline.arguments import check_goal
from pipeline.errors import UsageError
from pipeline.lesson import LessonDetails

MAX_CHARACTERS = 200
_DATES = ("held_on", "keep_until")
_FIELDS = tuple(item.name for item in dataclasses.fields(LessonDetails))

# Offered as suggestions; any other words may be typed. What is allowed depends on country and school.
LAWFUL_BASES = (
    "Consent of everybody recorded",
    "Consent of the parents",
    "Public task of the school",
    "Only I can be heard",
)


def details_from_json(data: object) -> LessonDetails:
    """The details; missing keys are unknown. Raises UsageError for anything else than short texts and dates."""
    if not isinstance(data, Mapping):
        raise UsageError("The details of a lesson are a JSON object.", hint="Send fields by name.")
    values: dict[str, Any] = {}
    for name, value in data.items():
        if name not in _FIELDS:
            raise UsageError(f"A lesson has no detail '{name}'.", hint=f"Known are {', '.join(_FIELDS)}.")
        values[name] = _date(name, value) if name in _DATES else _text(name, value)
    check_goal(values.get("goal", ""))
    return LessonDetails(**values)


def _text(name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > MAX_CHARACTERS:
        raise UsageError(f"'{name}' is a text of at most {MAX_CHARACTERS} characters.", hint="Shorten it.")
    return " ".join(value.split())


def _date(name: str, value: object) -> date | None:
    if value is None or value == "":
        return None
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise UsageError(f"'{name}' is a date like 2025-03-31.", hint="Choose it from the calendar.") from error
