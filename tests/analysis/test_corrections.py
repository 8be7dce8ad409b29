from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.corrections import correct_speech, role_of, voice_of
from pipeline.lesson import Correction, Role, Speech
from pipeline.timeline import Span, summed_s
from tests.lesson_values import patient, student, teacher

LESSON = (teacher(0, 10), student(11, 13), teacher(14, 20), student(21, 24, "B"))


def test_a_voice_becomes_another_one_with_its_role_everywhere() -> None:
    said = Correction(voice=(Span(11, 13),), speaker="B", speaker_voice=(Span(21, 24),))
    speech, summary = correct_speech(LESSON, [said])
    assert [(item.speaker, item.role, item.corrected) for item in speech] == [
        ("T", "teacher", False), ("B", "student", True), ("T", "teacher", False), ("B", "student", False),
    ]  # fmt: skip
    assert summary is not None
    assert (summary.count, summary.speech_s, summary.speaker_changed_s, summary.role_changed_s) == (1, 21, 2, 0)


def test_a_role_is_changed_and_certain() -> None:
    speech, summary = correct_speech(LESSON, [Correction(voice=(Span(11, 13),), role="teacher")])
    assert (speech[1].speaker, speech[1].role, speech[1].role_confidence) == ("A", "teacher", 1.0)
    assert summary is not None and summary.role_changed_s == 2


def test_a_span_cuts_stretches_at_its_edges() -> None:
    speech, _ = correct_speech(LESSON, [Correction(span=Span(4, 6), speaker="A", speaker_voice=(Span(11, 13),))])
    assert [(item.span, item.speaker, item.role) for item in speech[:3]] == [
        (Span(0, 4), "T", "teacher"),
        (Span(4, 6), "A", "student"),
        (Span(6, 10), "T", "teacher"),
    ]


def test_a_voice_within_a_span_leaves_others_who_speak_there() -> None:
    both = (teacher(0, 5), student(4, 6))
    speech, _ = correct_speech(both, [Correction(span=Span(0, 10), voice=(Span(4, 6),), role="unknown")])
    assert {(item.speaker, item.role) for item in speech} == {("T", "teacher"), ("A", "unknown")}


def test_a_voice_is_found_again_under_another_name() -> None:
    said = Correction(voice=(Span(11, 13),), speaker="S7", speaker_voice=(Span(21, 24),))
    renamed = (teacher(0, 10, "S1"), student(11.1, 12.9, "S4"), student(21, 24, "S2"))
    speech, _ = correct_speech(renamed, [said])
    assert [item.speaker for item in speech] == ["S1", "S2", "S2"]


def test_a_voice_that_is_heard_no_more_changes_nothing() -> None:
    speech, summary = correct_speech(LESSON, [Correction(voice=(Span(90, 95),), role="teacher")])
    assert speech == LESSON
    assert summary is not None and summary.role_changed_s == 0


def test_a_later_correction_has_the_last_word() -> None:
    first, second = (Correction(voice=(Span(11, 13),), role=role) for role in ("teacher", "student"))
    speech, summary = correct_speech(LESSON, [first, second])
    assert speech[1].role == "student"
    assert summary is not None and (summary.count, summary.role_changed_s) == (2, 0)


def test_voices_that_spoke_at_once_and_become_one_do_not_count_twice() -> None:
    speech, _ = correct_speech(
        (student(0, 10, "A"), student(8, 12, "B")), [Correction(voice=(Span(10, 12),), speaker="A")]
    )
    assert summed_s(item.span for item in speech if item.speaker == "A") == 12


def test_without_corrections_nothing_is_said_about_them() -> None:
    assert correct_speech(LESSON, []) == (LESSON, None)


def test_who_sounds_longest_is_the_voice() -> None:
    assert voice_of(LESSON, [Span(9, 13)]) == "A"
    assert voice_of(LESSON, [Span(13.2, 13.8)]) is None
    assert role_of((*LESSON, Speech(Span(30, 40), "A", "teacher")), "A") == "teacher"
    assert role_of(LESSON, "Z") is None


@pytest.mark.parametrize("wrong", [{"role": "teacher"}, {"span": Span(0, 1)}])
def test_a_correction_says_what_and_where(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        Correction(**wrong)  # type: ignore[arg-type]


@patient
@given(st.floats(0, 24), st.floats(0, 24), st.sampled_from([None, "A", "New"]), st.sampled_from(["teacher", "unknown"]))
def test_no_second_of_speech_is_lost_or_made(one: float, other: float, speaker: str | None, role: Role) -> None:
    span = Span(min(one, other), max(one, other))
    speech, summary = correct_speech(LESSON, [Correction(span=span, speaker=speaker, role=role)])
    assert summed_s(item.span for item in speech) == pytest.approx(summed_s(item.span for item in LESSON))
    assert summary is not None and summary.speaker_changed_s <= summary.speech_s + 1e-9
