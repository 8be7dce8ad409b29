"""Notes between people who share a lesson."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import AccessError, LessonMirrorError, NotFoundError, StoreError, UsageError
from pipeline.store.library import Library
from pipeline.store.notes import NoteDraft
from pipeline.store.rows import PersonRow
from pipeline.workspace.access import Workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.leaving import erase_person
from pipeline.workspace.visitor import ALONE
from tests.workspace.school import School, end_share, open_school, workspace


@pytest.fixture
def school(library: Library, tmp_path: Path) -> School:
    return open_school(library, tmp_path)


def _talk(library: Library, person: PersonRow) -> Conversation:
    return Conversation(workspace(library, person))


def test_a_note_is_read_answered_and_settled(library: Library, school: School) -> None:
    coach, teacher, lesson_id = _talk(library, school.cleo), _talk(library, school.ada), school.lesson.id
    draft = NoteDraft(1.0, "What did you expect here?", 3.0, "question", ("discourse/wait",))
    note = coach.add(lesson_id, draft)
    reply = teacher.add(lesson_id, NoteDraft(9.0, "That somebody would go on.", parent_id=note.id))
    assert [(item.author, item.at_s, item.end_s, item.parent_id) for item in coach.notes(lesson_id)] == [
        ("Cleo Carter", 1.0, 3.0, None),
        ("Ada Archer", 1.0, 3.0, note.id),
    ]
    with pytest.raises(UsageError):
        coach.add(lesson_id, NoteDraft(0, "A reply to a reply", parent_id=reply.id))
    assert teacher.resolve(lesson_id, note.id, resolved=True).resolved_at
    assert not coach.resolve(lesson_id, note.id, resolved=False).resolved_at


def test_what_is_new_is_new_to_each_until_they_have_seen_it(library: Library, school: School) -> None:
    coach, teacher, lesson_id = _talk(library, school.cleo), _talk(library, school.ada), school.lesson.id
    note = coach.add(lesson_id, NoteDraft(1.0, "Look here."))
    assert (coach.count_news(), teacher.count_news()) == (0, 1)
    assert [(item.note.text, item.lesson.id) for item in teacher.news()] == [("Look here.", lesson_id)]
    assert teacher.unseen(lesson_id) == {note.id}
    teacher.see(lesson_id)
    teacher.see(lesson_id)
    assert (teacher.count_news(), teacher.unseen(lesson_id)) == (0, frozenset())
    teacher.add(lesson_id, NoteDraft(0, "I see.", parent_id=note.id))
    assert coach.count_news() == 1
    assert [_talk(library, person).count_news() for person in (school.ben, school.dora, school.head)] == [0, 0, 0]


def test_news_end_with_the_share(library: Library, school: School) -> None:
    _talk(library, school.ada).add(school.lesson.id, NoteDraft(1.0, "For you."))
    assert _talk(library, school.cleo).count_news() == 1
    end_share(library, school)
    assert _talk(library, school.cleo).count_news() == 0


def test_a_private_note_is_its_authors_alone(library: Library, school: School) -> None:
    coach, teacher, lesson_id = _talk(library, school.cleo), _talk(library, school.ada), school.lesson.id
    note = coach.add(lesson_id, NoteDraft(1.0, "Ask her about it.", private=True))
    assert teacher.notes(lesson_id) == () and teacher.count_news() == 0
    for work in (
        lambda: teacher.add(lesson_id, NoteDraft(0, "?", parent_id=note.id)),
        lambda: teacher.resolve(lesson_id, note.id, resolved=True),
        lambda: teacher.delete(lesson_id, note.id),
        lambda: teacher.restore(lesson_id, note.id),
    ):
        with pytest.raises(NotFoundError):
            work()
    assert [item.id for item in coach.notes(lesson_id)] == [note.id]


def test_only_the_author_changes_a_note(library: Library, school: School) -> None:
    coach, teacher, lesson_id = _talk(library, school.cleo), _talk(library, school.ada), school.lesson.id
    note = coach.add(lesson_id, NoteDraft(1.0, "Mine."))
    for work in (lambda: teacher.edit(lesson_id, note.id, "Yours."), lambda: teacher.delete(lesson_id, note.id)):
        with pytest.raises(AccessError):
            work()
    coach.edit(lesson_id, note.id, "Still mine.", seen_at=note.updated_at)
    with pytest.raises(StoreError, match="meanwhile"):
        coach.edit(lesson_id, note.id, "From an old page.", seen_at=note.updated_at)
    coach.delete(lesson_id, note.id)
    assert teacher.notes(lesson_id) == ()
    assert coach.restore(lesson_id, note.id).text == "Still mine."


def test_strangers_neither_read_nor_write(library: Library, school: School) -> None:
    note = _talk(library, school.ada).add(school.lesson.id, NoteDraft(1.0, "Ours."))
    end_share(library, school)
    for person in (school.ben, school.dora, school.head, school.cleo):
        talk = _talk(library, person)
        for work in (
            lambda talk=talk: talk.notes(school.lesson.id),
            lambda talk=talk: talk.unseen(school.lesson.id),
            lambda talk=talk: talk.see(school.lesson.id),
            lambda talk=talk: talk.add(school.lesson.id, NoteDraft(1.0, "Hello")),
            lambda talk=talk: talk.edit(school.lesson.id, note.id, "Hello"),
            lambda talk=talk: talk.delete(school.lesson.id, note.id),
            lambda talk=talk: talk.resolve(school.lesson.id, note.id, resolved=True),
        ):
            with pytest.raises(NotFoundError):
                work()


@pytest.mark.parametrize(
    "draft",
    [
        NoteDraft(1.0, " "),
        NoteDraft(-1.0, "a"),
        NoteDraft(2.0, "a", 1.0),
        NoteDraft(1.0, "a", kind="verdict"),  # type: ignore[arg-type]
        NoteDraft(1.0, "a", tags=("no tag",)),
        NoteDraft(1.0, "a", tags=tuple(f"a/{number}" for number in range(20))),
        NoteDraft(1.0, "a", parent_id="nothing"),
    ],
)
def test_nonsense_is_refused(library: Library, school: School, draft: NoteDraft) -> None:
    with pytest.raises(LessonMirrorError):
        _talk(library, school.ada).add(school.lesson.id, draft)
    assert library.notes(school.lesson.id) == ()


def test_notes_from_before_the_accounts_are_the_owners_to_change(library: Library, school: School) -> None:
    note = Conversation(Workspace(library, ALONE)).add(school.lesson.id, NoteDraft(1.0, "Old."))
    assert note.author_id is None
    with pytest.raises(AccessError):
        _talk(library, school.cleo).delete(school.lesson.id, note.id)
    _talk(library, school.ada).delete(school.lesson.id, note.id)


def test_what_an_erased_person_wrote_is_gone(library: Library, school: School) -> None:
    _talk(library, school.cleo).add(school.lesson.id, NoteDraft(1.0, "Words of Cleo."))
    erase_person(library, school.cleo)
    assert _talk(library, school.ada).notes(school.lesson.id) == ()
