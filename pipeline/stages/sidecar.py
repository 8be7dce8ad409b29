"""What people write about a recording in a small TOML file beside it.

``talk.mp4`` is described by ``talk.mp4.toml``, or by ``talk.toml`` where the former is missing::

    teacher = "A. Example"
    class_name = "7b"
    held_on = 2026-03-02
    lawful_basis = "consent of parents, 2026-02-20"
    keep_until = 2026-07-31
    goal = "wait_time_1_median_s >= 3: wait longer after a question"
"""

from __future__ import annotations

import contextlib
import dataclasses
import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

from pipeline.analysis.goals import EXAMPLE, parse_goal
from pipeline.config import suggestion
from pipeline.errors import SidecarError, shown
from pipeline.lesson import LessonDetails

LARGEST_BYTES = 65536  # details take a few lines; more is some other file
LONGEST_TEXT = 500  # characters; longer texts belong into notes

_DATES = ("held_on", "keep_until")


def sidecar_path(recording: Path) -> Path | None:
    """The file that describes ``recording``; None where there is none. The full name goes before the stem."""
    for path in (recording.with_name(recording.name + ".toml"), recording.with_suffix(".toml")):
        with contextlib.suppress(OSError):  # such as a name that ".toml" makes too long
            if path != recording and path.is_file():
                return path
    return None


def read_sidecar(recording: Path) -> LessonDetails | None:
    """The details beside ``recording``; None where there is no such file.

    Raises SidecarError, naming file and key, for an unknown key or a value that makes no sense.
    """
    path = sidecar_path(recording)
    if path is None:
        return None
    name = shown(path.name)
    values: dict[str, Any] = {key: _value(name, key, value) for key, value in _read(path, name).items()}
    details = LessonDetails(**values)
    if details.held_on and details.keep_until and details.keep_until < details.held_on:
        raise SidecarError(f"{name}: keep_until lies before held_on.", hint="Mend one of the two dates.")
    return details


def _read(path: Path, name: str) -> Mapping[str, Any]:
    try:
        if path.stat().st_size > LARGEST_BYTES:
            raise SidecarError(f"{name} is too large to describe a lesson.", hint="Rename it, or shorten it.")
        # Some editors put an invisible mark at the beginning, which TOML itself does not know.
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SidecarError(f"{name} cannot be read: {error.strerror}.", hint="Look at its access rights.") from error
    except UnicodeDecodeError as error:
        raise SidecarError(f"{name} is not UTF-8 text.", hint="Save it as UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        hint = 'Mend that line; text stands in "quotes".'
        raise SidecarError(f"{name} is not valid TOML: {error}.", hint=hint) from error


def _value(name: str, key: str, value: object) -> str | date:
    known = tuple(item.name for item in dataclasses.fields(LessonDetails))
    if key not in known:
        raise SidecarError(f"{name} has an unknown key {key!r};", hint=suggestion(key, known))
    if key == "goal":
        return _goal(name, _text(name, key, value))
    return _date(name, key, value) if key in _DATES else _text(name, key, value)


def _goal(name: str, text: str) -> str:
    try:
        parse_goal(text)
    except ValueError as error:
        raise SidecarError(f"{name}: {error}", hint=EXAMPLE) from None
    return text


def _text(name: str, key: str, value: object) -> str:
    if not isinstance(value, str):
        raise SidecarError(f"{name}: {key} has to be text, not {value!r}.", hint=f'Write {key} = "..." with quotes.')
    text = value.strip()
    if len(text) > LONGEST_TEXT:
        raise SidecarError(f"{name}: {key} is longer than {LONGEST_TEXT} characters.", hint="Shorten it.")
    if not text.isprintable():
        raise SidecarError(f"{name}: {key} has to be one line of plain text.", hint="Remove line breaks and the like.")
    return text


def _date(name: str, key: str, value: object) -> date:
    hint = f"Write year, month and day: {key} = 2026-03-02"
    if isinstance(value, str):
        try:
            return date.fromisoformat(value.strip())
        except ValueError as error:
            raise SidecarError(f"{name}: {key} is no date: {value!r}.", hint=hint) from error
    if not isinstance(value, date) or isinstance(value, datetime):
        raise SidecarError(f"{name}: {key} has to be a date, not {value!r}.", hint=hint)
    return value
