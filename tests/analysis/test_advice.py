"""Advice points to moments, says only what was measured, and never argues with itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.advice import advise
from pipeline.analysis.feedback_rules import load_feedback
from pipeline.analysis.metrics import measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.talk import build_turns
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Advice, Lesson, Speech, Utterance
from pipeline.timeline import Span, clock
from tests.lesson_values import lesson, patient, said, student, teacher

THRESHOLDS = {f"{rule.limit:g}" for rule in load_feedback().rules if "{limit}" in rule.text}


class Class:
    """A lesson that is written down exchange by exchange."""

    def __init__(self) -> None:
        self.at_s = 1.0
        self.speech: list[Speech] = []
        self.told: list[Utterance] = []

    def say(self, who: Callable[..., Speech], text: str, seconds: float, *, after_s: float, name: str) -> None:
        heard = who(self.at_s + after_s, self.at_s + after_s + seconds, name)
        self.at_s = heard.span.end_s
        self.speech.append(heard)
        self.told.append(said(f"u{len(self.told) + 1}", heard, text))

    def ask(self, text: str, *, after_s: float = 1.5) -> Class:
        self.say(teacher, text, 2.0, after_s=after_s, name="T")
        return self

    def present(self, seconds: float) -> Class:
        self.say(
            teacher, "This is how it was done at the time by those who lived there.", seconds, after_s=1.5, name="T"
        )
        return self

    def answer(self, text: str, seconds: float, *, after_s: float, name: str = "A") -> Class:
        self.say(student, text, seconds, after_s=after_s, name=name)
        return self

    def measured(self) -> Lesson:
        told, turns = tag_questions(self.told), build_turns(self.speech)
        found = replace(
            lesson(*self.speech, utterances=told, duration_s=self.at_s + 1.0),
            turns=turns,
            waits=find_waits(told, self.speech, turns),
            sequences=find_ire(told),
        )
        return replace(found, metrics=measure(found))


def good_lesson() -> Lesson:
    made = Class()
    for place in range(8):
        made.ask("Why do you think it floats?")
        made.answer("Because there is a lot of air in it, I think.", 8.0, after_s=3.5, name="ABC"[place % 3])
    return made.measured()


def hasty_lesson() -> Lesson:
    made = Class()
    for _ in range(8):
        made.ask("Is it seven?", after_s=0.2)
        made.answer("Yes.", 0.5, after_s=0.4)
        made.present(12.0)
    return made.measured()


def texts(of: Lesson, kind: str) -> str:
    return "\n".join(item.text for item in advise(of) if item.kind == kind)


def test_patience_open_questions_and_students_talk_are_strengths() -> None:
    found = advise(good_lesson())
    strengths = {item.metric_names[0] for item in found if item.kind == "strength"}
    assert strengths == {"wait_time_1_median_s", "open_question_share", "student_share"}


def test_what_is_done_well_is_not_advised() -> None:
    tries = texts(good_lesson(), "try_next")
    for word in ("waited", "questions", "of the talk", "three words"):
        assert word not in tries


def test_short_waits_and_closed_questions_are_something_to_try() -> None:
    of = hasty_lesson()
    tries = [item for item in advise(of) if item.kind == "try_next"]
    assert len(tries) == 1
    assert tries[0].metric_names[0] in {
        "wait_time_1_median_s",
        "open_question_share",
        "student_share",
        "short_answer_share",
    }
    assert "You waited" not in texts(of, "strength")


def test_the_shortest_waits_are_shown_with_their_questions() -> None:
    made = Class()
    for wait_s in (1.2, 0.3, 0.9, 0.6):
        made.ask("Is it seven?").answer("Yes, it is seven and not eight.", 5.0, after_s=wait_s)
    found = next(item for item in advise(made.measured()) if "You waited" in item.text)
    assert "0.8 s" in found.text
    assert [moment.utterance_id for moment in found.evidence] == ["u3", "u7", "u5"]
    asked = made.speech[2].span
    assert found.evidence[0].span.start_s == asked.start_s
    assert found.evidence[0].span.end_s == pytest.approx(asked.end_s + 0.3)


def test_a_teacher_who_answers_the_own_questions_is_asked_to_let_one_stand() -> None:
    made = Class()
    for _ in range(5):
        made.ask("What is three times four?")
        made.say(teacher, "It is twelve as we all know from the table here.", 4.0, after_s=0.3, name="T")
    made.answer("Yes.", 1.0, after_s=1.0)
    assert "you went on yourself" in texts(made.measured(), "try_next")


def test_okays_in_passing_are_no_questions_left_unanswered() -> None:
    made = Class()
    for _ in range(6):
        made.ask("Okay?")
        made.say(teacher, "Now we go on with the next part of the story.", 4.0, after_s=0.3, name="T")
    assert "you went on yourself" not in texts(made.measured(), "try_next")


def test_a_long_monologue_beside_enough_student_talk_is_worth_breaking() -> None:
    made = Class()
    for _ in range(12):
        made.present(30.0)
    for _ in range(10):
        made.ask("So then.").answer("We did it like this and then like that.", 15.0, after_s=2.0)
    of = made.measured()
    assert f"Once you spoke for {clock(of.metric('longest_monologue_s').value or 0)}" in texts(of, "try_next")


def test_little_student_talk_is_shown_with_the_longest_stretch() -> None:
    made = Class()
    for _ in range(4):
        made.present(25.0)
    made.answer("Yes, that is so.", 4.0, after_s=2.0)
    [found] = [item for item in advise(made.measured()) if item.kind == "try_next"]
    assert found.text.startswith("Students had 4 % of the talk.")
    assert found.evidence[0].span == made.measured().metric("longest_monologue_s").moments[0].span


def test_short_answers_in_most_cases_are_something_to_try() -> None:
    made = Class()
    for _ in range(6):
        made.ask("Why is that?").answer("Air.", 1.0, after_s=4.0)
    of = made.measured()
    assert "6 of 6 answers had three words or fewer" in texts(of, "try_next")
    assert "a student spoke for" not in texts(of, "strength")


def test_a_hasty_reply_to_answers_is_something_to_try() -> None:
    made = Class()
    for _ in range(5):
        made.ask("Why is that?", after_s=0.2).answer("Because it has air in it.", 4.0, after_s=4.0)
    assert "After a student spoke you went on within 0.2 s" in texts(made.measured(), "try_next")


def test_a_good_lesson_too_has_something_to_try() -> None:
    [found] = [item for item in advise(good_lesson()) if item.kind == "try_next"]
    assert "hand it on" in found.text


def test_students_who_ask_are_a_strength_and_a_single_question_is_not() -> None:
    made = Class().answer("What is that for?", 2.0, after_s=1.0)
    assert "questions of their own" not in texts(made.measured(), "strength")
    made.ask("For the boat.").answer("Who made it?", 2.0, after_s=1.0)
    assert "questions of their own" in texts(made.measured(), "strength")


def test_many_voices_are_a_strength_with_the_first_time_of_some() -> None:
    made = Class().present(60.0)
    for name in "CABA":
        made.answer("We put it in the water and then it sank.", 5.5, after_s=1.0, name=name)
        made.present(20.0)
    found = next(item for item in advise(made.measured()) if "voices" in item.text)
    assert found.text.startswith("About 3 different student voices")
    assert [moment.utterance_id for moment in found.evidence] == ["u2", "u4", "u6"]


def test_reflection_looks_at_the_longest_answer_the_questions_and_a_silence() -> None:
    made = Class().ask("Why is that?").answer("Because it has air in it.", 4.0, after_s=2.0)
    made.ask("How do you know?", after_s=9.0).answer("We tried it out, and it came up again.", 7.0, after_s=2.0)
    found = [item for item in advise(made.measured()) if item.kind == "reflection"]
    assert [item.metric_names[0] for item in found] == [
        "student_answer_words_median",
        "question_count",
        "silence_share",
    ]
    assert found[0].evidence[0].utterance_id == "u4"
    assert [moment.utterance_id for moment in found[1].evidence] == ["u1", "u3"]
    assert found[2].evidence[0].span.duration_s == pytest.approx(9.0)


def test_silence_before_and_after_the_lesson_is_nothing_to_reflect_on() -> None:
    of = lesson(teacher(20, 60), duration_s=100.0)
    of = replace(of, metrics=measure(of))
    assert of.metric("silence_share").value == pytest.approx(0.6)
    assert "silence" not in texts(of, "reflection")


@pytest.mark.parametrize("speech", [(), (teacher(0, 20),), (student(0, 1.5),), (teacher(0, 20), student(21, 22))])
def test_thin_evidence_says_nothing(speech: tuple[Speech, ...]) -> None:
    of = replace(lesson(*speech, duration_s=23.0), turns=build_turns(speech))
    assert advise(replace(of, metrics=measure(of))) == ()


def test_one_exchange_is_no_habit() -> None:
    made = Class().ask("Is it seven?").answer("Yes.", 1.0, after_s=0.3)
    assert [item.kind for item in advise(made.measured())] == []


def test_a_lesson_that_was_not_measured_is_an_error() -> None:
    with pytest.raises(KeyError):
        advise(lesson(teacher(0, 10)))


def numbers(text: str) -> list[str]:
    return re.findall(r"\d+(?:[.:]\d+)*", text)


def measured_numbers(of: Lesson, item: Advice) -> set[str]:
    """All ways in which the values of an advice's metrics, and what they are made of, may be written."""
    found: set[str] = set()
    for name in item.metric_names:
        source = of.metric(name)
        for value in (source.value, source.numerator, source.denominator):
            if value is not None:
                found |= {f"{value:.0f}", f"{value:.1f}", f"{100 * value:.0f}", clock(value)}
    return found


EXCHANGES = st.lists(
    st.tuples(
        st.sampled_from(["Why is that?", "Is it seven?", "Okay?", "This is how it goes.", "What do you notice?"]),
        st.sampled_from([0.2, 1.0, 4.0, 40.0]),
        st.sampled_from(["Yes.", "Because it has air in it.", "Who made it?", ""]),
        st.sampled_from([0.5, 3.0, 9.0, 90.0]),
        st.sampled_from([0.2, 1.2, 4.0, 35.0]),
        st.sampled_from("ABC"),
    ),
    max_size=10,
)


@patient
@given(EXCHANGES, st.sampled_from([5.0, 100.0, 400.0]))
def test_whatever_happens_advice_is_backed_by_moments_and_measured_numbers(
    exchanges: list[tuple[str, float, str, float, float, str]], presented_s: float
) -> None:
    made = Class().present(presented_s)
    for asked, teacher_wait_s, answer, seconds, wait_s, name in exchanges:
        made.ask(asked, after_s=teacher_wait_s)
        if answer:
            made.answer(answer, seconds, after_s=wait_s, name=name)
    of = made.measured()
    found = advise(of)
    kinds = [item.kind for item in found]
    assert kinds == sorted(kinds, key=("strength", "try_next", "reflection").index)
    assert kinds.count("strength") <= 3 and kinds.count("try_next") <= 1 and kinds.count("reflection") <= 3
    whole = Span(0.0, of.recording.duration_s)
    for item in found:
        assert 1 <= len(item.evidence) <= 3
        assert all(moment.span and moment.span.clipped(whole) == moment.span for moment in item.evidence)
        allowed = measured_numbers(of, item) | THRESHOLDS
        assert set(numbers(item.text)) <= allowed, item.text
    praised = {item.metric_names[0] for item in found if item.kind == "strength"}
    assert not praised & {item.metric_names[0] for item in found if item.kind == "try_next"}
    assert advise(of) == found
