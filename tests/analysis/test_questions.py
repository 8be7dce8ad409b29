"""Questions are told from statements, with and without the mark, and by kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.questions import (
    ASKING,
    ends_in_tag,
    normalised,
    question_demand,
    question_kind,
    question_probability,
    tag_questions,
)
from pipeline.lesson import Utterance
from tests.lesson_values import patient, said, student, teacher

ASKED = [
    "What happens to the area",
    "So what do you notice here",
    "Lina do you agree with Tom",
    "Could somebody read that aloud",
    "Does the cube float",
    "Isn't that the same as a half",
    "How many sides has it got",
    "Anybody else",
    "Any other ideas",
    "That makes seven right",
    "We carry the one okay",
    "Which one is larger",
    "And the answer is what",
    "You think it will sink",
    "Who's next",
    "Where did the remainder go",
    "Everybody ready",
    "Why not",
]
TOLD = [
    "Open your books",
    "That's right",
    "All right",
    "I don't know what it is",
    "What we found is that it floats",
    "Let's see how it works",
    "When you are done put it away",
    "Do the next three on your own",
    "Have a seat please",
    "I can see that you worked hard",
    "Tell me about your drawing",
    "That's why it sinks",
    "He did it",
    "It is seven",
    "Okay",
    "Thank you",
    "Don't forget your coat",
    "Which means that both are equal",
]


@pytest.mark.parametrize("text", ASKED)
def test_asking_is_heard_without_a_mark(text: str) -> None:
    assert question_probability(text, punctuated=False) >= ASKING


@pytest.mark.parametrize("text", TOLD)
def test_telling_is_not_taken_for_asking(text: str) -> None:
    assert question_probability(text, punctuated=False) < ASKING


def test_a_mark_makes_a_question_of_what_has_no_other_sign() -> None:
    assert question_probability("Seven?") >= ASKING > question_probability("Seven.")
    assert question_probability('"Seven?"') >= ASKING


def test_a_full_stop_is_weaker_evidence_than_the_words() -> None:
    assert question_probability("What do you think about that.") >= ASKING
    assert question_probability("That makes seven.") < question_probability("That makes seven", punctuated=False)


@pytest.mark.parametrize(
    ("text", "language", "asks"),
    [
        ("¿Qué es esto?", "es", True),
        ("Was ist das?", "de", True),
        ("这是什么？", "zh", True),
        ("ما هذا؟", "ar", True),
        ("Τι είναι αυτό;", "el", True),
        ("What is; this", "de", False),
        ("Das ist so.", "de", False),
        ("What is it", "fr", False),
    ],
)
def test_other_languages_are_judged_by_their_mark_alone(text: str, language: str, asks: bool) -> None:
    assert (question_probability(text, language=language) >= ASKING) is asks


@pytest.mark.parametrize("text", ["", " ", "...", "?!", "—"])
def test_nothing_said_is_no_question(text: str) -> None:
    assert question_probability(text) == 0.0


@patient
@given(st.text(max_size=60), st.sampled_from([None, "en", "es", "el"]), st.booleans())
def test_any_text_has_a_probability(text: str, language: str | None, punctuated: bool) -> None:
    assert 0.0 <= question_probability(text, language=language, punctuated=punctuated) <= 1.0
    assert question_kind(text) in ("open", "closed", "procedural")


def test_normalising_leaves_words_and_apostrophes() -> None:
    assert normalised("  “Well—don’t,” she SAID… ") == "well don't she said"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Why does it float?", "open"),
        ("How did you get that?", "open"),
        ("What do you notice about the two shapes?", "open"),
        ("Is there another way?", "open"),
        ("What would you add to that?", "open"),
        ("Who can tell me why?", "open"),
        ("How many are left?", "closed"),
        ("How old is the tree?", "closed"),
        ("How do you spell that?", "closed"),
        ("Is seven a prime?", "closed"),
        ("What is three times four?", "closed"),
        ("Do you agree?", "closed"),
        ("Does everyone have a pencil?", "procedural"),
        ("Can you all turn to page five?", "procedural"),
        ("Are you ready?", "procedural"),
        ("Any questions?", "procedural"),
        ("Who wants to go first?", "procedural"),
        ("May I get a drink?", "procedural"),
        ("Okay?", "procedural"),
        ("Does that make sense?", "procedural"),
        ("Did you get twelve?", "closed"),
        ("Do you need a common denominator?", "closed"),
        ("Can you see a pattern?", "closed"),
    ],
)
def test_kinds_are_told_from_the_words(text: str, kind: str) -> None:
    assert question_kind(text) == kind


@pytest.mark.parametrize(
    ("text", "demand"),
    [
        ("How do you know?", "reason"),
        ("Why?", "reason"),
        ("Can you justify that?", "reason"),
        ("Who can tell me why?", "explain"),
        ("How did you do it?", "explain"),
        ("What is three times four?", "recall"),
        ("How many are left?", "recall"),
    ],
)
def test_demands_are_told_from_the_words(text: str, demand: str) -> None:
    assert question_demand(text, question_kind(text)) == demand


def test_an_open_question_asks_for_more_than_recall() -> None:
    assert question_demand("Is there another way?", "open") == "explain"


@pytest.mark.parametrize("text", ["Okay?", "That's a half, right?", "It floats, doesn't it?", "Got it?"])
def test_tags_ask_only_for_a_nod(text: str) -> None:
    assert ends_in_tag(text)
    assert not ends_in_tag("Is it right here?")


def kinds(*utterances: Utterance) -> list[str | None]:
    return [item.question.kind if item.question else None for item in tag_questions(utterances)]


def test_a_question_that_a_student_takes_up_keeps_its_kind() -> None:
    asked = said("u1", teacher(0, 2), "What is three times four?")
    assert kinds(asked, said("u2", student(3, 4), "Twelve.")) == ["closed", None]


def test_a_question_after_which_the_teacher_goes_straight_on_is_rhetorical() -> None:
    asked = said("u1", teacher(0, 2), "What is three times four?")
    goes_on = "It is twelve, as we saw when we looked at the table."
    assert kinds(asked, said("u2", teacher(2.3, 6), goes_on), said("u3", student(7, 8), "Yes.")) == [
        "rhetorical",
        None,
        None,
    ]
    assert kinds(asked, said("u2", teacher(3.5, 6), goes_on))[0] == "closed"


def test_naming_who_shall_answer_is_not_going_on() -> None:
    asked = said("u1", teacher(0, 2), "What is three times four?")
    named = said("u2", teacher(2.2, 3), "Hands up, please. Ana.")
    assert kinds(asked, named, said("u3", student(4, 5), "Twelve."))[0] == "closed"
    assert kinds(asked, named)[0] == "rhetorical"


def test_in_a_series_of_questions_none_is_rhetorical() -> None:
    first = said("u1", teacher(0, 2), "Is it longer?")
    assert kinds(first, said("u2", teacher(2.1, 4), "Is it wider?")) == ["closed", "closed"]


def test_okay_that_nobody_takes_up_is_rhetorical() -> None:
    okay = said("u1", teacher(0, 1), "Okay?")
    assert kinds(okay, said("u2", teacher(5, 6), "Now the next one.")) == ["rhetorical", None]
    assert kinds(okay, said("u2", student(2, 3), "Yes.")) == ["procedural", None]


def test_without_times_only_a_tag_shows_that_nothing_was_asked() -> None:
    def spoken(name: str, text: str) -> Utterance:
        return Utterance(name, None, "T", "teacher", text)

    on = spoken("u2", "It goes on for a good while like this without anybody.")
    assert kinds(spoken("u1", "So that makes seven, right?"), on)[0] == "rhetorical"
    assert kinds(spoken("u1", "What is three times four?"), on)[0] == "closed"


def test_students_questions_are_never_rhetorical() -> None:
    assert (
        kinds(said("u1", student(0, 1), "Is it seven?"), said("u2", student(1.1, 2), "I think it is."))[0] == "closed"
    )


def test_confidence_is_given_and_demand_only_where_it_is_about_the_matter() -> None:
    [why, ready] = tag_questions(
        [said("u1", teacher(0, 1), "Why is that?"), said("u2", student(9, 10), "Are you ready?")]
    )
    assert why.question and why.question.demand == "reason" and why.question.confidence >= ASKING
    assert ready.question and ready.question.demand is None


def test_a_transcript_without_any_mark_is_judged_by_its_words() -> None:
    """A missing mark says nothing where nothing is marked."""
    assert kinds(said("u1", student(0, 1), "you think it will sink")) == ["closed"]
    assert kinds(said("u1", student(0, 1), "You think it will sink.")) == [None]
    assert tag_questions([]) == ()


def test_an_earlier_answer_is_replaced() -> None:
    assert kinds(said("u1", teacher(0, 1), "It is seven.", kind="open")) == [None]
