"""What the notes beside the player may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.store.library import Library
from pipeline.viewer import state
from pipeline.viewer.actions import change_note
from pipeline.viewer.results import Results
from pipeline.viewer.state import Shared, share
from tests.viewer.lesson_samples import add_recording


@pytest.fixture
def lesson(shelf: Library, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(state, "_shared", [])
    share(Shared(shelf, Config(), Results(shelf)))
    yield add_recording(shelf, tmp_path).id


def _ask(lesson: str, **request: Any) -> dict[str, Any]:
    return change_note(lesson, {"token": "t1", **request})


def test_a_note_is_added_changed_deleted_and_brought_back(shelf: Library, lesson: str) -> None:
    assert _ask(lesson, action="add", at_s=4, text="First") == {"token": "t1", "deleted_note": None}
    (note,) = shelf.notes(lesson)
    seen = note.updated_at.isoformat()
    assert "problem" not in _ask(lesson, action="edit", id=note.id, text="Second", seen=seen)
    assert _ask(lesson, action="delete", id=note.id)["deleted_note"] == note.id
    assert shelf.notes(lesson) == ()
    assert _ask(lesson, action="restore", id=note.id)["deleted_note"] is None
    assert [(item.at_s, item.text) for item in shelf.notes(lesson)] == [(4.0, "Second")]


def test_a_note_that_changed_meanwhile_is_not_overwritten(shelf: Library, lesson: str) -> None:
    note = shelf.add_note(lesson, 1.0, "Before")
    seen = note.updated_at.isoformat()
    shelf.edit_note(note.id, "By somebody else")
    assert "changed this note" in _ask(lesson, action="edit", id=note.id, text="Mine", seen=seen)["problem"]
    assert shelf.notes(lesson)[0].text == "By somebody else"


@pytest.mark.parametrize(
    "request_of",
    [
        {"action": "add", "at_s": 1.0, "text": "  "},
        {"action": "add", "at_s": -1.0, "text": "a"},
        {"action": "add", "at_s": "1", "text": "a"},
        {"action": "add", "text": "a"},
        {"action": "edit", "id": "nothing", "text": "a", "seen": "2026-01-01T00:00:00+00:00"},
        {"action": "delete", "id": "nothing"},
        {"action": "explode"},
        {},
    ],
)
def test_what_makes_no_sense_is_answered_with_a_sentence(
    shelf: Library, lesson: str, request_of: dict[str, Any]
) -> None:
    answer = _ask(lesson, **request_of)
    assert answer["token"] == "t1"
    assert answer["problem"]
    assert shelf.notes(lesson) == ()


def test_a_note_of_another_lesson_is_out_of_reach(shelf: Library, lesson: str, tmp_path: Path) -> None:
    other = shelf.add_note(add_recording(shelf, tmp_path, "other.mp4").id, 1.0, "Not yours")
    seen = other.updated_at.isoformat()
    assert "problem" in _ask(lesson, action="edit", id=other.id, text="Mine", seen=seen)
    assert "problem" in _ask(lesson, action="delete", id=other.id)
    assert shelf.notes(other.lesson_id)[0].text == "Not yours"


def test_a_page_outside_of_the_viewer_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(state, "_shared", [])
    with pytest.raises(UsageError, match="outside"):
        state.library()
