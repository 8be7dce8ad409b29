"""Numbers in plain words."""

from __future__ import annotations

import pytest

from pipeline.lesson import ROLES, Metric
from pipeline.lesson_json import details_to_json
from pipeline.ports import STUDENT_LABELS, TEACHER_LABELS
from pipeline.viewer import words
from pipeline.viewer.details import details_from_json
from pipeline.viewer.move_words import MOVE_WORDS, sureness
from pipeline.viewer.words import (
    METRIC_WORDS,
    Form,
    written,
    written_duration,
    written_range,
    written_size,
    written_source,
    written_with_range,
)
from tests.viewer.lesson_samples import recording_of, small_lesson

# The names of the definitions, docs/definitions.md.
DEFINED = """
teacher_share student_share silence_share overlap_share unknown_talk_s teacher_talk_s student_talk_s longest_monologue_s
turns_per_h pace_teacher_wpm pace_student_wpm student_answer_words_median short_answer_share fillers_teacher_per_100
voice_gini question_count question_rate_per_h open_question_share procedural_question_count rhetorical_question_count
student_question_count wait_time_1_median_s wait_time_1_under_1s_share wait_time_2_median_s
wait_time_1_open_median_s wait_time_1_closed_median_s uptake_mean ire_share reasoning_share
praise_specific_count praise_general_count
academic_words_teacher_per_100 academic_words_student_per_100
""".split()
MOVES = """
keeping_everyone_together getting_students_to_relate restating revoicing pressing_for_accuracy pressing_for_reasoning
relating_to_another_student asking_for_more_information making_a_claim providing_evidence_or_reasoning
""".split()


def test_every_defined_metric_has_words_of_its_own() -> None:
    assert set(METRIC_WORDS) == {*DEFINED, *(f"move_{move}_count" for move in MOVES)}
    labels = [item.label for item in METRIC_WORDS.values()]
    assert len(set(labels)) == len(labels)
    for item in METRIC_WORDS.values():
        assert item.meaning.endswith("."), item.name
        assert "_" not in item.label + item.meaning, item.name


def test_a_metric_of_tomorrow_is_called_by_its_name() -> None:
    assert words.metric_words("chalk_noise_share").label == "Chalk noise share"


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (None, "share", "–"),
        (0.583, "share", "58 %"),
        (0.0, "share", "0 %"),
        (1.44, "seconds", "1.4 s"),
        (38.2, "seconds", "38 s"),
        (73.4, "seconds", "1 min 13 s"),
        (119.8, "seconds", "2 min"),
        (3600.0, "seconds", "60 min"),
        (31.0, "count", "31"),
        (75.6, "per_hour", "76 per hour"),
        (148.2, "per_minute", "148 words a minute"),
        (1.0, "words", "1 word"),
        (6.0, "words", "6 words"),
        (2.34, "per_100", "2.3 in 100 words"),
        (0.187, "index", "0.19"),
    ],
)
def test_values_are_written_as_people_write_them(value: float | None, form: Form, text: str) -> None:
    assert written(value, form) == text


@pytest.mark.parametrize(
    ("name", "value", "low", "high", "between", "beside"),
    [
        ("teacher_share", 0.58, 0.55, 0.61, "between 55 and 61 %", "58 % :small[:gray[(55 to 61 %)]]"),
        ("longest_monologue_s", 19.4, 19.4, 25.7, "between 19 and 26 s", "19 s :small[:gray[(19 to 26 s)]]"),
        (
            "teacher_talk_s",
            80.7,
            58.2,
            103.4,
            "between 58 s and 1 min 43 s",
            "1 min 21 s :small[:gray[(58 s to 1 min 43 s)]]",
        ),
        (
            "student_talk_s",
            64.3,
            62.0,
            66.0,
            "between 1 min 2 s and 1 min 6 s",
            "1 min 4 s :small[:gray[(1 min 2 s to 1 min 6 s)]]",
        ),
        (
            "wait_time_1_open_median_s",
            2.1,
            1.2,
            3.4,
            "half of them between 1.2 and 3.4 s",
            "2.1 s :small[:gray[(middle half: 1.2 to 3.4 s)]]",
        ),
        ("longest_monologue_s", 19.4, 19.4, 19.4, "", "19 s"),
        ("teacher_share", 0.58, 0.55, None, "", "58 %"),
        ("teacher_share", 0.58, None, None, "", "58 %"),
    ],
)
def test_a_range_is_written_where_both_ends_are_known_and_differ(
    name: str, value: float, low: float | None, high: float | None, between: str, beside: str
) -> None:
    metric = Metric(name, value, "", low, high)
    assert written_range(metric) == between
    assert written_with_range(metric) == beside


def test_a_middle_half_is_never_called_uncertain() -> None:
    waits = Metric("wait_time_1_closed_median_s", 1.0, "s", 0.5, 2.0)
    assert words.range_meaning(waits) == words.SPREAD_MEANING
    assert words.range_meaning(Metric("teacher_share", 0.5, "share", 0.4, 0.6)) == words.RANGE_MEANING
    assert words.range_meaning(Metric("teacher_share", 0.5, "share")) == ""


@pytest.mark.parametrize(
    ("confidence", "said"), [(0.8, "sure"), (0.79, "fairly sure"), (0.6, "fairly sure"), (0.59, "unsure")]
)
def test_how_sure_a_judgement_is_in_words(confidence: float, said: str) -> None:
    assert sureness(confidence) == said


def test_every_talk_move_has_words_and_its_speaker() -> None:
    by_role = {role: tuple(item.move for item in MOVE_WORDS.values() if item.role == role) for role in ROLES}
    assert by_role == {"teacher": TEACHER_LABELS[1:], "student": STUDENT_LABELS[1:], "unknown": ()}


def test_a_share_says_what_it_is_made_of() -> None:
    assert written_source(Metric("teacher_share", 0.5, "share", None, None, 300.0, 600.0)) == "5 min of 10 min"
    assert written_source(Metric("open_question_share", 0.25, "share", None, None, 3.0, 12.0)) == "3 of 12"
    assert written_source(Metric("question_count", 3.0, "count", None, None, 3.0, 1.0)) == ""


@pytest.mark.parametrize(
    ("seconds", "text"), [(38, "38 s"), (59.6, "60 s"), (209, "3 min"), (3600, "1 h 0 min"), (5591, "1 h 33 min")]
)
def test_lengths(seconds: float, text: str) -> None:
    assert written_duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 bytes"), (999, "999 bytes"), (34_000_000, "34 MB"), (1_900_000_000, "1.9 GB")]
)
def test_sizes(size: int, text: str) -> None:
    assert written_size(size) == text


def test_metrics_of_a_group_come_in_the_catalogues_order_and_only_where_something_was_measured() -> None:
    metrics = (
        Metric("turns_per_h", 3.0, "1/h"),
        Metric("teacher_share", 0.5, "share"),
        Metric("voice_gini", None, "index"),
    )
    assert [metric.name for metric in words.of_group(metrics, "talk")] == ["teacher_share", "turns_per_h"]


def test_details_survive_json() -> None:
    details = details_from_json({"title": "  Ice\n and water ", "held_on": "2026-03-02", "keep_until": ""})
    assert details.title == "Ice and water"
    assert details_from_json(details_to_json(details)) == details


def test_the_sample_lesson_of_these_tests_uses_only_known_names() -> None:
    assert {metric.name for metric in small_lesson(recording_of("a" * 64)).metrics} <= set(METRIC_WORDS)
