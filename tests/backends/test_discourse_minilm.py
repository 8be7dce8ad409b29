"""The shipped network really judges: questions without marks, moves, uptake; and its windows lose no sentence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.backends.discourse_minilm import overlapping_runs
from pipeline.backends.discourse_network import WINDOW_TOKENS, clipped, fill_windows, plain_text
from pipeline.config import Config, DiscourseConfig, ModelsConfig
from pipeline.ports import DiscourseModel, Judgement, Sentence
from pipeline.registry import discourse_model
from tests.lesson_values import patient


@pytest.fixture(scope="module")
def model() -> DiscourseModel:
    found = discourse_model(Config())
    assert found is not None
    return found


def judge(model: DiscourseModel, *said: tuple[str, str]) -> tuple[Judgement, ...]:
    sentences = [Sentence(text, "teacher" if who == "T" else "student", True) for who, text in said]
    return model.judge(sentences, progress=lambda done: None)


def test_questions_are_found_without_marks(model: DiscourseModel) -> None:
    asks = judge(
        model,
        ("T", "how many sides does a triangle have"),
        ("S", "three"),
        ("T", "so a triangle has three sides"),
        ("T", "can anybody tell me why that is"),
        ("T", "please open your books on page ten"),
    )
    assert [item.question > 0.5 for item in asks] == [True, False, False, True, False]


def test_moves_of_teacher_and_students_are_told_apart(model: DiscourseModel) -> None:
    from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS

    asked, answered = judge(
        model,
        ("T", "why do you think that works"),
        ("S", "because if you double both sides you get the same ratio so it has to be equal"),
    )
    assert TEACHER_LABELS[int(np.argmax(asked.teacher))] == "pressing_for_reasoning"
    assert STUDENT_LABELS[int(np.argmax(answered.student))] == "providing_evidence_or_reasoning"


def test_case_and_punctuation_make_no_difference(model: DiscourseModel) -> None:
    written = judge(model, ("T", "Why do you think that's so, Ana?"), ("S", "Because it's even!"))
    bare = judge(model, ("T", "why do you think thats so ana"), ("S", "because its even"))
    for one, other in zip(written, bare, strict=True):
        assert one.question == pytest.approx(other.question, abs=1e-5)
        assert one.teacher == pytest.approx(other.teacher, abs=1e-5)


def test_shares_sum_to_one_for_the_emptiest_of_lessons(model: DiscourseModel) -> None:
    assert judge(model) == ()
    for item in judge(model, ("T", ""), ("S", "..."), ("T", "x " * 4000)):
        assert 0 <= item.question <= 1
        for shares in (item.teacher, item.student, item.kind, item.focus, item.demand):
            assert sum(shares) == pytest.approx(1, abs=1e-4)


def test_a_long_lesson_is_judged_alike_where_its_neighbours_are_alike(model: DiscourseModel) -> None:
    said = [("T", "what is three times four"), ("S", "twelve"), ("T", "good how did you get that")] * 60
    judged = judge(model, *said)
    assert len(judged) == 180
    asks = [item.question for item in judged[30:-30:3]]
    assert max(asks) - min(asks) < 0.2


def test_uptake_is_higher_where_the_teacher_builds_on_the_answer(model: DiscourseModel) -> None:
    student = "I think you have to divide both numbers by two because they are even"
    builds, ignores = model.uptake(
        [
            (student, "so Ana says we can divide both by two, why does being even matter"),
            (student, "okay open your books"),
        ]
    )
    assert 0 <= ignores < builds <= 1
    assert model.uptake([]).shape == (0,)


def test_rules_judge_where_weights_are_not_wanted() -> None:
    assert discourse_model(Config(models=ModelsConfig(allow_noncommercial=False))) is None
    assert discourse_model(Config(discourse=DiscourseConfig("rules"))) is None


@patient
@given(st.lists(st.integers(1, 80), max_size=120))
def test_windows_judge_each_sentence_once_and_hold_what_fits(lengths: list[int]) -> None:
    runs = overlapping_runs(lengths)
    assert [place for run in runs for place in range(run.begin, run.end)] == list(range(len(lengths)))
    for run in runs:
        assert run.first <= run.begin < run.end <= run.last
        assert sum(lengths[run.first : run.last]) <= WINDOW_TOKENS - 2
    assert [place for first, last in fill_windows(lengths) for place in range(first, last)] == list(range(len(lengths)))


@patient
@given(st.text(max_size=80))
def test_plain_text_has_no_case_and_no_punctuation(text: str) -> None:
    plain = plain_text(text)
    assert plain == plain_text(plain)
    assert all(char.isalnum() or char == " " for char in plain if char.isascii())


def test_a_long_sentence_keeps_its_beginning_and_its_end() -> None:
    assert clipped(list(range(100)), 10) == [0, 1, 2, 3, 4, 95, 96, 97, 98, 99]
    assert clipped([1, 2, 3], 10) == [1, 2, 3]
