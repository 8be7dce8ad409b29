"""Who is the teacher shows in how much and how one speaks."""

from __future__ import annotations

import pytest

from pipeline.analysis.roles import assign_roles, gather_evidence
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
    assert evidence["S1"].score == pytest.approx(0.875)
    assert sum(item.score for item in evidence.values()) == pytest.approx(1.0)
