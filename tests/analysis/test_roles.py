"""Who is the teacher shows in how much and how one speaks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pipeline.analysis.roles import assign_roles, gather_evidence, students_told_apart, teacher_probability
from pipeline.lesson import Speech, Utterance
from tests.lesson_values import said, somebody


def roles(speech: list[Speech], *utterances: Utterance) -> dict[str, str]:
    found, told = assign_roles(speech, utterances)
    result = {item.speaker: item.role for item in found}
    assert all(item.role == result.get(item.speaker, "unknown") for item in told)
    return result


def test_who_speaks_and_asks_most_is_the_teacher_and_all_others_are_students() -> None:
    speech = [somebody(0, 60, "S1"), somebody(60, 70, "S2"), somebody(70, 80, "S3")]
    told = [said("u1", speech[0], "What do you notice?"), said("u2", speech[1], "It floats.")]
    assert roles(speech, *told) == {"S1": "teacher", "S2": "student", "S3": "student"}


def test_a_student_who_talks_more_than_the_teacher_asks_less() -> None:
    speech = [somebody(0, 35, "S1"), somebody(35, 60, "S2")]
    told = [
        said("u1", speech[0], "I think the stone sinks. It is heavy. We tried it twice."),
        said("u2", speech[1], "What happens next?"),
        said("u3", speech[1], "Turn to your partner."),
        said("u4", speech[1], "Why is that?"),
    ]
    assert roles(speech, *told) == {"S1": "student", "S2": "teacher"}


def test_where_two_are_alike_nobody_is_called_a_teacher() -> None:
    speech = [somebody(0, 30, "S1"), somebody(30, 60, "S2")]
    told = [said("u1", speech[0], "What is it?"), said("u2", speech[1], "What is it?")]
    assert roles(speech, *told) == {"S1": "unknown", "S2": "unknown"}


def test_one_who_speaks_alone_is_the_teacher() -> None:
    assert roles([somebody(0, 30, "S1")]) == {"S1": "teacher"}


def test_a_few_seconds_are_too_little_to_tell() -> None:
    assert roles([somebody(0, 4.9, "S1")]) == {"S1": "unknown"}


def test_without_words_talk_alone_counts() -> None:
    speech = [somebody(0, 30, "S1"), somebody(30, 40, "S2")]
    assert roles(speech) == {"S1": "teacher", "S2": "student"}


def test_words_of_nobody_change_nothing_and_stay_unknown() -> None:
    speech = [somebody(0, 30, "S1")]
    lost = Utterance("u1", None, "unknown", "unknown", "What is it?")
    _, [told] = assign_roles(speech, [lost])
    assert told.role == "unknown"
    assert assign_roles([], []) == ((), ())


def test_evidence_is_shares_of_talk_and_of_asking() -> None:
    speech = [somebody(0, 30, "S1"), somebody(30, 40, "S2")]
    evidence = gather_evidence(speech, [said("u1", speech[0], "Take out your books.")])
    assert evidence["S1"].talk_s == 30
    assert evidence["S1"].talk_share == pytest.approx(0.75)
    assert evidence["S1"].asking_share == pytest.approx(1.0)
    assert 0 < evidence["S1"].lead < 0.25
    assert evidence["S2"].lead == pytest.approx(-evidence["S1"].lead)


def aged(start_s: float, end_s: float, speaker: str, child: float) -> Speech:
    return replace(somebody(start_s, end_s, speaker), child_log_odds=child)


def test_a_child_who_talks_most_is_a_student_and_the_adult_the_teacher() -> None:
    speech = [aged(0, 100, "S1", 1.8), aged(100, 140, "S2", -2.5), aged(140, 145, "S3", 1.1)]
    assert roles(speech) == {"S1": "student", "S2": "teacher", "S3": "student"}


def test_two_adults_among_children_are_both_teachers() -> None:
    speech = [aged(0, 60, "S1", -2.0), aged(60, 100, "S2", -1.2), aged(100, 130, "S3", 2.3), aged(130, 150, "S4", 0.7)]
    assert roles(speech) == {"S1": "teacher", "S2": "teacher", "S3": "student", "S4": "student"}


def test_the_border_between_ages_is_that_of_the_lesson() -> None:
    """A teacher with a high voice, and the border of another lesson would make a student of her."""
    speech = [aged(0, 160, "S1", -0.1), aged(160, 200, "S2", 2.4), aged(200, 220, "S3", 2.8), aged(220, 235, "S4", 1.3)]
    assert roles(speech) == {"S1": "teacher", "S2": "student", "S3": "student", "S4": "student"}


@pytest.mark.parametrize("ages", [(-2.5, -0.4, -0.3), (1.5, 1.7, 2.9)])
def test_who_also_talks_most_is_the_teacher_whatever_the_ages_sound_like(ages: tuple[float, float, float]) -> None:
    speech = [aged(60 * place, 60 * place + 50 - 18 * place, f"S{place + 1}", age) for place, age in enumerate(ages)]
    assert roles(speech) == {"S1": "teacher", "S2": "student", "S3": "student"}


def test_a_child_heard_for_two_seconds_says_little_about_the_lesson() -> None:
    """Two who sound alike and talk alike stay unknown, whatever a short third voice is."""
    speech = [aged(0, 60, "S1", -2.0), aged(60, 120, "S2", -2.0)]
    assert teacher_probability(gather_evidence(speech, []))["S1"] == pytest.approx(0.5)
    assert roles(speech) == {"S1": "unknown", "S2": "unknown"}


def test_never_is_everybody_a_teacher() -> None:
    chances = teacher_probability(gather_evidence([aged(0, 60, "S1", -3.0), aged(60, 118, "S2", -3.0)], []))
    assert sum(chances.values()) == pytest.approx(1.0)


def test_who_says_little_has_to_sound_clearly_adult_to_be_a_teacher() -> None:
    lesson = [aged(0, 160, "S1", -1.5), aged(160, 200, "S2", 2.4)]
    assert roles([*lesson, aged(200, 210, "S3", 0.0)])["S3"] == "student"
    assert roles([*lesson, aged(200, 280, "S3", -2.5)])["S3"] == "teacher"


def test_an_enrolled_voice_is_the_teachers_however_little_it_says() -> None:
    speech = [aged(0, 100, "S1", 0.0), replace(aged(100, 130, "S2", 0.0), enrolled_log_odds=8.0)]
    assert roles(speech) == {"S1": "student", "S2": "teacher"}


def test_the_clearer_the_evidence_the_surer_the_role() -> None:
    clear, _ = assign_roles([aged(0, 160, "S1", -2.5), aged(160, 200, "S2", 2.4)], ())
    vague, _ = assign_roles([aged(0, 110, "S1", -0.2), aged(110, 200, "S2", 0.3)], ())
    for sure, unsure in zip(clear, vague, strict=True):
        assert sure.role_confidence and unsure.role_confidence
        assert sure.role_confidence > unsure.role_confidence + 0.1


def test_a_voice_that_may_be_another_of_the_same_role_makes_the_role_no_less_sure() -> None:
    base = [aged(0, 160, "S1", -2.5), aged(160, 200, "S2", 2.4), aged(200, 230, "S3", 2.0)]
    doubt = {"speaker_confidence": 0.6}
    student, _ = assign_roles([*base, replace(aged(230, 233, "S2", 2.4), others=(("S3", 0.4),), **doubt)], ())
    teacher, _ = assign_roles([*base, replace(aged(230, 233, "S2", 2.4), others=(("S1", 0.4),), **doubt)], ())
    assert student[-1].role_confidence and teacher[-1].role_confidence
    assert student[-1].role_confidence > teacher[-1].role_confidence + 0.1


def test_unknown_roles_have_no_confidence() -> None:
    found, _ = assign_roles([somebody(0, 30, "S1"), somebody(30, 60, "S2")], ())
    assert [item.role_confidence for item in found] == [None, None]


def test_students_much_less_alike_than_the_teachers_pieces_are_one_group() -> None:
    def lesson(spread: float) -> list[Speech]:
        speech = [
            replace(aged(0, 90, "S1", -2.5), voice_spread=1.1),
            replace(aged(90, 120, "S2", 2.0), voice_spread=spread),
        ]
        return list(assign_roles(speech, ())[0])

    assert students_told_apart(lesson(1.3))
    assert not students_told_apart(lesson(1.7))
    assert students_told_apart([])


def test_a_few_words_of_students_are_no_ground_to_call_them_one_group() -> None:
    few = [replace(aged(0, 90, "S1", -2.5), voice_spread=1.1), replace(aged(90, 105, "S2", 2.0), voice_spread=2.5)]
    assert students_told_apart(assign_roles(few, ())[0])
