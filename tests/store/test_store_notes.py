from __future__ import annotations

from datetime import UTC

import pytest

from pipeline.errors import NotFoundError, StoreError, UsageError
from pipeline.store.library import Library
from tests.store.store_samples import add_row


def test_notes_come_by_time_and_those_of_one_moment_as_written(library: Library) -> None:
    row = add_row(library, "a")
    for at_s, text in ((20.0, "third"), (3.5, "first"), (20.0, "fourth"), (4.0, "second")):
        library.add_note(row.id, at_s, text, author="Coach")
    assert [note.text for note in library.notes(row.id)] == ["first", "second", "third", "fourth"]


def test_a_note_comes_back_as_it_was_written(library: Library) -> None:
    row = add_row(library, "a")
    note = library.add_note(row.id, 3.25, "Why „so“? 👍\n'; DROP TABLE note; --", "Ms. 🦉", 9.5)
    assert library.notes(row.id) == (note,)
    assert (note.lesson_id, note.at_s, note.end_s, note.author) == (row.id, 3.25, 9.5, "Ms. 🦉")
    assert note.text == "Why „so“? 👍\n'; DROP TABLE note; --"
    assert note.created_at == note.updated_at
    assert note.created_at.tzinfo is UTC


def test_a_character_that_no_database_takes_is_replaced_visibly(library: Library) -> None:
    row = add_row(library, "a")
    assert library.add_note(row.id, 1.0, "a\0b\ud800c").text == "a\ufffdb\ufffdc"


def test_notes_belong_to_their_lesson(library: Library) -> None:
    one, two = add_row(library, "a"), add_row(library, "b")
    library.add_note(one.id, 1.0, "one")
    assert library.notes(two.id) == ()
    with pytest.raises(NotFoundError):
        library.notes("nope")
    with pytest.raises(NotFoundError):
        library.add_note("nope", 1.0, "text")


@pytest.mark.parametrize(
    "times", [(-1.0, None), (float("nan"), None), (float("inf"), None), (5.0, 4.0), (5.0, float("nan"))]
)
def test_a_time_that_makes_no_sense_is_refused(library: Library, times: tuple[float, float | None]) -> None:
    row = add_row(library, "a")
    with pytest.raises(UsageError, match="moment of the lesson"):
        library.add_note(row.id, times[0], "text", end_s=times[1])
    assert library.notes(row.id) == ()


@pytest.mark.parametrize(("text", "reason"), [("", "empty"), (" \n", "empty"), ("x" * 20_001, "longer than 20000")])
def test_an_empty_or_endless_note_is_refused(library: Library, text: str, reason: str) -> None:
    row = add_row(library, "a")
    note = library.add_note(row.id, 1.0, "text")
    with pytest.raises(UsageError, match=reason):
        library.add_note(row.id, 1.0, text)
    with pytest.raises(UsageError, match=reason):
        library.edit_note(note.id, text)
    assert library.notes(row.id) == (note,)


def test_an_endless_author_is_refused(library: Library) -> None:
    row = add_row(library, "a")
    with pytest.raises(UsageError, match="author"):
        library.add_note(row.id, 1.0, "text", "x" * 201)


def test_an_edit_changes_the_text_alone(library: Library) -> None:
    row = add_row(library, "a")
    note = library.add_note(row.id, 2.0, "before", "Coach", 3.0)
    edited = library.edit_note(note.id, "after")
    assert (edited.text, edited.author, edited.at_s, edited.end_s) == ("after", "Coach", 2.0, 3.0)
    assert edited.created_at == note.created_at
    assert edited.updated_at > note.updated_at
    assert library.notes(row.id) == (edited,)


def test_an_edit_does_not_silently_replace_what_somebody_else_wrote(library: Library) -> None:
    note = library.add_note(add_row(library, "a").id, 2.0, "before")
    theirs = library.edit_note(note.id, "theirs", seen_at=note.updated_at)
    with pytest.raises(StoreError, match="Somebody has changed this note"):
        library.edit_note(note.id, "mine", seen_at=note.updated_at)
    assert library.edit_note(note.id, "mine after theirs", seen_at=theirs.updated_at).text == "mine after theirs"


def test_a_deleted_note_is_hidden_until_it_is_restored(library: Library) -> None:
    row = add_row(library, "a")
    note = library.add_note(row.id, 2.0, "text")
    library.delete_note(note.id)
    assert library.notes(row.id) == ()
    with pytest.raises(NotFoundError):
        library.edit_note(note.id, "other")
    assert library.restore_note(note.id).text == "text"
    assert [found.id for found in library.notes(row.id)] == [note.id]


def test_an_unknown_note_is_not_found(library: Library) -> None:
    for change in (
        lambda: library.edit_note("x", "y"),
        lambda: library.delete_note("x"),
        lambda: library.restore_note("x"),
    ):
        with pytest.raises(NotFoundError, match="There is no note 'x'"):
            change()
