"""The coaching cycle between two people."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest

from pipeline.errors import AccessError, LessonMirrorError, NotFoundError, StoreError, UsageError
from pipeline.report.documents import to_docx, to_html, to_pdf
from pipeline.store.library import Library
from pipeline.store.rows import PersonRow
from pipeline.viewer.cycle_documents import brief, record
from pipeline.workspace.access import Workspace
from pipeline.workspace.cycle import Cycles, Plan, waits_for
from pipeline.workspace.growth import compare, own_lessons, series
from pipeline.workspace.visitor import ALONE
from tests.viewer.lesson_samples import add_analysed
from tests.workspace.school import School, end_share, open_school, workspace

PLAN = Plan("Longer waiting", "wait_time_1_median_s >= 3: wait longer", "They give reasons.", date(2027, 3, 1))
SECRET = "A draft that nobody else may read"


@pytest.fixture
def school(library: Library, tmp_path: Path) -> School:
    return open_school(library, tmp_path)


def _cycles(library: Library, person: PersonRow) -> Cycles:
    return Cycles(workspace(library, person))


def test_a_cycle_leads_from_the_plan_to_looking_back(library: Library, school: School, tmp_path: Path) -> None:
    ada, cleo = _cycles(library, school.ada), _cycles(library, school.cleo)
    begun = cleo.start(school.ada.id, school.cleo.id, "Waiting")
    cycle_id = begun.row.id
    assert (begun.stage, waits_for(begun), begun.sides) == ("plan", {"teacher"}, {"coach"})
    assert [item.row.id for item in ada.waiting()] == [cycle_id] and cleo.waiting() == ()
    assert cleo.plan(cycle_id, PLAN).stage == "observe"
    observed = ada.observe(cycle_id, school.lesson.id)
    found = cleo.evidence(observed, observed.row.observed_id)
    assert observed.stage == "reflect" and found and found.metric and found.reached is False
    ada.reflect(cycle_id, "teacher", {"noticed": "I was quick.", "other": "not a question"}, shown=True)
    assert waits_for(cleo.get(cycle_id)) == {"coach"}
    assert cleo.reflect(cycle_id, "coach", {"saw": "0:04"}, shown=True).stage == "talk"
    agreed = cleo.add_step(cycle_id, "teacher", "Count to three", date(2027, 4, 1))
    assert agreed.stage == "follow"
    assert ada.set_step(cycle_id, agreed.steps[0].id, done=True).steps[0].done_at
    later = add_analysed(library, tmp_path)
    Workspace(library, workspace(library, school.ada).visitor).claim(later.id, None)
    review = ada.follow_up(cycle_id, later.id)
    changed = ada.change(review)
    assert review.stage == "review" and changed and changed.direction == "unknown"  # one pause in each lesson
    assert cleo.close(cycle_id).stage == "closed"
    with pytest.raises(AccessError, match="closed"):
        ada.observe(cycle_id, None)
    assert ada.close(cycle_id, closed=False).stage == "review"


def test_each_step_is_taken_back_by_what_it_brought(library: Library, school: School) -> None:
    ada = _cycles(library, school.ada)
    cycle_id = ada.start(school.ada.id, school.cleo.id, "Waiting").row.id
    ada.plan(cycle_id, PLAN)
    ada.observe(cycle_id, school.lesson.id)
    assert ada.observe(cycle_id, None).stage == "observe"
    agreed = ada.add_step(cycle_id, "coach", "Film again")
    assert ada.remove_step(cycle_id, agreed.steps[0].id).steps == ()


def test_a_draft_is_its_writers_alone(library: Library, school: School) -> None:
    ada, cleo = _cycles(library, school.ada), _cycles(library, school.cleo)
    cycle_id = ada.start(school.ada.id, school.cleo.id, "Waiting").row.id
    ada.reflect(cycle_id, "teacher", {"noticed": SECRET}, shown=False)
    seen = cleo.get(cycle_id)
    assert seen.reflections == {} and seen.others_draft
    assert SECRET.encode() not in to_html(record(workspace(library, school.cleo), seen))
    assert SECRET.encode() in to_html(record(workspace(library, school.ada), ada.get(cycle_id)))
    with pytest.raises(AccessError):
        cleo.reflect(cycle_id, "teacher", {"noticed": "Hers"}, shown=True)
    with pytest.raises(UsageError, match="nothing to show"):
        cleo.reflect(cycle_id, "coach", {"saw": " "}, shown=True)


def test_nobody_else_sees_a_cycle(library: Library, school: School) -> None:
    cycle_id = _cycles(library, school.ada).start(school.ada.id, school.cleo.id, "Waiting").row.id
    for person in (school.ben, school.dora, school.head):
        other = _cycles(library, person)
        assert other.mine() == ()
        for work in (
            lambda other=other: other.get(cycle_id),
            lambda other=other: other.plan(cycle_id, PLAN),
            lambda other=other: other.reflect(cycle_id, "coach", {"saw": "x"}, shown=True),
            lambda other=other: other.add_step(cycle_id, "coach", "x"),
            lambda other=other: other.close(cycle_id),
            lambda other=other: other.remove(cycle_id),
        ):
            with pytest.raises(NotFoundError):
                work()
    with pytest.raises(NotFoundError):
        Cycles(Workspace(library, ALONE)).get(cycle_id)


def test_a_lesson_that_is_not_shared_any_more_gives_no_evidence(library: Library, school: School) -> None:
    ada, cleo = _cycles(library, school.ada), _cycles(library, school.cleo)
    cycle_id = ada.start(school.ada.id, school.cleo.id, "Waiting").row.id
    ada.plan(cycle_id, PLAN)
    ada.observe(cycle_id, school.lesson.id)
    end_share(library, school)
    found = cleo.get(cycle_id)
    assert cleo.evidence(found, found.row.observed_id) is None
    assert b"Ice" not in to_html(brief(workspace(library, school.cleo), found))
    assert b"Ice" in to_html(brief(workspace(library, school.ada), found))


def test_two_plans_at_once_lose_nothing(library: Library, school: School) -> None:
    ada, cleo = _cycles(library, school.ada), _cycles(library, school.cleo)
    begun = ada.start(school.ada.id, school.cleo.id, "Waiting")
    ada.plan(begun.row.id, PLAN, seen_at=begun.row.updated_at)
    with pytest.raises(StoreError, match="meanwhile"):
        cleo.plan(begun.row.id, Plan("Mine"), seen_at=begun.row.updated_at)
    assert cleo.get(begun.row.id).row.focus == "Longer waiting"


@pytest.mark.parametrize("pair", [("ada", "ada"), ("ben", "cleo"), ("cleo", "ada"), ("ada", "head")])
def test_a_cycle_is_between_a_teacher_and_a_coach_who_begins_it(
    library: Library, school: School, pair: tuple[str, str]
) -> None:
    teacher, coach = (getattr(school, name) for name in pair)
    with pytest.raises(UsageError):
        _cycles(library, school.ada).start(teacher.id, coach.id, "Waiting")


@pytest.mark.parametrize("plan", [Plan(" "), Plan("a" * 5000), Plan("a", "wait_time >= 3"), Plan("a", "much")])
def test_a_plan_that_makes_no_sense_is_refused(library: Library, plan: Plan) -> None:
    cycles = Cycles(Workspace(library, ALONE))
    cycle_id = cycles.start(None, None, "Waiting").row.id
    with pytest.raises(LessonMirrorError):
        cycles.plan(cycle_id, plan)


def test_the_record_stands_alone_in_three_formats(library: Library, tmp_path: Path) -> None:
    alone = Workspace(library, ALONE)
    cycles, row = Cycles(alone), add_analysed(library, tmp_path)
    cycle_id = cycles.start(None, None, "Warten <b> 待つ").row.id
    cycles.plan(cycle_id, Plan("Warten <b> 待つ", PLAN.goal))
    cycles.observe(cycle_id, row.id)
    cycles.reflect(cycle_id, "teacher", {"noticed": "Ich war schnell \x07 ✓"}, shown=True)
    document = record(alone, cycles.add_step(cycle_id, "teacher", "Bis drei zählen"))
    page = to_html(document).decode()
    assert "Warten &lt;b&gt; 待つ" in page and "http" not in page and "<script" not in page
    with zipfile.ZipFile(io.BytesIO(to_docx(document))) as word:
        assert "待つ" in word.read("word/document.xml").decode()
    pdf = to_pdf(document)
    assert pdf.startswith(b"%PDF") and len(pdf) > 1000


class TestGrowth:
    def test_own_lessons_stand_in_their_order_and_nobody_elses(
        self, library: Library, school: School, tmp_path: Path
    ) -> None:
        assert [row.id for row in own_lessons(workspace(library, school.ada))] == [school.lesson.id]
        assert own_lessons(workspace(library, school.cleo)) == ()
        lesson = library.load_result(school.lesson.id)
        assert lesson
        (point,) = series(((school.lesson, lesson),), "teacher_share")
        assert (point.low, point.value, point.high) == (0.5, pytest.approx(5 / 9, abs=1e-5), 0.6)

    def test_two_lessons_are_compared_number_by_number(self, library: Library, school: School) -> None:
        lesson = library.load_result(school.lesson.id)
        assert lesson
        found = compare(lesson, lesson, ("teacher_share", "uptake_mean", "nothing"))
        assert [(item.name, item.change.direction) for item in found] == [("teacher_share", "not_clear")]
