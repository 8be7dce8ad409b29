"""Waits after questions and after answers, and who ended them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.talk import build_turns
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Speech, Utterance, Wait
from pipeline.timeline import Span
from tests.lesson_values import patient, said, somebody, spans, student, teacher


def waits(kind: str, speech: list[Speech], *utterances: Utterance) -> list[tuple[float, float, str, str | None]]:
    found = find_waits(utterances, speech, build_turns(speech))
    return [
        (round(item.span.start_s, 3), round(item.span.end_s, 3), item.by, item.utterance_id)
        for item in found
        if item.kind == kind
    ]


def question(who: Speech, name: str = "q") -> Utterance:
    return said(name, who, "Why?", kind="open")


def test_a_wait_runs_from_the_question_to_the_students_answer() -> None:
    speech = [teacher(0, 2), student(3.5, 5)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(2, 3.5, "student", "q")]


def test_a_teacher_who_goes_on_ends_the_wait() -> None:
    speech = [teacher(0, 2), teacher(4, 6), student(7, 8)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(2, 4, "teacher", "q")]


def test_a_teacher_who_goes_on_without_a_pause_does_not_wait_at_all() -> None:
    speech = [teacher(0, 6), student(7, 8)]
    asked, goes_on = question(teacher(0, 2)), said("u2", teacher(2.1, 6), "Because it is lighter.")
    assert waits("wait_time_1", speech, asked, goes_on) == [(2, 2.1, "teacher", "q")]


def test_an_answer_over_the_end_of_the_question_comes_after_no_wait() -> None:
    speech = [teacher(0, 4), student(3.5, 6)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(4, 4, "student", "q")]


def test_a_word_within_the_question_is_no_answer() -> None:
    speech = [teacher(0, 4), student(2.5, 3), student(6, 7)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(4, 6, "student", "q")]


def test_who_spoke_on_since_before_the_question_is_no_answer() -> None:
    speech = [student(0, 20, "B"), teacher(10, 12), student(14, 15, "A")]
    assert waits("wait_time_1", speech, question(speech[1])) == [(12, 14, "student", "q")]


def test_a_wait_ended_by_somebody_unknown_says_so() -> None:
    speech = [teacher(0, 2), somebody(3, 4)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(2, 3, "unknown", "q")]


@pytest.mark.parametrize(("word_end_s", "end_s"), [(1.7, 2.0), (2.4, 2.0), (1.0, 1.0)])
def test_a_near_edge_of_speech_is_truer_than_the_end_of_a_word(word_end_s: float, end_s: float) -> None:
    speech = [teacher(0, 2), student(5, 6)]
    asked = said("q", Speech(Span(0, word_end_s), "T", "teacher"), "Why?", kind="open")
    assert waits("wait_time_1", speech, asked) == [(end_s, 5, "student", "q")]


def test_a_last_word_that_drifted_into_silence_is_cut_back() -> None:
    speech = [teacher(0, 2), student(5, 6)]
    asked = said("q", teacher(0, 4), "Why?", kind="open")
    assert waits("wait_time_1", speech, asked) == [(2, 5, "student", "q")]


def test_an_edge_that_belongs_to_the_next_sentence_is_not_the_questions() -> None:
    speech = [teacher(0, 2.4), student(5, 6)]
    asked, after = question(teacher(0, 2)), said("u2", teacher(2.05, 2.4), "Ana.")
    assert waits("wait_time_1", speech, asked, after) == [(2, 2.05, "teacher", "q")]


def test_a_question_nobody_follows_has_no_wait() -> None:
    assert waits("wait_time_1", [teacher(0, 2)], question(teacher(0, 2))) == []


def test_words_without_any_speech_around_them_still_give_a_wait() -> None:
    asked, after = question(teacher(0, 2)), said("u2", teacher(4, 5), "Seven.")
    assert waits("wait_time_1", [], asked, after) == [(2, 4, "teacher", "q")]


def test_only_the_teachers_timed_questions_are_waited_for() -> None:
    speech = [teacher(0, 2), student(3, 4), teacher(5, 6)]
    asked_by_student = said("u2", speech[1], "Why?", kind="open")
    without_times = Utterance("u3", None, "T", "teacher", "Why?", question=question(speech[0]).question)
    assert waits("wait_time_1", speech, said("u1", speech[0], "So."), asked_by_student, without_times) == []


def test_long_work_time_is_listed_too() -> None:
    speech = [teacher(0, 2), student(90, 92)]
    assert waits("wait_time_1", speech, question(speech[0])) == [(2, 90, "student", "q")]


def test_after_a_students_turn_the_wait_runs_to_the_teachers_next_speech() -> None:
    speech = [student(0, 2), student(2.5, 4), teacher(5.5, 7)]
    told = [said("u1", speech[0], "It floats."), said("u2", speech[1], "It is light.")]
    assert waits("wait_time_2", speech, *told) == [(4, 5.5, "teacher", "u2")]


def test_another_student_between_ends_no_wait_for_the_teacher() -> None:
    speech = [student(0, 2, "A"), student(3, 4, "B"), teacher(5, 6)]
    assert waits("wait_time_2", speech) == [(4, 5, "teacher", None)]


def test_a_teacher_who_already_speaks_did_not_wait() -> None:
    speech = [student(0, 4), teacher(3, 6)]
    assert waits("wait_time_2", speech) == [(4, 4, "teacher", None)]


def test_a_nod_within_an_answer_is_not_the_teachers_next_speech() -> None:
    speech = [student(0, 8), teacher(3, 3.4), teacher(10, 12)]
    assert waits("wait_time_2", speech) == [(8, 10, "teacher", None)]


def test_a_students_word_into_long_teacher_talk_is_followed_by_no_long_wait() -> None:
    speech = [teacher(0, 60), student(20, 21), teacher(62, 70)]
    assert waits("wait_time_2", speech) == [(21, 21, "teacher", None)]


def test_a_student_talked_over_by_another_waits_for_nobody() -> None:
    speech = [student(0, 4, "A"), student(3, 6, "B"), teacher(7, 8)]
    assert waits("wait_time_2", speech) == [(6, 7, "teacher", None)]


@patient
@given(st.lists(st.tuples(spans.filter(lambda span: span.duration_s > 0), st.sampled_from("TAB")), max_size=12))
def test_waits_are_silence_of_the_asker_and_come_in_order(talk: list[tuple[Span, str]]) -> None:
    speech = [Speech(span, who, "teacher" if who == "T" else "student") for span, who in talk]
    told = [question(item, f"u{place}") for place, item in enumerate(sorted(speech, key=lambda item: item.span))]
    found = find_waits(told, speech, build_turns(speech))
    assert list(found) == sorted(found, key=lambda wait: wait.span)
    for wait in found:
        assert wait.span.duration_s >= 0
        assert not any(begins_within(item, wait) for item in speech)


def begins_within(item: Speech, wait: Wait) -> bool:
    return wait.span.start_s < item.span.start_s < wait.span.end_s


def ire(*utterances: Utterance) -> list[tuple[str, ...]]:
    return [item.utterance_ids for item in find_ire(utterances)]


ASKED = said("u1", teacher(0, 1), "What is it?", kind="closed")
ANSWER = said("u2", student(2, 3), "A half.")


@pytest.mark.parametrize("praise", ["Yes, exactly.", "Okay, good.", "Not quite.", "That's right!", "No."])
def test_question_answer_and_evaluation_are_a_sequence(praise: str) -> None:
    assert ire(ASKED, ANSWER, said("u3", teacher(4, 5), praise)) == [("u1", "u2", "u3")]


@pytest.mark.parametrize("reply", ["Who can add to that?", "Okay.", "So a half."])
def test_a_reply_that_does_not_judge_is_no_evaluation(reply: str) -> None:
    assert ire(ASKED, ANSWER, said("u3", teacher(4, 5), reply)) == []


def test_an_answer_may_have_several_sentences() -> None:
    more = said("u3", student(3, 4), "Or a third.")
    assert ire(ASKED, ANSWER, more, said("u4", teacher(5, 6), "Good.")) == [("u1", "u2", "u4")]


def test_without_an_answer_or_with_nothing_asked_there_is_no_sequence() -> None:
    good = said("u3", teacher(4, 5), "Good.")
    assert ire(ASKED, good) == []
    assert ire(ASKED) == []
    assert ire(ASKED, ANSWER) == []
    assert ire(said("u1", teacher(0, 1), "Ready?", kind="procedural"), ANSWER, good) == []
    assert ire(said("u1", student(0, 1), "Why?", kind="open"), ANSWER, good) == []
    assert ire(said("u1", teacher(0, 1), "So."), ANSWER, good) == []


def test_a_reply_far_away_answers_something_else() -> None:
    many = [said(f"s{place}", student(2 + place, 3 + place), "And so on.") for place in range(12)]
    assert ire(ASKED, *many, said("u3", teacher(20, 21), "Good.")) == []
