"""Observation frameworks: what one may look for in a lesson, element by element. Those of the program, or a school's own.

    name = "Classroom discourse"
    about = "Who thinks aloud, and what happens with what they say."

    [[element]]
    id = "thinking_time"
    name = "Time to think"
    look_for = "Silence after questions and after answers."
    source = "Where it comes from"

A note is tagged with ``framework/element``. There are no scores.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConfigError
from pipeline.resources import data_path

MAX_ELEMENTS = 60
MAX_BYTES = 200_000
_MAX_CHARS = 1000
_ID = re.compile(r"[a-z0-9_]{1,40}")
_ELEMENT_KEYS = ("id", "name", "look_for", "source")


@dataclass(frozen=True, slots=True)
class Element:
    """One thing to look for; ``tag`` of a note is ``framework/element``."""

    id: str
    name: str
    look_for: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Framework:
    """A framework and its elements, in their order."""

    id: str
    name: str
    about: str
    elements: tuple[Element, ...]

    def tag(self, element: Element) -> str:
        """What a note about the element is tagged with."""
        return f"{self.id}/{element.id}"


@functools.cache
def own_frameworks() -> tuple[Framework, ...]:
    """The frameworks that travel with the program, in the order of their names."""
    files = sorted(data_path("configs", "frameworks").glob("*.toml"))
    found = (parse_framework(path.stem, path.read_text(encoding="utf-8")) for path in files)
    return tuple(sorted(found, key=lambda item: item.name))


def parse_framework(framework_id: str, text: str) -> Framework:
    """The framework that a TOML file describes. Raises ConfigError with what is wrong in it."""
    if not _ID.fullmatch(framework_id):
        hint = "Use small letters, digits and underscores, such as our_school.toml."
        raise ConfigError(f"{framework_id[:60]!r} cannot be the name of a framework's file.", hint=hint)
    try:
        data = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"This file is no TOML: {error}.", hint="Compare it with configs/frameworks/.") from error
    _refuse_unknown(data, ("name", "about", "element"), "The framework")
    tables = data.get("element")
    if not isinstance(tables, list) or not 1 <= len(tables) <= MAX_ELEMENTS:
        hint = "Each begins with [[element]]."
        raise ConfigError(f"A framework has 1 to {MAX_ELEMENTS} elements.", hint=hint)
    elements = tuple(_element(number, table) for number, table in enumerate(tables, start=1))
    if len({item.id for item in elements}) < len(elements):
        raise ConfigError("Two elements have the same id.", hint="Give each an id of its own.")
    return Framework(
        framework_id, _text(data, "name", "The framework"), str(data.get("about", ""))[:_MAX_CHARS], elements
    )


def _element(number: int, table: object) -> Element:
    where = f"Element {number}"
    if not isinstance(table, dict):
        raise ConfigError(f"{where} is no table.", hint="Begin it with [[element]].")
    _refuse_unknown(table, _ELEMENT_KEYS, where)
    element_id = _text(table, "id", where)
    if not _ID.fullmatch(element_id):
        raise ConfigError(f"{where} has the id {element_id[:60]!r}.", hint="Use small letters, digits and underscores.")
    source = table.get("source", "")
    if not isinstance(source, str):
        raise ConfigError(f"The source of {where} is no text.", hint="Put it in quotes.")
    return Element(element_id, _text(table, "name", where), _text(table, "look_for", where), source[:_MAX_CHARS])


def _text(table: Mapping[str, Any], key: str, where: str) -> str:
    value = table.get(key)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= _MAX_CHARS:
        raise ConfigError(f"{where} has no '{key}'.", hint=f'Write {key} = "...", at most {_MAX_CHARS} characters.')
    return value.strip()


def _refuse_unknown(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            raise ConfigError(f"{where} has an unknown key {key[:60]!r}.", hint=f"Known are {', '.join(known)}.")
