"""What a language model proposes is shown only where it can be looked up; anything else is thrown away whole."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.advice import advise
from pipeline.analysis.amounts import amounts, ways_to_write
from pipeline.analysis.feedback_rules import load_feedback
from pipeline.analysis.wording import MAX_CHARS, MAX_QUOTE_CHARS, accept, brief_of
from pipeline.lesson import Advice, Lesson, Metric, Moment
from pipeline.ports import Proposal
from pipeline.timeline import Span
from tests.lesson_values import lesson, patient, said, student, teacher

ASKED, ANSWERED = teacher(0, 2), student(2.8, 4)
AGAIN, MORE = teacher(10, 12), student(12.8, 16, "Maria")
LATER = teacher(30, 33)

RULES = (
    "You waited 0.8 s (median) for an answer; listen to these. After the next open question, try counting to 3 in silence before "
    "anybody may speak."
)
ADVICE = Advice(
    "try_next",
    RULES,
    ("wait_time_1_median_s", "wait_time_1_under_1s_share"),
    (Moment(Span(0, 4), "u1"), Moment(Span(10, 16), "u3")),
    "wait_after_question",
)
LESSON = replace(
    lesson(
        ASKED, ANSWERED, AGAIN, MORE, LATER,
        utterances=(
            said("u1", ASKED, "Is it seven?"),
            said("u2", ANSWERED, "Yes, it's seven."),
            said("u3", AGAIN, "So, Tom: what floats on water?"),
            said("u4", MORE, "Wood floats because there is a lot of air in it."),
            said("u5", LATER, "We saw 12 boats on Monday."),
        ),
    ),
    metrics=(
        Metric("wait_time_1_median_s", 0.8, "s", denominator=7),
        Metric("wait_time_1_under_1s_share", 5 / 7, "share", numerator=5, denominator=7),
        Metric("question_count", 9, "count", numerator=9),
    ),
    advice=(ADVICE,),
)  # fmt: skip
GOOD = "You waited 0.8 s for an answer. After your next open question, try counting to 3 in silence."


def shown(text: str, *ids: str, of: Advice = ADVICE, within: Lesson = LESSON) -> Advice | None:
    return accept(Proposal(text, ids or ("m1",)), of, within)


def test_a_wording_that_holds_is_shown_with_the_moments_it_chose() -> None:
    assert shown(GOOD, "m2") == replace(ADVICE, text=GOOD, evidence=ADVICE.evidence[1:])


def test_moments_stay_in_the_order_of_the_rules() -> None:
    found = shown(GOOD, "m2", "m1", "m2")
    assert found is not None and found.evidence == ADVICE.evidence


@pytest.mark.parametrize("ids", [(), ("m3",), ("m1", "u1"), ("m0",), ("M1",), ("",)])
def test_a_moment_that_is_not_the_advices_own_throws_it_away(ids: tuple[str, ...]) -> None:
    assert accept(Proposal(GOOD, ids), ADVICE, LESSON) is None


def test_no_proposal_is_no_wording() -> None:
    assert accept(None, ADVICE, LESSON) is None


@pytest.mark.parametrize(
    "text",
    [
        'You asked "Is it seven?" and waited 0.8 seconds. Try counting to 3 in silence.',
        "You asked “Is it seven?” and went on. Try counting to three in silence.",
        "You asked „is it SEVEN“ and went on. Try counting to 3 in silence.",
        "You asked «Is it seven?» and went on. Try counting to 3 in silence.",
        "You asked ‘Is it seven?’ and went on. Try counting to 3 in silence.",
        "You asked 'Is it seven?' and went on. Try counting to 3 in silence.",
        "A student answered “there is a lot of air in it” after 0.8 s. Try counting to 3 in silence.",
        "A student answered “Yes, it’s seven.” Try counting to 3 in silence before anybody may speak.",
        "You told the class “We saw 12 boats on Monday”. You waited 0.8 s: try counting to 3 in silence.",
        "Of 7 waits, 5 were short. Try counting to 3 in silence after an open question.",
        "71 % of your waits were short. Try counting to 3 in silence after an open question.",
        "71 percent of your waits were short, five of seven. Try counting to 3 in silence.",
        "Tom was asked here. After the open question, try counting to 3 in silence before anybody may speak.",
        "Listen to Tom's silence here. After the next open question, count to three before anybody may speak.",
        RULES,
    ],
)
def test_what_can_be_looked_up_is_kept(text: str) -> None:
    found = shown(text)
    assert found is not None and found.text == text


@pytest.mark.parametrize(
    "text",
    [
        'You asked "What is seven?" and waited 0.8 s for an answer. Try counting to 3 in silence.',
        "You asked “What is seven?” and waited 0.8 s for an answer.",
        "You asked ‘What is seven?’ and waited 0.8 s for an answer.",
        "You asked 'What is seven?' and waited 0.8 s for an answer.",
        "You asked «What is seven?» and waited 0.8 s for an answer.",
        "You asked »What is seven?« and waited 0.8 s for an answer.",
        "You asked “Is it seven? Yes, it's seven” and waited 0.8 s for an answer.",  # two speakers are no quotation
        "A student answered “Wood floats ... a lot of air” after your silence. You waited 0.8 s.",
        "A student answered “wood float” after your silence. You waited 0.8 s.",  # not to the word
        "You asked “Is it “not” seven” and waited 0.8 s for an answer.",
        'You asked "Is it seven? and waited 0.8 s for an answer. Try counting to 3 in silence.',
        "You asked 'Is it the students' answer' and waited 0.8 s for an answer. Try counting in silence.",
    ],
)
def test_an_invented_quotation_throws_it_away(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize(
    "claim",
    [
        "0.9 s", "8 s", "0.80 s", "0.8 %", "0.8 minutes", "0.8", "5 %", "71", "71.4 %", "9", "9 times", "12", "4", "1:05", "-3",
        "2x", "six", "nine times", "eighteen", "twenty-one", "twice", "half", "a third", "a dozen", "hundreds", "3 s",
        "three seconds", "one second", "1 s", "3 %", "3rd", "S2", "0,8 s", "1.0.8", "3.5", "7 times an hour", "½",
    ],
)  # fmt: skip
def test_an_invented_number_throws_it_away(claim: str) -> None:
    assert (
        shown(f"You waited for an answer, {claim} in the silence here. Try counting before anybody may speak.") is None
    )
    assert shown("You waited for an answer in the silence here. Try counting before anybody may speak.") is not None


@pytest.mark.parametrize("name", ["wait_time_1_median_s", "voice_gini"])
def test_only_the_metrics_that_the_advice_names_count(name: str) -> None:
    text = "You asked 9 open questions. Try counting to 3 in silence before anybody may speak."
    assert shown(text, of=replace(ADVICE, metric_names=(name,))) is None
    assert shown(text, of=replace(ADVICE, metric_names=(name, "question_count"))) is not None


@pytest.mark.parametrize(
    "text",
    [
        "You failed to wait for an answer. Try counting to 3 in silence before anybody may speak.",
        "You should have waited for an answer. Try counting to 3 in silence.",
        "Waiting 0.8 s for an answer is bad. Try counting to 3 in silence.",
        "Great job waiting for an answer! Try counting to 3 in silence.",
        "You waited 0.8 s for an answer, too short a silence. Try counting to 3.",
        "Other teachers wait longer for an answer. Try counting to 3 in silence.",
        "Your silence was shorter than the average. Try counting to 3 after an open question.",
        "You shouldn’t speak after an open question. Try counting to 3 in silence.",
        "The answer shows that the student understands silence. Try counting to 3 in silence.",
        "The student was able to answer in silence. Try counting to 3 after the open question.",
        "You always wait for an answer. Try counting to 3 in silence before anybody may speak.",
        "Nobody had time for an answer. Try counting to 3 in silence before anybody may speak.",
        "A student said that the answer was silence. Try counting to 3 after the open question.",
        "A student asked whether silence was the answer. Try counting to 3 after the open question.",
        "A student explained why an answer needs silence. Try counting to 3 after the open question.",
    ],
)
def test_verdicts_and_claims_that_cannot_be_looked_up_throw_it_away(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "You waited 0.8 s for Maria to answer. Try counting to 3 in silence.",  # a name of the transcript, not of its words
        "Maria waited 0.8 s for an answer. Try counting to 3 in silence.",
        "You waited 0.8 s. Jonathan needs silence for an answer. Try counting to 3.",
        "You waited for an answer; Mr Smith, try counting to 3 in silence before anybody may speak.",
        "You waited for an answer from O’Neill. Try counting to 3 in silence before anybody may speak.",
    ],
)
def test_a_name_that_nobody_gave_throws_it_away(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Wait, try it.",
        "You waited 0.8 s for an answer. " * 3 + "Try counting to 3 in silence.",
        "You waited for an answer, and then you waited for an answer " * 8 + ".",
        "**You waited** for an answer. Try counting to 3 in silence before anybody may speak.",
        "<b>You waited</b> for an answer. Try counting to 3 in silence before anybody may speak.",
        "You waited for an answer (see www.example.org). Try counting to 3 in silence.",
        "You waited for an answer, see example.org for more. Try counting to 3 in silence.",
        "You waited for an answer: https://example.org. Try counting to 3 in silence.",
        "You waited for an answer, write to me@example. Try counting to 3 in silence.",
        "You waited for an answer; [listen](m1). Try counting to 3 in silence.",
        "You waited for an answer. Try counting to 3 in silence before anybody",
        "Sie haben auf eine Antwort gewartet. Das ist nicht immer leicht, und die Stille ist auch gut.",
        "You waited for an answer in the silence. Das ist nicht die Frage, und wir haben auch noch was.",
        "You waited for an ответ. Try counting to 3 in silence before anybody may speak.",
        "You waited for an answer 👍. Try counting to 3 in silence before anybody may speak.",
        "You waited for an answer\u202e. Try counting to 3 in silence before anybody may speak.",
        "You waited for an answer in m1. Try counting to 3 in silence before anybody may speak.",
        "The weather of the coming week will be warm with a little rain towards the evening.",
        '{"text": "You waited for an answer."}',
    ],
)
def test_what_is_no_plain_english_about_the_same_thing_is_thrown_away(text: str) -> None:
    assert shown(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "This moment showcases the students' ability to hold the floor and make a difference in the conversation.",
        "The moment of the lesson was a great example of how we can make a difference when we have the right tools.",
        "The answer shows that the student understands the concept of the topic, and is able to explain it.",
        "It floats, but it's not a boat. It's a floating thing that can't be held in a boat.",
        "You can add to that, but you can't change that. You can't change that.",
        "m1: nobody speaks",
        "You waited 0.8 s (median) for an answer.",
        "You, I, I, I, I, I, I, I, I, I, I, I, I, I, I, I.",
        "You",
    ],
)
def test_what_a_small_model_really_wrote_is_thrown_away(text: str) -> None:
    rules = "Students had 80 % of the talk. These are the longest times they held the floor. What would you ask next?"
    for of in (ADVICE, replace(ADVICE, text=rules, metric_names=("student_share",))):
        assert shown(text, of=of) is None


def test_a_phrase_that_the_rules_suggest_may_stay_where_it_stands_and_is_never_put_in_a_mouth() -> None:
    rules = 'Of your 9 questions, 2 asked students to explain. Take one of these others and ask it again as "How do you know?"'
    of = Advice("try_next", rules, ("question_count",), ADVICE.evidence)
    assert shown("Take one of these questions and ask it again as “How do you know?”", of=of) is not None
    assert shown("Take one of these questions, where you asked “How do you know?”", of=of) is None
    assert shown("A student asked “How do you know?” Take one of these questions again.", of=of) is None


def test_a_quotation_may_run_over_two_sentences_of_one_speaker() -> None:
    two = replace(LESSON, utterances=(*LESSON.utterances, said("u6", LATER, "They were made of wood.")))
    text = "You told them “boats on Monday. They were made of wood.” Try counting to 3 in silence."
    assert shown(text, within=two) is not None
    assert shown(text) is None


def test_the_brief_holds_roles_instead_of_names_and_numbers_as_people_read_them() -> None:
    brief = brief_of(ADVICE, LESSON)
    assert brief.text == RULES
    assert [item.id for item in brief.quotes] == ["m1", "m2"]
    assert brief.quotes[0].text == "Teacher: Is it seven? Student: Yes, it's seven."
    assert "Maria" not in brief.quotes[1].text
    assert brief.numbers == (("wait time 1 median s", "0.8 s"), ("wait time 1 under 1s share", "71 %"))


def test_a_long_moment_is_cut_and_one_without_words_is_empty() -> None:
    long = replace(LESSON, utterances=(said("u1", ASKED, "well " * 500),))
    assert len(brief_of(ADVICE, long).quotes[0].text) <= MAX_QUOTE_CHARS + 4
    silent = replace(ADVICE, evidence=(Moment(Span(50, 60)),))
    assert brief_of(silent, LESSON).quotes[0].text == ""


def test_a_lesson_from_text_has_moments_without_times() -> None:
    told = tuple(replace(item, span=None) for item in LESSON.utterances)
    of = replace(ADVICE, evidence=(Moment(None, "u4"),))
    within = replace(LESSON, utterances=told)
    assert "Wood floats" in brief_of(of, within).quotes[0].text
    assert shown("Listen to “Wood floats because there is a lot of air in it.” and wait.", of=of, within=within)


def test_the_rules_own_texts_hold_with_their_own_numbers() -> None:
    """Whatever the rules say passes the check unchanged, or the check asks for more than the rules do."""
    for rule in load_feedback().rules:
        if "{" in rule.text:
            continue
        of = Advice(rule.kind, rule.text, rule.metrics, ADVICE.evidence)
        assert shown(rule.text, of=of) is not None, rule.id


def test_advice_on_a_lesson_passes_in_its_own_words() -> None:
    from tests.analysis.test_advice import good_lesson, hasty_lesson

    for made in (good_lesson(), hasty_lesson()):
        for item in advise(made):
            assert shown(item.text, of=item, within=made) == replace(item, evidence=item.evidence[:1])


@patient
@given(st.text(max_size=MAX_CHARS + 50), st.lists(st.text(max_size=3), max_size=3))
def test_nothing_that_a_model_writes_can_break_the_check(text: str, ids: list[str]) -> None:
    found = accept(Proposal(text, tuple(ids)), ADVICE, LESSON)
    assert found is None or set(found.evidence) <= set(ADVICE.evidence)


@patient
@given(st.integers(0, 2000).map(lambda tenths: tenths / 10))
def test_no_other_number_of_seconds_than_the_measured_one_is_shown(value: float) -> None:
    text = f"You waited {value:.1f} s for an answer. Try counting to 3 in silence before anybody may speak."
    assert (shown(text) is not None) == (f"{value:.1f}" == "0.8")


@patient
@given(
    st.lists(st.sampled_from("is it seven yes what floats on water wood because air lot of a in".split()), min_size=2)
)
def test_a_quotation_is_shown_only_if_somebody_said_it_in_one_go(words: list[str]) -> None:
    quoted = " ".join(words)
    plain = ("is it seven", "so tom what floats on water", "wood floats because there is a lot of air in it")
    told = any(f" {quoted} " in f" {line} " for line in plain)
    text = f"Here “{quoted}” was heard. Try counting to 3 in silence before anybody may speak for an answer."
    assert (shown(text) is not None) == told or len(text) > MAX_CHARS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("0.8 s, then 3 in silence", {("0.8", "s"), ("3", "")}),
        ("three seconds or twenty-five percent", {("3", "s"), ("25", "%")}),
        ("one of these, and one minute", {("1", "min")}),
        ("12 turns an hour at 150 words a minute", {("12", "an hour"), ("150", "a minute")}),
        ("4:07 and 1,204", {("4:07", ""), ("1,204", "")}),
        ("between 3-5", {("3", ""), ("5", "")}),
        ("class 7b", {("7b", "")}),
        ("no numbers, once and for this class", set()),
    ],
)
def test_amounts_are_read_with_their_units(text: str, found: set[tuple[str, str]]) -> None:
    assert amounts(text) == found


@pytest.mark.parametrize(
    ("metric", "ways"),
    [
        (Metric("a", 0.427, "share", numerator=3, denominator=7.5), {("43", "%"), ("3", "")}),
        (Metric("a", 75.2, "s", numerator=75.2), {("75.2", "s"), ("1:15", "")}),
        (Metric("a", 12.4, "1/h", numerator=9, denominator=0.75), {("12", "an hour")}),
        (Metric("a", 148.6, "words/min", numerator=1000, denominator=6.7), {("149", "a minute")}),
        (Metric("a", None, "share", numerator=0, denominator=0), set()),
    ],
)
def test_a_metric_may_be_written_as_people_read_it(metric: Metric, ways: set[tuple[str, str]]) -> None:
    assert ways_to_write(metric) == ways


def test_a_brief_is_plain_data() -> None:
    from dataclasses import asdict

    assert json.loads(json.dumps(asdict(brief_of(ADVICE, LESSON))))["text"] == RULES
