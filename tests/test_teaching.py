"""A teacher's goal and own earlier lessons reach the feedback; nobody else's do. On both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from pipeline.lesson import Goal, Lesson, LessonDetails, Metric, Recording
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from pipeline.teaching import teaching_of
from tests.store.store_samples import add_row


def held(library: Library, key: str, teacher: str, day: int, wait_s: float | None) -> LessonRow:
    row = add_row(library, key)
    library.set_details(row.id, LessonDetails(teacher=teacher, held_on=date(2026, 3, day)))
    lesson = Lesson(
        Recording(row.sha256, row.name, 60.0), metrics=(Metric("wait_time_1_median_s", wait_s, "s", method="m"),)
    )
    library.save_result(row.id, lesson)
    return library.find_lesson(row.id)


def test_earlier_lessons_are_the_same_teachers_oldest_first(library: Library) -> None:
    held(library, "b", "A. Example", 9, 2.0)
    held(library, "a", "A. Example", 2, 1.0)
    held(library, "d", "Another", 3, 9.0)
    held(library, "f", "A. Example", 5, None)
    this = held(library, "c", "A. Example", 12, 3.0)
    held(library, "e", "A. Example", 20, 4.0)
    assert [values["wait_time_1_median_s"] for values in teaching_of(library, this).earlier] == [1.0, 2.0]


def test_a_lesson_of_nobody_has_no_earlier_ones(library: Library) -> None:
    held(library, "a", "", 2, 1.0)
    this = held(library, "b", "", 9, 2.0)
    assert teaching_of(library, this).earlier == ()
    assert teaching_of(library, this).goal is None


def test_a_goal_is_kept_with_the_details(library: Library) -> None:
    this = held(library, "a", "A. Example", 2, 1.0)
    library.set_details(this.id, replace(this.details, goal="wait_time_1_median_s >= 3: wait longer"))
    found = library.find_lesson(this.id)
    assert teaching_of(library, found).goal == Goal("wait_time_1_median_s", 3.0, None, "wait longer")
