"""Every number on lessons small enough to work it out by hand."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.metrics import clear_voices, filler_count, gini, measure
from pipeline.analysis.questions import tag_questions
from pipeline.analysis.talk import build_segments, build_turns
from pipeline.analysis.waits import averaged, find_ire, find_waits
from pipeline.lesson import Lesson, Metric, Sequence, Speech, Utterance, Wait
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.timeline import Span
from tests.lesson_values import lesson, patient, said, somebody, spans, student, teacher, waited, words

NAMES = {
    "teacher_share": "share",
    "student_share": "share",
    "silence_share": "share",
    "overlap_share": "share",
    "unknown_talk_s": "s",
    "teacher_talk_s": "s",
    "student_talk_s": "s",
    "longest_monologue_s": "s",
    "turns_per_h": "1/h",
    "pace_teacher_wpm": "words/min",
    "pace_student_wpm": "words/min",
    "fillers_teacher_per_100": "1/100 words",
    "voice_gini": "gini",
    "question_count": "count",
    "question_rate_per_h": "1/h",
    "open_question_share": "share",
    "procedural_question_count": "count",
    "rhetorical_question_count": "count",
    "student_question_count": "count",
    "student_answer_words_median": "words",
    "short_answer_share": "share",
    "wait_time_1_median_s": "s",
    "wait_time_1_under_1s_share": "share",
    "wait_time_2_median_s": "s",
    "ire_share": "share",
    "wait_time_1_open_median_s": "s",
    "wait_time_1_closed_median_s": "s",
    "uptake_mean": "share",
    "reasoning_share": "share",
    "praise_specific_count": "count",
    "praise_general_count": "count",
    **{f"move_{label}_count": "count" for label in (*TEACHER_LABELS, *STUDENT_LABELS) if label != "none"},
}


def metric(of: Lesson, name: str) -> Metric:
    return next(item for item in measure(of) if item.name == name)


def made_of(item: Metric) -> tuple[float | None, float | None, float | None]:
    return item.value, item.numerator, item.denominator


def test_every_metric_has_its_unit_and_a_method() -> None:
    measured = measure(lesson(teacher(0, 10)))
    assert {item.name: item.unit for item in measured} == NAMES
    assert len(measured) == len(NAMES)
    assert all(item.method for item in measured)


def test_an_empty_lesson_has_no_numbers() -> None:
    assert {item.name for item in measure(lesson(duration_s=0.0)) if item.value is not None} == set()
    assert all(item.moments == () for item in measure(lesson(duration_s=0.0)))


def test_where_nobody_could_be_told_apart_silence_is_unknown_too() -> None:
    told = Utterance("u1", Span(0, 5), "unknown", "unknown", "We begin.")
    measured = measure(lesson(utterances=(told,)))
    assert {item.name for item in measured if item.value is not None} == set()


def test_overlap_counts_for_both_speakers_and_unknown_for_neither() -> None:
    of = lesson(teacher(0, 30), student(20, 30), somebody(40, 45))
    assert made_of(metric(of, "teacher_share")) == (0.75, 30, 40)
    assert made_of(metric(of, "student_share")) == (0.25, 10, 40)
    assert metric(of, "unknown_talk_s").value == 5
    assert metric(of, "teacher_talk_s").value == 30
    assert metric(of, "student_talk_s").value == 10
    assert [moment.span for moment in metric(of, "teacher_talk_s").moments] == [Span(0, 30)]


def test_talk_of_unknown_people_leaves_the_shares_unknown() -> None:
    of = lesson(somebody(0, 30))
    assert [metric(of, name).value for name in ("teacher_share", "teacher_talk_s", "student_talk_s")] == [None] * 3
    assert metric(of, "unknown_talk_s").value == 30


def test_silence_and_overlap_are_shares_of_the_whole_lesson() -> None:
    of = lesson(teacher(0, 40), student(30, 50), teacher(52, 90), duration_s=100.0)
    assert made_of(metric(of, "silence_share")) == (0.1, 10, 100)
    assert [moment.span for moment in metric(of, "silence_share").moments] == [Span(90, 100)]
    assert made_of(metric(of, "overlap_share")) == (0.1, 10, 100)
    assert [moment.span for moment in metric(of, "overlap_share").moments] == [Span(30, 40)]


def test_speech_beyond_the_end_of_the_recording_makes_no_share_over_1() -> None:
    of = lesson(teacher(0, 40), student(0, 40), duration_s=10.0)
    assert metric(of, "overlap_share").value == 1.0


def test_the_longest_monologue_can_be_played() -> None:
    of = lesson(teacher(0, 10), student(11, 13), teacher(14, 40))
    found = metric(of, "longest_monologue_s")
    assert found.value == 26
    assert [moment.span for moment in found.moments] == [Span(14, 40)]
    assert metric(lesson(student(0, 9)), "longest_monologue_s").value is None


def test_turns_are_counted_per_hour() -> None:
    speech = (teacher(0, 10), student(11, 12), teacher(13, 14))
    of = replace(lesson(*speech, duration_s=360.0), turns=build_turns(speech))
    assert made_of(metric(of, "turns_per_h")) == (30.0, 3, 0.1)


def test_pace_is_words_a_minute_of_talk_with_its_short_pauses() -> None:
    who = teacher(0, 5)
    of = lesson(
        who, teacher(6, 12), utterances=(said("u1", who, "One two three — four."), said("u2", who, "Don't five"))
    )
    assert made_of(metric(of, "pace_teacher_wpm")) == (30.0, 6, 0.2)
    assert metric(of, "pace_student_wpm").value is None
    assert metric(lesson(who), "pace_teacher_wpm").value is None


def test_where_no_blanks_part_words_the_recognised_words_are_counted() -> None:
    told = Utterance("u1", Span(0, 60), "T", "teacher", "我们开始吧", words("我 们 开 始 吧"), language="zh")
    assert metric(lesson(teacher(0, 60), utterances=(told,)), "pace_teacher_wpm").value == 5.0


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Um, so we, uh, begin.", 2),
        ("You know, it is, like, heavy.", 2),
        ("Like, I mean it sinks.", 2),
        ("You know what I mean that to be.", 0),
        ("I like this, and it looks like a boat.", 0),
        ("Mm-hmm. Uh-huh.", 0),
        ("It's like, really big.", 1),
        ("The umbrella and the hummingbird.", 0),
    ],
)
def test_fillers_are_hesitations_and_empty_words(text: str, count: int) -> None:
    assert filler_count(text) == count


def test_fillers_are_per_hundred_words_of_english() -> None:
    who = teacher(0, 5)
    told = (
        said("u1", who, "Um, one two three four."),
        said("u2", who, "Da ist er, und er um acht.", language="de"),
        said("u3", student(6, 7), "Um."),
    )
    found = metric(lesson(who, utterances=told), "fillers_teacher_per_100")
    assert made_of(found) == (20.0, 1, 5)
    assert [moment.utterance_id for moment in found.moments] == ["u1"]
    assert metric(lesson(who, utterances=told[1:]), "fillers_teacher_per_100").value is None


def test_gini_runs_from_even_to_one_who_has_all() -> None:
    assert gini([5, 5, 5]) == pytest.approx(0.0)
    assert gini([0, 0, 0, 10]) == pytest.approx(0.75)
    assert gini([1, 3]) == pytest.approx(0.25)
    assert gini([5]) is None
    assert gini([0, 0]) is None


def test_voices_heard_too_little_are_left_out_of_equity() -> None:
    of = lesson(student(0, 6, "A"), student(6, 24, "B"), student(30, 34, "C"), teacher(40, 60))
    assert clear_voices(of.speech) == {"A": 6, "B": 18}
    found = metric(of, "voice_gini")
    assert (found.value, found.denominator) == (pytest.approx(0.25), 2)
    assert metric(lesson(student(0, 60)), "voice_gini").value is None


def asked_lesson() -> Lesson:
    told = (
        said("u1", teacher(0, 2), "Why?", kind="open"),
        said("u2", student(3, 5), "Because it is light."),
        said("u3", teacher(6, 8), "Is it seven?", kind="closed"),
        said("u4", student(9, 10, "B"), "Yes."),
        said("u5", teacher(11, 12), "Good, right?", kind="rhetorical"),
        said("u6", teacher(12, 13), "Are you ready?", kind="procedural"),
        said("u7", student(14, 15), "What for?", kind="closed"),
        said("u8", teacher(16, 17), "Is it eight?", kind="closed"),
    )
    return replace(lesson(utterances=told, duration_s=720.0), sequences=(Sequence("ire", ("u3", "u4", "u5")),))


def test_questions_are_counted_by_kind() -> None:
    of = asked_lesson()
    assert made_of(metric(of, "question_count")) == (3.0, 3, None)
    assert [moment.utterance_id for moment in metric(of, "question_count").moments] == ["u1", "u3", "u8"]
    assert made_of(metric(of, "question_rate_per_h")) == (15.0, 3, 0.2)
    assert made_of(metric(of, "open_question_share")) == (pytest.approx(1 / 3), 1, 3)
    assert metric(of, "procedural_question_count").value == 1
    assert metric(of, "rhetorical_question_count").value == 1
    assert metric(of, "student_question_count").value == 1


def test_no_question_asked_is_zero_and_no_role_known_is_unknown() -> None:
    of = lesson(utterances=(said("u1", teacher(0, 1), "So."),))
    assert metric(of, "question_count").value == 0
    assert metric(of, "open_question_share").value is None
    of = lesson(utterances=(said("u1", somebody(0, 1), "Why?", kind="open"),))
    assert metric(of, "question_count").value is None
    assert metric(of, "question_rate_per_h").value is None


def test_answers_are_the_students_turns_after_questions() -> None:
    of = asked_lesson()
    found = metric(of, "student_answer_words_median")
    assert (found.value, found.denominator) == (2.0, 3)  # of 4, 1 and 2 words
    assert [moment.span for moment in found.moments] == [Span(3, 5), Span(9, 10), Span(14, 15)]
    assert made_of(metric(of, "short_answer_share")) == (pytest.approx(2 / 3), 2, 3)
    assert [moment.utterance_id for moment in metric(of, "short_answer_share").moments] == ["u4", "u7"]


def test_an_answer_ends_with_the_students_turn() -> None:
    told = (
        said("u1", teacher(0, 2), "Why?", kind="open"),
        said("u2", student(3, 4), "It is light."),
        said("u3", student(6.9, 8), "I think so."),
        said("u4", student(11, 12), "Look at this."),
        said("u5", student(13, 14, "B"), "No."),
    )
    found = metric(lesson(utterances=told), "student_answer_words_median")
    assert found.value == 6
    assert [moment.span for moment in found.moments] == [Span(3, 8)]


def test_another_student_who_goes_on_gives_another_answer() -> None:
    told = (
        said("u1", teacher(0, 2), "Why?", kind="open"),
        said("u2", student(3, 4), "It is light."),
        said("u3", student(4, 5, "B"), "And it has a hole in it."),
    )
    assert metric(lesson(utterances=told), "student_answer_words_median").value == 3


def test_waits_over_half_a_minute_are_not_averaged() -> None:
    waits = (
        waited(0, 0.5),
        waited(10, 12),
        waited(20, 24),
        waited(30, 60),
        waited(100, 130.1),
        waited(200, 201, by="teacher"),
        Wait("wait_time_2", Span(5, 6), "teacher", None),
        Wait("wait_time_2", Span(7, 38), "teacher", None),
    )
    of = replace(lesson(), waits=waits)
    first = metric(of, "wait_time_1_median_s")
    assert (first.value, first.denominator) == (3.0, 4)
    assert [moment.span for moment in first.moments] == [wait.span for wait in waits[:4]]
    assert made_of(metric(of, "wait_time_1_under_1s_share")) == (0.25, 1, 4)
    second = metric(of, "wait_time_2_median_s")
    assert (second.value, second.denominator) == (1.0, 1)
    assert averaged(waits, lambda wait: wait.by == "teacher") == (waits[5], waits[6])


def test_without_waits_their_numbers_are_unknown() -> None:
    of = lesson(teacher(0, 10))
    for name in ("wait_time_1_median_s", "wait_time_1_under_1s_share", "wait_time_2_median_s"):
        assert metric(of, name).value is None


def test_sequences_are_a_share_of_the_answered_questions() -> None:
    found = metric(asked_lesson(), "ire_share")
    assert made_of(found) == (0.5, 1, 2)
    assert [moment.utterance_id for moment in found.moments] == ["u3"]


def test_a_count_is_never_cut_though_its_moments_are() -> None:
    told = tuple(said(f"u{place}", teacher(place, place + 0.5), "Why?", kind="open") for place in range(300))
    found = metric(lesson(utterances=told), "question_count")
    assert found.value == 300
    assert len(found.moments) == 200


def test_text_without_times_is_counted_and_its_moments_are_known_by_their_utterances() -> None:
    told = (
        said("u1", teacher(0, 1), "Why?", kind="open"),
        said("u2", student(0, 1), "It is light."),
    )
    of = lesson(utterances=tuple(replace(item, span=None) for item in told), duration_s=0.0)
    assert metric(of, "question_count").value == 1
    assert metric(of, "student_answer_words_median").value == 3
    assert metric(of, "question_rate_per_h").value is None
    moments = [moment for item in measure(of) for moment in item.moments]
    assert {moment.span for moment in moments} == {None}
    assert {moment.utterance_id for moment in moments} == {"u1"}


TEXTS = st.sampled_from(["Why?", "It is seven.", "Um, okay?", "Good.", "What do you think", "", "Who is ready?"])


@patient
@given(st.lists(st.tuples(spans, st.sampled_from("TABX"), TEXTS), max_size=10))
def test_whatever_is_heard_shares_lie_between_0_and_1_and_nothing_is_negative(
    heard: list[tuple[Span, str, str]],
) -> None:
    kinds = {"T": teacher, "X": somebody}
    speech = tuple(kinds.get(who, student)(span.start_s, span.end_s, who) for span, who, _ in heard)
    told = tuple(
        said(f"u{place}", item, text) for place, (item, (_, _, text)) in enumerate(zip(speech, heard, strict=True))
    )
    told = tag_questions(told)
    of = lesson(*speech, utterances=told, duration_s=40.0)
    turns = build_turns(speech)
    of = replace(
        of,
        turns=turns,
        segments=build_segments(speech, 40.0),
        waits=find_waits(told, speech, turns),
        sequences=find_ire(told),
    )
    for item in measure(of):
        assert item.value is None or item.value >= 0, item
        assert item.unit not in ("share", "gini") or item.value is None or item.value <= 1 + 1e-9, item
        if item.unit == "share" and item.value is not None:
            assert item.numerator is not None and item.denominator
            assert item.value == pytest.approx(item.numerator / item.denominator)


def test_shares_of_teacher_and_students_add_up() -> None:
    speech: list[Speech] = [teacher(0, 13), student(13, 20), teacher(21, 22)]
    of = lesson(*speech)
    teacher_share, student_share = metric(of, "teacher_share").value, metric(of, "student_share").value
    assert teacher_share is not None and student_share is not None
    assert teacher_share + student_share == pytest.approx(1.0)
