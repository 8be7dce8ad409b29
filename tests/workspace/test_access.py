"""Who sees which lesson, and what is written down about it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from pipeline.errors import AccessError, NotFoundError, UsageError
from pipeline.lesson import Correction
from pipeline.store import schema
from pipeline.store.library import Library
from pipeline.store.rows import PersonRow
from pipeline.timeline import Span
from pipeline.workspace.access import Workspace
from pipeline.workspace.cycle import Cycles
from pipeline.workspace.leaving import erase_person, export_person
from pipeline.workspace.people import People
from pipeline.workspace.use import use_of
from pipeline.workspace.visitor import ALONE
from tests.viewer.lesson_samples import add_recording
from tests.workspace.school import School, add_person, end_share, everything_in, open_school, visitor, workspace


@pytest.fixture
def school(library: Library, tmp_path: Path) -> School:
    return open_school(library, tmp_path)


def _sees(library: Library, person: PersonRow, lesson_id: str) -> bool:
    found = workspace(library, person)
    try:
        found.lesson(lesson_id)
    except NotFoundError:
        assert found.lessons() == ()
        return False
    assert [row.id for row in found.lessons()] == [lesson_id]
    return True


def test_a_lesson_is_seen_by_its_teacher_and_by_whom_she_shares_it_with(library: Library, school: School) -> None:
    people = (school.ada, school.ben, school.cleo, school.dora, school.head)
    assert [_sees(library, person, school.lesson.id) for person in people] == [True, False, True, False, False]


def test_a_lesson_that_is_not_theirs_reads_like_one_that_never_was(library: Library, school: School) -> None:
    found = workspace(library, school.ben)
    with pytest.raises(NotFoundError) as hidden:
        found.lesson(school.lesson.id)
    with pytest.raises(NotFoundError) as missing:
        found.lesson("2222222222")
    assert str(hidden.value).replace(school.lesson.id, "X") == str(missing.value).replace("2222222222", "X")


def test_a_share_ends_at_once_when_it_is_taken_back(library: Library, school: School) -> None:
    end_share(library, school)
    assert not _sees(library, school.cleo, school.lesson.id)


def test_a_share_ends_with_its_last_day(library: Library, school: School) -> None:
    owner = workspace(library, school.ada)
    owner.share(school.lesson.id, school.cleo.id, date.today())
    assert len(owner.shares(school.lesson.id)) == 1
    assert _sees(library, school.cleo, school.lesson.id)
    yesterday = update(schema.share).values(until=date.today() - timedelta(days=1))
    library.database.write(lambda connection: connection.execute(yesterday))
    assert not _sees(library, school.cleo, school.lesson.id)
    with pytest.raises(UsageError):
        owner.share(school.lesson.id, school.cleo.id, date.today() - timedelta(days=1))


OWNERS_WORK: list[Callable[[Workspace, School], object]] = [
    lambda found, school: found.share(school.lesson.id, school.dora.id),
    lambda found, school: (
        found.shares(school.lesson.id) and found.end_share(school.lesson.id, found.shares(school.lesson.id)[0].id)
    ),
    lambda found, school: found.accesses(school.lesson.id),
    lambda found, school: found.deletion_plan(school.lesson.id),
    lambda found, school: found.delete(school.lesson.id),
    lambda found, school: found.name_teacher(school.lesson.id, school.dora.id),
]


@pytest.mark.parametrize("work", OWNERS_WORK)
def test_only_the_owner_decides(library: Library, school: School, work: Callable[[Workspace, School], object]) -> None:
    with pytest.raises(AccessError):
        work(workspace(library, school.cleo), school)
    for stranger in (school.ben, school.dora, school.head):
        with pytest.raises(NotFoundError):
            work(workspace(library, stranger), school)
    assert library.find_lesson(school.lesson.id)


def test_the_owner_reads_who_looked(library: Library, school: School) -> None:
    workspace(library, school.cleo).lesson(school.lesson.id, "watched")
    workspace(library, school.cleo).lesson(school.lesson.id, "watched")
    workspace(library, school.ada).lesson(school.lesson.id, "looked")
    read = workspace(library, school.ada).accesses(school.lesson.id)
    assert [(entry.name, entry.action) for entry in read] == [("Ada Archer", "looked"), ("Cleo Carter", "watched")]


class TestComing:
    def _claimed(self, library: Library, folder: Path, by: PersonRow, teacher: PersonRow | None) -> str:
        row = add_recording(library, folder, "new.mp4")
        return workspace(library, by).claim(row.id, teacher.id if teacher else None).id

    def test_the_named_teacher_owns_it_and_may_end_the_coachs_share(
        self, library: Library, school: School, tmp_path: Path
    ) -> None:
        lesson_id = self._claimed(library, tmp_path, school.dora, school.ben)
        owner = workspace(library, school.ben)
        assert owner.is_owner(owner.lesson(lesson_id))
        assert not workspace(library, school.dora).is_owner(workspace(library, school.dora).lesson(lesson_id))
        owner.end_share(lesson_id, owner.shares(lesson_id)[0].id)
        assert not _sees(library, school.dora, lesson_id)

    def test_without_a_teacher_only_the_uploader_sees_it(
        self, library: Library, school: School, tmp_path: Path
    ) -> None:
        lesson_id = self._claimed(library, tmp_path, school.dora, None)
        assert _sees(library, school.dora, lesson_id)
        assert not _sees(library, school.ben, lesson_id)
        workspace(library, school.dora).name_teacher(lesson_id, school.ben.id)
        assert _sees(library, school.ben, lesson_id) and _sees(library, school.dora, lesson_id)

    def test_a_teacher_brings_their_own(self, library: Library, school: School, tmp_path: Path) -> None:
        lesson_id = self._claimed(library, tmp_path, school.ben, None)
        assert library.find_lesson(lesson_id).owner_id == school.ben.id

    def test_nobody_claims_what_has_an_owner(self, library: Library, school: School) -> None:
        with pytest.raises(AccessError, match="already"):
            workspace(library, school.ben).claim(school.lesson.id, None)

    def test_lessons_from_before_the_accounts_are_nobodys_until_they_are_assigned(
        self, library: Library, school: School, tmp_path: Path
    ) -> None:
        row = add_recording(library, tmp_path, "old.mp4")
        assert Workspace(library, ALONE).lesson(row.id)
        for person in (school.ben, school.dora, school.head):
            assert not _sees(library, person, row.id)
        People(library).assign(row.id, school.ben.id)
        assert _sees(library, school.ben, row.id)


class TestLeaving:
    def test_lessons_are_handed_over(self, library: Library, school: School) -> None:
        assert People(library).hand_over(school.ada.id, school.ben.id) == 1
        assert _sees(library, school.ben, school.lesson.id)
        assert not _sees(library, school.ada, school.lesson.id)

    def test_everything_about_a_person_is_taken_along(self, library: Library, school: School, tmp_path: Path) -> None:
        workspace(library, school.ada).lesson(school.lesson.id, "looked")
        written = export_person(library, school.ada, tmp_path / "out")
        text = (written / "person.json").read_text()
        assert "Ada Archer" in text and "argon2" not in text and "token" not in text
        assert [path.name for path in written.glob("*/lesson.json")] == ["lesson.json"]

    def test_who_is_erased_leaves_nothing(self, library: Library, school: School) -> None:
        workspace(library, school.cleo).lesson(school.lesson.id, "looked")
        library.add_correction(school.lesson.id, Correction(Span(0, 1), role="student"), "Cleo Carter")
        cycles = Cycles(workspace(library, school.cleo))
        cycle = cycles.start(school.ada.id, school.cleo.id, "Waiting")
        cycles.reflect(cycle.row.id, "coach", {"saw": "Words of Cleo"}, shown=True)
        erase_person(library, school.cleo)
        assert "Words of Cleo" not in everything_in(library)
        assert len(library.corrections(school.lesson.id)) == 1
        assert [entry.name for entry in workspace(library, school.ada).accesses(school.lesson.id)] == [
            "Somebody who left"
        ]
        assert erase_person(library, school.ada) == 1
        assert library.lessons() == ()
        everything = everything_in(library)
        assert "Ada Archer" not in everything and "Cleo Carter" not in everything and "Ben Baker" in everything
        files = b"".join(path.read_bytes() for path in library.folder.rglob("*") if path.is_file())
        assert b"Ada Archer" not in files and b"Cleo Carter" not in files


def test_administrators_see_numbers_and_nobody_else_does(library: Library, school: School) -> None:
    found = use_of(library, visitor(school.head))
    assert (found.people, found.lessons, found.shared, found.recorded_s) == (5, 1, 1, pytest.approx(12, abs=0.5))
    with pytest.raises(AccessError):
        use_of(library, visitor(school.ada))


def test_alone_everything_is_ones_own(library: Library, tmp_path: Path) -> None:
    row = add_recording(library, tmp_path)
    found = Workspace(library, ALONE)
    assert found.is_owner(found.claim(row.id, None)) and found.people_of(row.id) == () == found.colleagues()
    add_person(library, "head", "Hedda", "administrator")
    with pytest.raises(UsageError, match="accounts"):
        found.share(row.id, "x")
