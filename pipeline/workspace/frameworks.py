"""Observation frameworks of the program and of the school, and the evidence that notes gather under them."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass

from pipeline.analysis.frameworks import MAX_BYTES, Element, Framework, own_frameworks, parse_framework
from pipeline.errors import AccessError, ConfigError, UsageError
from pipeline.store import audit, frameworks
from pipeline.store.library import Library
from pipeline.store.rows import NoteRow
from pipeline.workspace.visitor import Visitor

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Evidence:
    """An element and the notes that are tagged with it, by time."""

    framework: Framework
    element: Element
    notes: tuple[NoteRow, ...]


class Frameworks:
    """What there is to observe by."""

    def __init__(self, library: Library, visitor: Visitor) -> None:
        self._library, self._visitor = library, visitor

    def everything(self) -> tuple[Framework, ...]:
        """The school's own first, then the program's."""
        return (*self.schools(), *own_frameworks())

    def schools(self) -> tuple[Framework, ...]:
        """Those that were uploaded here."""
        return tuple(self._parsed())

    def may_manage(self) -> bool:
        """Whether the visitor may bring and remove frameworks."""
        return self._visitor.is_alone or self._visitor.has("administrator")

    def add(self, file_name: str, content: bytes) -> Framework:
        """Keeps the framework of a TOML file, instead of an earlier one of that name. Raises ConfigError, AccessError."""
        self._check_manager()
        if len(content) > MAX_BYTES:
            raise UsageError("This file is too large for a framework.", hint="A framework is a page or two of text.")
        try:
            text = content.decode("utf-8")
        except UnicodeDecodeError as error:
            raise ConfigError("This file is not UTF-8 text.", hint="Save it as UTF-8.") from error
        found = parse_framework(file_name.removesuffix(".toml").casefold(), text)
        if any(found.id == item.id for item in own_frameworks()):
            raise UsageError(
                f"{found.id!r} is the name of a framework that comes along.", hint="Name the file differently."
            )
        self._library.database.write(frameworks.put, found.id, text, self._visitor.id)
        self._library.database.write(
            audit.record, "framework added", found.id, f"by {self._visitor.id or 'this machine'}"
        )
        return found

    def remove(self, framework_id: str) -> None:
        """Removes a framework of the school's own; notes keep their tags."""
        self._check_manager()
        self._library.database.write(frameworks.remove, framework_id)
        self._library.database.write(
            audit.record, "framework removed", framework_id, f"by {self._visitor.id or 'this machine'}"
        )

    def evidence(self, notes: tuple[NoteRow, ...]) -> tuple[Evidence, ...]:
        """Each element that notes are tagged with, in the frameworks' order."""
        found = []
        for framework in self.everything():
            for element in framework.elements:
                tagged = tuple(note for note in notes if framework.tag(element) in note.tags)
                if tagged:
                    found.append(Evidence(framework, element, tagged))
        return tuple(found)

    def _check_manager(self) -> None:
        if not self.may_manage():
            raise AccessError("Frameworks are brought in by an administrator.", hint="Ask one.")

    def _parsed(self) -> Iterator[Framework]:
        for row in self._library.database.read(frameworks.everything):
            try:
                yield parse_framework(row.id, row.text)
            except ConfigError as error:  # it was checked when it came; a newer program may know better
                _LOG.warning("The framework %s cannot be read any more: %s", row.id, error)
