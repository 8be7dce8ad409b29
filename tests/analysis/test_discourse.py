"""Moves, uptake and praise: what is judged, what is not, and what is praise at all."""

from __future__ import annotations

import pytest

from pipeline.analysis.discourse import (
    find_exchanges,
    find_praise,
    gives_reason,
    label_moves,
    label_praise,
    label_uptake,
    likeliest_move,
    sentences_of,
)
from pipeline.lesson import Role, Utterance
from pipeline.ports import Judgement


def line(name: str, role: Role, text: str, *, speaker: str = "", language: str | None = "en") -> Utterance:
    return Utterance(name, None, speaker or role, role, text, language=language)


def judgement(*, teacher: int = 0, student: int = 0, sure: float = 0.7) -> Judgement:
    def shares(place: int, size: int) -> tuple[float, ...]:
        rest = (1 - sure) / (size - 1)
        return tuple(sure if index == place else rest for index in range(size))

    return Judgement(0.1, shares(teacher, 7), shares(student, 5), shares(0, 4), shares(0, 3), shares(0, 4))


@pytest.mark.parametrize(
    "text",
    [
        "I like how you lined up the decimal points.",
        "great job explaining your thinking",
        "That's a really good question.",
        "Good thinking about the units, Ana!",
        "I love that you checked it twice.",
        "nice use of the number line",
        "I'm proud of how you worked together",
        "That was an excellent explanation",
    ],
)
def test_specific_praise_says_what_was_good(text: str) -> None:
    found = find_praise(text)
    assert found is not None and found[0] == "specific"


@pytest.mark.parametrize(
    "text", ["Good job!", "great", "Very good.", "well done everybody", "Awesome, guys", "Nice work"]
)
def test_general_praise_is_general(text: str) -> None:
    found = find_praise(text)
    assert found is not None and found[0] == "general"


@pytest.mark.parametrize(
    "text",
    [
        "Good morning everyone",
        "Is everybody good?",
        "a great deal of water",
        "sixteen is a perfect square",
        "Which one is greater?",
        "if that is a good idea we can try it",
        "That's not good",
        "Turn to page ten.",
        "",
    ],
)
def test_words_of_judgement_in_other_senses_are_no_praise(text: str) -> None:
    assert find_praise(text) is None


def test_only_a_teacher_praises_and_only_english_is_judged() -> None:
    lines = (
        line("u1", "teacher", "Good job!"),
        line("u2", "student", "Good job!"),
        line("u3", "teacher", "Good job!", language="es"),
    )
    assert [item.praise for item in label_praise(lines)] == ["general", None, None]


def test_a_move_is_given_by_role_with_its_probability() -> None:
    lines = (line("u1", "teacher", "Why?"), line("u2", "student", "Because."), line("u3", "unknown", "Hm."))
    moved = label_moves(lines, [judgement(teacher=6, student=4)] * 3)
    assert [(item.teacher_move, item.student_move, item.move_confidence) for item in moved] == [
        ("pressing_for_reasoning", None, 0.7),
        (None, "providing_evidence_or_reasoning", 0.7),
        (None, None, None),
    ]


def test_no_move_is_none_with_a_confidence_and_not_judged_is_none_without() -> None:
    lines = (line("u1", "teacher", "Open your books."), line("u2", "teacher", "Abran los libros.", language="es"))
    judged, other = label_moves(lines, [judgement(teacher=0), judgement(teacher=6)])
    assert (judged.teacher_move, judged.move_confidence) == (None, 0.7)
    assert (other.teacher_move, other.move_confidence) == (None, None)
    assert likeliest_move(judgement(teacher=0), "teacher") == (None, 0.7)


def test_an_exchange_is_a_teachers_turn_right_after_five_words_of_a_student() -> None:
    lines = (
        line("u1", "student", "I think it is", speaker="A"),
        line("u2", "student", "twelve.", speaker="A"),
        line("u3", "teacher", "Twelve."),
        line("u4", "teacher", "How do you know?"),
        line("u5", "student", "I counted.", speaker="B"),
        line("u6", "teacher", "Okay."),
        line("u7", "student", "I counted them all by twos", speaker="B"),
        line("u8", "student", "Me too I did it like that", speaker="A"),
    )
    [found] = find_exchanges(lines)
    assert (found.utterance_id, found.student, found.teacher) == (
        "u3",
        "I think it is twelve.",
        "Twelve. How do you know?",
    )
    assert [item.uptake for item in label_uptake(lines, {"u3": 0.81234})][2] == 0.812


def test_an_exchange_in_another_language_is_not_judged() -> None:
    lines = (
        line("u1", "student", "creo que son doce manzanas rojas", language="es"),
        line("u2", "teacher", "Twelve apples, yes."),
    )
    assert find_exchanges(lines) == ()


def test_a_sentence_knows_whether_another_spoke_before() -> None:
    lines = (line("u1", "teacher", "a"), line("u2", "teacher", "b"), line("u3", "student", "c"))
    assert [item.new_speaker for item in sentences_of(lines)] == [True, False, True]


def test_a_reason_is_known_by_its_words() -> None:
    assert gives_reason("It's longer because there are six of them")
    assert not gives_reason("It is longer")
