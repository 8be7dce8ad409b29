"""Turns, silence, monologue, pace and the segments of activity."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.talk import (
    build_segments,
    build_turns,
    longest_monologue,
    of_role,
    paced_talk_s,
    silences,
)
from pipeline.lesson import Speech
from pipeline.timeline import Span
from tests.lesson_values import patient, somebody, spans, student, teacher

speech_of_all = st.lists(
    st.builds(
        lambda span, who: (teacher if who == "T" else student)(span.start_s, span.end_s, who),
        spans.filter(lambda span: span.duration_s > 0),
        st.sampled_from("TAB"),
    ),
    max_size=12,
)


def test_consecutive_stretches_of_one_speaker_are_a_turn() -> None:
    turns = build_turns([teacher(4, 5), teacher(0, 2), student(6, 7), teacher(7.5, 8)])
    assert [(turn.speaker, turn.role, turn.span) for turn in turns] == [
        ("T", "teacher", Span(0, 5)),
        ("A", "student", Span(6, 7)),
        ("T", "teacher", Span(7.5, 8)),
    ]


@pytest.mark.parametrize(("pause_s", "turns"), [(2.9, 1), (3.0, 2)])
def test_three_seconds_of_silence_end_a_turn(pause_s: float, turns: int) -> None:
    assert len(build_turns([teacher(0, 1), teacher(1 + pause_s, 9)])) == turns


def test_a_stretch_inside_another_of_the_same_speaker_does_not_shorten_the_turn() -> None:
    assert build_turns([teacher(0, 10), teacher(2, 3)])[0].span == Span(0, 10)


@patient
@given(speech_of_all)
def test_every_stretch_lies_in_a_turn_of_its_speaker(speech: list[Speech]) -> None:
    turns = build_turns(speech)
    for item in speech:
        assert any(
            turn.speaker == item.speaker
            and turn.span.start_s <= item.span.start_s
            and item.span.end_s <= turn.span.end_s
            for turn in turns
        )


def test_silence_is_at_least_three_seconds_without_anybody() -> None:
    speech = [teacher(3, 5), student(7.9, 10), teacher(13, 20)]
    assert silences(speech, 22.5) == (Span(0, 3), Span(10, 13))
    assert silences([], 10.0) == (Span(0, 10),)
    assert silences([], 0.0) == ()


def test_a_monologue_goes_on_over_pauses_and_short_words_of_students() -> None:
    speech = [teacher(0, 10), student(10.2, 11.1), teacher(12, 20), teacher(25, 30)]
    assert longest_monologue(speech) == Span(0, 30)


def test_a_student_who_speaks_over_a_second_ends_a_monologue() -> None:
    assert longest_monologue([teacher(0, 10), student(10.2, 11.3), teacher(12, 20)]) == Span(0, 10)


def test_a_pause_over_five_seconds_ends_a_monologue() -> None:
    assert longest_monologue([teacher(0, 10), teacher(15.1, 20)]) == Span(0, 10)
    assert longest_monologue([teacher(0, 10), teacher(15, 20)]) == Span(0, 20)


def test_a_student_who_speaks_into_a_stretch_cuts_the_monologue() -> None:
    assert longest_monologue([teacher(0, 60), student(20, 25)]) == Span(25, 60)


def test_teachers_together_hold_one_monologue_and_the_unknown_none() -> None:
    assert longest_monologue([teacher(0, 10, "T"), teacher(9, 20, "U"), somebody(30, 90)]) == Span(0, 20)
    assert longest_monologue([student(0, 10), somebody(10, 20)]) is None
    assert longest_monologue([]) is None


def test_a_teacher_who_is_always_talked_over_holds_no_monologue() -> None:
    assert longest_monologue([teacher(2, 4), student(0, 9)]) is None


@patient
@given(speech_of_all)
def test_no_monologue_holds_a_long_student_stretch_or_pause(speech: list[Speech]) -> None:
    found = longest_monologue(speech)
    if found is None:
        return
    assert all(
        item.span.overlap_s(found) == 0 for item in speech if item.role == "student" and item.span.duration_s > 1
    )
    heard = sorted(part for span in of_role(speech, "teacher") if (part := span.clipped(found)))
    reached_s = found.start_s
    for part in heard:
        assert part.start_s - reached_s <= 5.0
        reached_s = max(reached_s, part.end_s)
    assert reached_s == found.end_s


def test_pauses_up_to_a_second_count_for_the_pace_and_longer_ones_do_not() -> None:
    speech = [teacher(0, 2), teacher(3, 4), teacher(5.1, 6), student(6, 9)]
    assert paced_talk_s(speech, "teacher") == pytest.approx(2 + 1 + 1 + 0.9)


def test_a_pause_in_which_another_speaks_is_not_within_a_turn() -> None:
    speech = [teacher(0, 2), student(2.2, 2.6), teacher(2.8, 4)]
    assert paced_talk_s(speech, "teacher") == pytest.approx(3.2)
    assert paced_talk_s([], "teacher") == 0.0


def kinds(speech: list[Speech], duration_s: float) -> list[str]:
    return [segment.kind for segment in build_segments(speech, duration_s)]


def test_one_who_presents_is_teacher_talk() -> None:
    assert kinds([teacher(0, 120)], 120.0) == ["teacher_talk"]


def test_teacher_and_students_in_turn_are_a_dialogue() -> None:
    speech = [who(at, at + 5) for at in range(0, 120, 10) for who in (teacher,)]
    speech += [student(at + 5, at + 9) for at in range(0, 120, 10)]
    assert kinds(speech, 120.0) == ["dialogue"]


def test_several_at_once_are_group_talk() -> None:
    speech = [student(0, 100, "A"), student(0, 100, "B"), student(10, 90, "C")]
    assert kinds(speech, 100.0) == ["group_talk"]


def test_students_who_talk_with_each_other_are_group_talk_too() -> None:
    speech = [student(at, at + 4, "ABC"[at // 4 % 3]) for at in range(0, 100, 4)]
    assert kinds(speech, 100.0) == ["group_talk"]
    assert kinds([student(0, 50, "A"), student(50, 100, "B")], 100.0) == ["dialogue"]
    led = [
        who for at in range(0, 100, 10) for who in (teacher(at, at + 3), student(at + 3, at + 9, "ABC"[at // 10 % 3]))
    ]
    assert kinds(led, 100.0) == ["dialogue"]


def test_work_without_talk_is_silence() -> None:
    found = build_segments([teacher(0, 60), teacher(180, 240)], 240.0)
    assert [segment.kind for segment in found] == ["teacher_talk", "silence", "teacher_talk"]
    assert found[1].span.start_s == pytest.approx(60, abs=15)
    assert found[1].span.end_s == pytest.approx(180, abs=15)


def test_a_short_change_is_part_of_what_goes_on_around_it() -> None:
    speech = [teacher(0, 100), student(100, 104), teacher(104, 200)]
    assert kinds(speech, 200.0) == ["teacher_talk"]


def test_without_speech_nothing_is_known() -> None:
    assert build_segments([], 100.0) == ()
    assert build_segments([teacher(0, 1)], 0.0) == ()


@patient
@given(speech_of_all.filter(bool), st.integers(1, 800).map(lambda tenths: tenths / 10))
def test_segments_cover_the_lesson_without_a_gap(speech: list[Speech], duration_s: float) -> None:
    found = build_segments(speech, duration_s)
    assert found[0].span.start_s == 0.0
    assert found[-1].span.end_s == duration_s
    assert all(before.span.end_s == after.span.start_s for before, after in pairwise(found))
    assert all(before.kind != after.kind for before, after in pairwise(found))
    assert len(found) == 1 or all(segment.span.duration_s > 14 for segment in found)
