"""Advice points to moments, says only what was measured, and never argues with itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.advice import advise, thin_evidence
from pipeline.analysis.feedback_rules import METRIC_NAMES, load_feedback
from pipeline.analysis.metrics import measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.talk import build_turns
from pipeline.analysis.waits import find_ire, find_waits
from pipeline.lesson import Advice, Goal, Lesson, Metric, Question, Sequence, Speech, Utterance
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


def never_argues(found: tuple[Advice, ...]) -> None:
    praised = {name for item in found if item.kind == "strength" for name in item.metric_names}
    assert not praised & {name for item in found if item.kind == "try_next" for name in item.metric_names}


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
    never_argues(found)
    assert advise(of) == found


# The teacher's own goal


def the_try(of: Lesson, **more: Any) -> Advice:
    [found] = [item for item in advise(of, **more) if item.kind == "try_next"]
    return found


def test_each_try_names_a_strategy_and_nothing_else_does() -> None:
    for of in (good_lesson(), hasty_lesson()):
        for item in advise(of):
            assert (item.strategy is not None) == (item.kind == "try_next")
            assert item.strategy is None or load_feedback().strategy(item.strategy).sources


def test_what_serves_a_goal_that_is_ahead_goes_first() -> None:
    of = hasty_lesson()
    assert the_try(of).metric_names[0] == "wait_time_1_median_s"
    goal = Goal("open_question_share", at_least=0.5, words="ask more open questions")
    found = the_try(of, goal=goal)
    assert found.strategy == "open_the_question"
    assert found.text.startswith("Towards your goal (ask more open questions): Of your 8 questions")
    assert the_try(of, goal=replace(goal, words="")).text.startswith("Of your 8 questions")


def test_a_goal_that_no_rule_speaks_of_gets_a_strategy_from_the_library() -> None:
    of = good_lesson()
    goal = Goal("wait_time_1_median_s", at_least=4.0, words="wait four seconds")
    found = the_try(of, goal=goal)
    assert found.strategy == "wait_after_question"
    assert found.text.startswith("Wait four seconds: 3.5 s in this lesson, on the way to at least 4.0 s.")
    assert "Wait after the question" in found.text
    never_argues(advise(of, goal=goal))


@pytest.mark.parametrize(
    ("goal", "words"),
    [
        (
            Goal("question_rate_per_h", at_least=300.0),
            "Your goal: 236 an hour in this lesson, on the way to at least 300",
        ),
        (Goal("voice_gini", at_most=0.05, words="hear more voices"), "Hear more voices: 0.08 in this lesson"),
        (Goal("longest_monologue_s", at_most=60.0, words="shorter talks"), "Shorter talks: you are there, with 2.0 s"),
    ],
)
def test_goals_are_told_in_the_unit_of_their_number(goal: Goal, words: str) -> None:
    assert words in "".join(item.text for item in advise(good_lesson(), goal=goal))


def test_no_strategy_is_proposed_that_leads_away_from_the_goal() -> None:
    found = the_try(good_lesson(), goal=Goal("student_share", at_most=0.5))
    assert found == the_try(good_lesson())


def test_a_goal_that_is_reached_is_a_strength_with_moments() -> None:
    of = good_lesson()
    found = advise(of, goal=Goal("wait_time_1_median_s", at_least=3.0, words="wait three seconds"))
    assert found[0].kind == "strength"
    assert found[0].text.startswith("Wait three seconds: you are there, with 3.5 s")
    assert len(found[0].evidence) == 3
    assert [item.metric_names[0] for item in found].count("wait_time_1_median_s") == 1
    never_argues(found)


def test_of_a_goal_with_too_little_behind_it_nothing_is_said() -> None:
    of = Class().ask("Is it seven?").answer("Yes.", 1.0, after_s=0.3).measured()
    assert advise(of, goal=Goal("wait_time_1_median_s", at_least=3.0)) == advise(of)
    assert advise(of, goal=Goal("uptake_mean", at_least=0.5)) == advise(of)


# The teacher's own earlier lessons


def grown(of: Lesson, *earlier: float) -> str:
    found = advise(of, earlier=[{"wait_time_1_median_s": value} for value in earlier])
    return "\n".join(item.text for item in found if item.kind == "strength")


def test_a_number_that_moved_as_wished_is_a_strength() -> None:
    text = grown(good_lesson(), 0.8, 1.0, 1.2)
    assert "You waited 3.5 s (median) for an answer; in your earlier lessons it was 1.0 s." in text


@pytest.mark.parametrize("earlier", [(), (1.0,), (3.4, 3.3), (6.0, 7.0)])
def test_one_earlier_lesson_a_small_step_or_a_step_back_is_no_news(earlier: tuple[float, ...]) -> None:
    assert "earlier" not in grown(good_lesson(), *earlier)


def test_a_step_within_the_uncertainty_is_no_news() -> None:
    of = good_lesson()
    unsure = tuple(
        replace(item, low=0.5, high=6.0) if item.name == "wait_time_1_median_s" else item for item in of.metrics
    )
    assert "earlier" not in grown(replace(of, metrics=unsure), 1.0, 1.0)


def test_earlier_lessons_without_the_number_do_not_count() -> None:
    found = advise(good_lesson(), earlier=[{}, {"wait_time_1_median_s": 1.0}])
    assert all("earlier" not in item.text for item in found)


# Too thin


def test_too_little_talk_is_named() -> None:
    of = Class().ask("Is it seven?").answer("Yes.", 1.0, after_s=0.3).measured()
    assert "Less than a minute" in (thin_evidence(of) or "")


def test_too_few_questions_are_named() -> None:
    made = Class().ask("Is it seven?").answer("Yes, it is.", 30.0, after_s=2.0).present(40.0)
    assert "Fewer than four questions" in (thin_evidence(made.measured()) or "")


def test_too_few_answers_are_named() -> None:
    made = Class()
    for _ in range(4):
        made.ask("Why is that?").answer("We saw that it came up.", 15.0, after_s=2.0)
    of = made.measured()
    few = tuple(
        replace(item, denominator=3.0) if item.name == "student_answer_words_median" else item
        for item in of.metrics
        if item.name != "turns_per_h"
    )
    assert "Fewer than four answers" in (thin_evidence(replace(of, metrics=few)) or "")


def test_where_there_is_something_to_try_the_evidence_is_not_thin() -> None:
    for of in (good_lesson(), hasty_lesson()):
        assert thin_evidence(of) is None


# What is said, and how it is taken up; from text, without times


class Talk:
    """A lesson from text, utterance by utterance, with the labels that a model would give."""

    def __init__(self) -> None:
        self.told: list[Utterance] = []

    def teacher(self, text: str, **labels: Any) -> Talk:
        self.told.append(Utterance(f"u{len(self.told) + 1}", None, "T", "teacher", text, language="en", **labels))
        return self

    def student(self, text: str, **labels: Any) -> Talk:
        self.told.append(Utterance(f"u{len(self.told) + 1}", None, "S", "student", text, language="en", **labels))
        return self

    def measured(self, **values: float | None) -> Lesson:
        """With the metrics of docs/definitions.md, and ``values`` for those that a model of discourse makes."""
        of = lesson(utterances=tuple(self.told), duration_s=0.0)
        of = replace(of, sequences=find_ire(of.utterances))
        units = {"uptake_mean": "score", "reasoning_share": "share"}
        added = (
            Metric(name, value, units.get(name, "count"), denominator=20.0 if name in units else None)
            for name, value in values.items()
        )
        kept = (item for item in measure(of) if item.name not in values)
        return replace(of, metrics=(*kept, *added))


def exchanges(
    count: int, teacher_labels: dict[str, Any] | None = None, student_labels: dict[str, Any] | None = None
) -> Talk:
    made = Talk()
    for _ in range(count):
        made.student("It is seven, look at this line here.", **(student_labels or {}))
        made.teacher("Now look at the next line of it.", **(teacher_labels or {}))
    return made


CLAIM = {"student_move": "making_a_claim"}
COUNTS = {"move_making_a_claim_count": 8.0, "move_pressing_for_reasoning_count": 0.0}


def test_claims_that_nobody_asked_the_reason_of_are_something_to_try() -> None:
    found = the_try(exchanges(8, student_labels=CLAIM).measured(**COUNTS, reasoning_share=0.0))
    assert found.strategy == "press_for_reasoning"
    assert found.text.startswith("8 times a student claimed something")
    assert [moment.utterance_id for moment in found.evidence] == ["u1", "u3", "u5"]
    assert all(moment.span is None for moment in found.evidence)


def test_a_claim_with_a_why_soon_after_it_is_not_shown() -> None:
    made = exchanges(8, student_labels=CLAIM)
    made.told[1] = replace(made.told[1], teacher_move="pressing_for_reasoning")
    found = the_try(made.measured(**{**COUNTS, "move_pressing_for_reasoning_count": 1.0}))
    assert [moment.utterance_id for moment in found.evidence] == ["u3", "u5", "u7"]


@pytest.mark.parametrize("value", [None, 4.0])
def test_asking_for_reasons_is_not_advised_where_it_is_done_or_unknown(value: float | None) -> None:
    of = exchanges(8, student_labels=CLAIM).measured(**{**COUNTS, "move_pressing_for_reasoning_count": value})
    assert "claimed something" not in texts(of, "try_next")


def test_reasons_that_students_give_are_a_strength_and_are_not_asked_for() -> None:
    made = exchanges(8, student_labels={"student_move": "providing_evidence_or_reasoning"})
    of = made.measured(**COUNTS, reasoning_share=0.5)
    assert "Students gave reasons" in texts(of, "strength")
    assert "claimed something" not in texts(of, "try_next")


@pytest.mark.parametrize(
    ("labels", "values", "words"),
    [
        (
            {"teacher_move": "pressing_for_reasoning"},
            {"move_pressing_for_reasoning_count": 8.0},
            "their reasons, 8 times",
        ),
        ({"teacher_move": "revoicing"}, {"move_revoicing_count": 8.0}, "in clearer words, 8 times"),
        (
            {"teacher_move": "getting_students_to_relate"},
            {"move_getting_students_to_relate_count": 8.0},
            "each other's ideas, 8 times",
        ),
        ({"uptake": 0.8}, {"uptake_mean": 0.8}, "went on in what you said next"),
        ({"praise": "specific"}, {"praise_specific_count": 8.0}, "what was good about the work, 8 times"),
        ({"question": Question("open", 0.9, "focusing", "reason")}, {}, "followed students' own thinking"),
    ],
)
def test_what_the_teacher_does_well_in_talk_is_a_strength(
    labels: dict[str, Any], values: dict[str, float], words: str
) -> None:
    of = exchanges(8, labels).measured(**values)
    assert words in texts(of, "strength")
    assert len(next(item for item in advise(of) if item.kind == "strength" and words in item.text).evidence) == 3


@pytest.mark.parametrize(
    ("labels", "metric"), [({"teacher_move": "revoicing"}, "move_revoicing_count"), ({"uptake": 0.8}, "uptake_mean")]
)
def test_of_a_number_that_is_unknown_nothing_is_said(labels: dict[str, Any], metric: str) -> None:
    unknown = exchanges(8, labels).measured(**{metric: None})
    missing = replace(unknown, metrics=tuple(item for item in unknown.metrics if item.name != metric))
    for of in (unknown, missing):
        assert metric not in {name for item in advise(of) for name in item.metric_names}


def test_without_a_model_reasons_are_found_by_their_words() -> None:
    made = Talk()
    for _ in range(8):
        made.student("It floats because there is air in it.").teacher("Now look at the next line of it.")
    [found] = [item for item in advise(made.measured()) if "Students gave reasons" in item.text]
    assert [moment.utterance_id for moment in found.evidence] == ["u1", "u3", "u5"]


@pytest.mark.parametrize(
    ("labels", "values", "strategy"),
    [
        (
            {"praise": "general"},
            {"praise_specific_count": 0.0, "praise_general_count": 8.0},
            "specific_praise",
        ),
        ({"uptake": 0.1}, {"uptake_mean": 0.1}, "take_up_ideas"),
        ({"question": Question("open", 0.9, "funnelling", "recall")}, {}, "focusing_questions"),
        (
            {},
            {
                "move_making_a_claim_count": 9.0,
                "move_getting_students_to_relate_count": 0.0,
                "move_relating_to_another_student_count": 0.0,
            },
            "relate_students",
        ),
        ({}, {"move_making_a_claim_count": 9.0, "move_revoicing_count": 0.0}, "revoice"),
    ],
)
def test_what_could_be_tried_in_talk(labels: dict[str, Any], values: dict[str, float], strategy: str) -> None:
    of = exchanges(8, labels, CLAIM).measured(**values)
    assert the_try(of).strategy == strategy
    assert not {item.metric_names[0] for item in advise(of) if item.kind == "strength"} & set(the_try(of).metric_names)


def test_answers_that_end_in_an_evaluation_could_be_handed_on() -> None:
    made = Talk()
    for _ in range(4):
        made.teacher("Why does it float?", question=Question("open", 0.9)).student("There is air inside of it.")
        made.teacher("Very good.")
        made.teacher("What is it?", question=Question("closed", 0.9)).student("It is a boat made of wood.")
        made.teacher("Right.")
    of = made.measured()
    assert of.sequences[0] == Sequence("ire", ("u1", "u2", "u3"))
    found = the_try(of)
    assert found.strategy == "hand_the_answer_on"
    assert found.text.startswith("8 of 8 answered questions")
    assert found.evidence[0].utterance_id == "u1"


def test_a_lesson_from_text_has_strengths_and_reflections_without_times() -> None:
    made = Talk()
    for _ in range(6):
        made.teacher("Why does it float?", question=Question("open", 0.9)).student("There is air inside of it.")
        made.teacher("So it is lighter.")
    found = advise(made.measured())
    assert {"strength", "reflection"} <= {item.kind for item in found}
    assert all(moment.span is None and moment.utterance_id for item in found for moment in item.evidence)


LABELS = st.fixed_dictionaries(
    {},
    optional={
        "teacher_move": st.sampled_from(["revoicing", "pressing_for_reasoning", "getting_students_to_relate"]),
        "student_move": st.sampled_from(["making_a_claim", "providing_evidence_or_reasoning"]),
        "uptake": st.sampled_from([0.0, 0.2, 0.8, 1.0]),
        "praise": st.sampled_from(["specific", "general"]),
        "question": st.builds(
            Question,
            st.sampled_from(["open", "closed"]),
            st.just(0.9),
            st.sampled_from([None, "focusing", "funnelling"]),
            st.sampled_from([None, "recall", "reason"]),
        ),
    },
)
NUMBERS = st.none() | st.sampled_from([0.0, 0.1, 0.7, 1.0, 4.0, 12.0])
VALUES = st.dictionaries(
    st.sampled_from([name for name in METRIC_NAMES if name.startswith(("move_", "praise_"))]), NUMBERS, max_size=12
)
SHARES = st.dictionaries(st.sampled_from(["uptake_mean", "reasoning_share"]), st.sampled_from([None, 0.0, 0.4, 0.9]))
GOALS = st.none() | st.builds(
    Goal,
    st.sampled_from(METRIC_NAMES),
    at_least=st.sampled_from([0.0, 0.3, 0.8]),
    at_most=st.none() | st.sampled_from([0.9, 5.0]),
    words=st.sampled_from(["", "ask more", "{odd}"]),
)
EARLIER = st.lists(st.dictionaries(st.sampled_from(METRIC_NAMES), st.sampled_from([0.0, 0.2, 0.9, 9.0])), max_size=4)


@patient
@given(st.lists(st.tuples(st.booleans(), LABELS), max_size=24), VALUES, SHARES, GOALS, EARLIER)
def test_whatever_is_said_each_moment_is_of_the_lesson_and_nothing_argues(
    told: list[tuple[bool, dict[str, Any]]],
    values: dict[str, float | None],
    shares: dict[str, float | None],
    goal: Goal | None,
    earlier: list[dict[str, float]],
) -> None:
    made = Talk()
    for by_teacher, labels in told:
        (made.teacher if by_teacher else made.student)("This is what it is like, I think.", **labels)
    of = made.measured(**values, **shares)
    found = advise(of, goal=goal, earlier=earlier)
    names = {item.id for item in of.utterances}
    assert all(moment.utterance_id in names for item in found for moment in item.evidence)
    kinds = [item.kind for item in found]
    assert kinds.count("strength") <= 3 and kinds.count("try_next") <= 1 and kinds.count("reflection") <= 3
    assert "{" not in "".join(item.text for item in found).replace("{odd}", "")
    never_argues(found)
    if thin_evidence(of) is not None:
        assert "try_next" not in [item.kind for item in advise(of)]
