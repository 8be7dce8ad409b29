"""Observation frameworks: those that come along, a school's own, and what is gathered under them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.analysis.frameworks import MAX_BYTES, own_frameworks, parse_framework
from pipeline.errors import AccessError, LessonMirrorError, NotFoundError
from pipeline.store.library import Library
from pipeline.store.notes import NoteDraft
from pipeline.workspace.access import Workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.frameworks import Frameworks
from pipeline.workspace.visitor import ALONE
from tests.viewer.lesson_samples import add_recording
from tests.workspace.school import open_school, visitor

OURS = b'name = "Our school"\n\n[[element]]\nid = "quiet"\nname = "A quiet start"\nlook_for = "Two minutes."\n'


def test_four_frameworks_come_along_and_each_element_says_where_it_comes_from() -> None:
    found = own_frameworks()
    assert {item.id for item in found} == {"discourse", "climate", "responsiveness", "universal_design"}
    elements = [element for item in found for element in item.elements]
    assert len(elements) == 30 and all(element.look_for and element.source for element in elements)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("name = ", "no TOML"),
        ('name = "A"', "elements"),
        ('name = "A"\n[[element]]\nid = "a"\nname = "A"\n', "look_for"),
        ('name = "A"\n[[element]]\nid = "a b"\nname = "A"\nlook_for = "x"\n', "id"),
        ('name = "A"\n[[element]]\nid = "a"\nname = "A"\nlook_for = "x"\nscore = 3\n', "score"),
        ('name = "A"\n[[element]]\nid = "a"\nname = "A"\nlook_for = "x"\nsource = 3\n', "source"),
        ('name = "A"\nelement = [3]\n', "no table"),
        ('name = 3\n[[element]]\nid = "a"\nname = "A"\nlook_for = "x"\n', "name"),
        ('name = "A"\n' + '[[element]]\nid = "a"\nname = "A"\nlook_for = "x"\n' * 2, "same id"),
    ],
)
def test_what_is_wrong_in_a_framework_is_said(text: str, words: str) -> None:
    with pytest.raises(LessonMirrorError, match=words):
        parse_framework("ours", text)


def test_notes_are_gathered_under_their_elements(library: Library, tmp_path: Path) -> None:
    row, frameworks = add_recording(library, tmp_path), Frameworks(library, ALONE)
    frameworks.add("Ours.toml", OURS)
    talk = Conversation(Workspace(library, ALONE))
    talk.add(row.id, NoteDraft(5.0, "Later.", tags=("ours/quiet",)))
    talk.add(row.id, NoteDraft(1.0, "Sooner.", tags=("ours/quiet", "discourse/uptake")))
    found = frameworks.evidence(talk.notes(row.id))
    assert [(item.framework.name, item.element.name, [note.text for note in item.notes]) for item in found] == [
        ("Our school", "A quiet start", ["Sooner.", "Later."]),
        ("Classroom discourse", "Building on what students say", ["Sooner."]),
    ]
    frameworks.remove("ours")
    assert [item.framework.id for item in frameworks.evidence(talk.notes(row.id))] == ["discourse"]
    with pytest.raises(NotFoundError):
        frameworks.remove("ours")


@pytest.mark.parametrize(
    ("name", "content"),
    [("discourse.toml", OURS), ("../x.toml", OURS), ("ours.toml", b"\xff\xfe"), ("ours.toml", b"#" * (MAX_BYTES + 1))],
)
def test_what_cannot_be_a_schools_framework_is_refused(library: Library, name: str, content: bytes) -> None:
    with pytest.raises(LessonMirrorError):
        Frameworks(library, ALONE).add(name, content)
    assert Frameworks(library, ALONE).schools() == ()


def test_administrators_bring_frameworks_and_nobody_else(library: Library, tmp_path: Path) -> None:
    school = open_school(library, tmp_path)
    Frameworks(library, visitor(school.head)).add("ours.toml", OURS)
    for person in (school.ada, school.cleo):
        found = Frameworks(library, visitor(person))
        assert [item.id for item in found.schools()] == ["ours"]
        with pytest.raises(AccessError):
            found.remove("ours")
