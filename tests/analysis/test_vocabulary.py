"""Words of the subject: found in singular and plural, of the subject that the lesson is about."""

from __future__ import annotations

import tomllib

import pytest

from pipeline.analysis.vocabulary import Subject, measure_vocabulary, read_subjects
from pipeline.resources import data_path
from tests.lesson_values import lesson, said, student, teacher


@pytest.fixture(scope="module")
def subjects() -> tuple[Subject, ...]:
    return read_subjects(tomllib.loads(data_path("configs", "vocabulary.toml").read_text(encoding="utf-8")))


def test_phrases_plurals_and_case_are_found(subjects: tuple[Subject, ...]) -> None:
    mathematics = subjects[0]
    assert mathematics.found("The Least Common Multiple of both denominators; is it a multiple?") == [
        "least common multiple",
        "denominator",
        "multiple",
    ]
    assert mathematics.found("probabilities and inequality") == ["probabilities", "inequality"]
    assert mathematics.found("he factored a primer") == []


def test_the_subject_is_the_one_that_is_talked_about(subjects: tuple[Subject, ...]) -> None:
    of = lesson(
        utterances=(
            said("u1", teacher(0, 5), "Photosynthesis turns light into chemical energy."),
            said("u2", student(6, 9), "So the chlorophyll in the cell does it?"),
        )
    )
    by_teacher, by_students = measure_vocabulary(of, subjects)
    assert by_teacher.value == pytest.approx(50.0) and "science" in by_teacher.method
    assert by_students.value == pytest.approx(25.0)
    assert [moment.utterance_id for moment in by_students.moments] == ["u2"]


def test_a_lesson_that_no_list_fits_has_no_number(subjects: tuple[Subject, ...]) -> None:
    of = lesson(utterances=(said("u1", teacher(0, 5), "Today we sing a song about energy."),))
    assert [item.value for item in measure_vocabulary(of, subjects)] == [None, None]
    assert [item.value for item in measure_vocabulary(lesson(), subjects)] == [None, None]
