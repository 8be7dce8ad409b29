"""A lesson goes to JSON and comes back the same."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import StoreError
from pipeline.lesson import (
    Advice,
    CorrectionSummary,
    Lesson,
    Metric,
    Moment,
    Question,
    Recording,
    Segment,
    Sequence,
    Speech,
    StageRecord,
    Turn,
    Utterance,
    Wait,
    Word,
)
from pipeline.lesson_json import SCHEMA, lesson_from_json, lesson_to_json
from pipeline.timeline import Span
from tests.lesson_values import patient

times_s = st.integers(0, 10_000_000).map(lambda thousandths: thousandths / 1000)
spans = st.tuples(times_s, times_s).map(lambda edges: Span(min(edges), max(edges)))
shares = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)
texts = st.text(max_size=12)
roles = st.sampled_from(["teacher", "student", "unknown"])
numbers = st.none() | st.integers(-1_000_000, 1_000_000).map(lambda millionths: millionths / 1_000_000)
moments = st.builds(Moment, spans, st.none() | texts) | st.builds(Moment, st.none(), st.text(min_size=1, max_size=12))
recorded_at = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(tzinfo=UTC)
)
questions = st.builds(
    Question,
    st.sampled_from(["open", "closed", "procedural", "rhetorical"]),
    shares,
    st.sampled_from([None, "focusing", "funnelling"]),
    st.sampled_from([None, "recall", "explain", "reason"]),
)
utterances = st.builds(
    Utterance,
    id=texts,
    span=st.none() | spans,
    speaker=texts,
    role=roles,
    text=texts,
    words=st.lists(st.builds(Word, spans, texts, shares), max_size=3).map(tuple),
    language=st.none() | texts,
    question=st.none() | questions,
    teacher_move=st.none() | texts,
    student_move=st.none() | texts,
    uptake=st.none() | shares,
    praise=st.sampled_from([None, "specific", "general"]),
)
metrics = st.builds(
    Metric, texts, numbers, texts, numbers, numbers, numbers, numbers, texts, st.lists(moments, max_size=2).map(tuple)
)
advice = st.builds(
    Advice,
    st.sampled_from(["strength", "try_next", "reflection"]),
    texts,
    st.lists(texts, max_size=2).map(tuple),
    st.lists(moments, min_size=1, max_size=3).map(tuple),
    st.none() | texts,
)
WAITS = st.builds(Wait, st.sampled_from(["wait_time_1", "wait_time_2"]), spans, roles, st.none() | texts)


def some(values: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(values, max_size=2).map(tuple)


lessons = st.builds(
    Lesson,
    recording=st.builds(Recording, texts, texts, times_s),
    language=st.none() | texts,
    languages=some(st.tuples(texts, shares)),
    speech=some(st.builds(Speech, spans, texts, roles, st.none() | shares, st.none() | shares, st.booleans())),
    turns=some(st.builds(Turn, spans, texts, roles)),
    segments=some(st.builds(Segment, spans, st.sampled_from(["teacher_talk", "dialogue", "group_talk", "silence"]))),
    utterances=some(utterances),
    waits=some(WAITS),
    sequences=some(st.builds(Sequence, texts, st.lists(texts, max_size=3).map(tuple))),
    metrics=some(metrics),
    advice=some(advice),
    stages=some(st.builds(StageRecord, texts, texts, texts, texts, times_s, recorded_at, st.booleans())),
    notices=some(texts),
    corrections=st.none() | st.builds(CorrectionSummary, st.integers(1, 99), times_s, times_s, times_s),
)

FULL = Lesson(
    Recording("ab" * 32, "x.mp4", 61.0),
    "en",
    (("en", 1.0),),
    (Speech(Span(1.2, 3.0), "S1", "teacher", 0.9, 0.97),),
    (Turn(Span(1.2, 4.9), "S1", "teacher"),),
    (Segment(Span(0.0, 61.0), "dialogue"),),
    (
        Utterance(
            "u1",
            Span(1.2, 4.9),
            "S1",
            "teacher",
            "Who?",
            (Word(Span(1.2, 1.4), "Who?", 0.98),),
            "en",
            Question("open", 0.93, demand="explain"),
        ),
    ),
    (Wait("wait_time_1", Span(4.9, 7.1), "student", "u1"),),
    (Sequence("ire", ("u1", "u2", "u3")),),
    (Metric("teacher_share", 0.58, "share", 0.55, 0.61, 1204.0, 2075.9, "seconds", (Moment(Span(0, 1)),)),),
    (Advice("strength", "Good.", ("teacher_share",), (Moment(Span(1.2, 7.1), "u1"),)),),
    (StageRecord("transcribe", "faster-whisper/base", "f" * 64, "e" * 64, 104.2, datetime(2026, 1, 1, tzinfo=UTC)),),
    ("Note.",),
    CorrectionSummary(2, 60.0, 3.5, 1.5),
)


@patient
@given(lessons)
def test_a_lesson_comes_back_from_json_as_it_was(lesson: Lesson) -> None:
    text = json.dumps(lesson_to_json(lesson), allow_nan=False)
    assert lesson_from_json(json.loads(text)) == lesson


def test_the_keys_are_those_of_the_schema() -> None:
    data = lesson_to_json(FULL)
    assert data["schema"] == SCHEMA == "lessonmirror/1"
    assert data["recording"] == {"name": "x.mp4", "sha256": "ab" * 32, "duration_s": 61.0}
    assert data["speech"] == [
        {
            "start_s": 1.2,
            "end_s": 3.0,
            "speaker": "S1",
            "role": "teacher",
            "speaker_confidence": 0.9,
            "role_confidence": 0.97,
            "corrected": False,
        }
    ]
    assert data["turns"] == [{"start_s": 1.2, "end_s": 4.9, "speaker": "S1", "role": "teacher"}]
    assert data["segments"] == [{"start_s": 0.0, "end_s": 61.0, "kind": "dialogue"}]
    assert data["utterances"][0]["words"] == [{"start_s": 1.2, "end_s": 1.4, "text": "Who?", "probability": 0.98}]
    assert data["utterances"][0]["question"] == {
        "kind": "open",
        "confidence": 0.93,
        "focus": None,
        "demand": "explain",
        "kind_confidence": None,
    }
    assert data["waits"] == [
        {"kind": "wait_time_1", "start_s": 4.9, "end_s": 7.1, "by": "student", "utterance_id": "u1"}
    ]
    assert data["sequences"] == [{"kind": "ire", "utterance_ids": ["u1", "u2", "u3"]}]
    assert data["advice"][0]["evidence"] == [{"utterance_id": "u1", "start_s": 1.2, "end_s": 7.1}]
    assert data["stages"][0]["elapsed_s"] == 104.2


def test_a_lesson_from_text_without_times_has_null_times() -> None:
    lesson = Lesson(
        Recording("0" * 64, "x.txt", 0.0), utterances=(Utterance("u1", None, "unknown", "unknown", "Hello."),)
    )
    data = lesson_to_json(lesson)
    assert data["recording"]["duration_s"] is None
    assert data["speech"] == []
    assert (data["utterances"][0]["start_s"], data["utterances"][0]["end_s"]) == (None, None)
    assert lesson_from_json(data) == lesson


def test_times_are_exact_to_a_millisecond_and_paths_stay_out() -> None:
    lesson = Lesson(
        Recording("0" * 64, "x.mp4", 10.00049, "/home/me/x.mp4", "/home/me/x.wav"),
        speech=(Speech(Span(1 / 3, 2 / 3), "S1"),),
    )
    data = lesson_to_json(lesson)
    assert (data["speech"][0]["start_s"], data["speech"][0]["end_s"]) == (0.333, 0.667)
    assert "/home/me" not in json.dumps(data)


@pytest.mark.parametrize("odd", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_becomes_null(odd: float) -> None:
    lesson = Lesson(Recording("0" * 64, "x.mp4", 1.0), metrics=(Metric("x", odd, "s"),))
    data = lesson_to_json(lesson)
    json.dumps(data, allow_nan=False)
    assert lesson_from_json(data).metrics[0].value is None


def test_further_keys_of_a_later_version_are_passed_over() -> None:
    data = lesson_to_json(FULL)
    data["weather"] = "rain"
    for place in (
        data["recording"],
        data["speech"][0],
        data["utterances"][0],
        data["utterances"][0]["question"],
        data["metrics"][0],
        data["stages"][0],
        data["advice"][0],
    ):
        place["later"] = 1
    assert lesson_from_json(data) == FULL


@pytest.mark.parametrize("data", [{}, {"schema": "other/1"}, [], None, "lesson"])
def test_another_schema_is_refused(data: Any) -> None:
    with pytest.raises(StoreError, match="schema"):
        lesson_from_json(data)


NEWER = ("languages", "notices", "corrections", "students_told_apart")


@pytest.mark.parametrize("key", [key for key in lesson_to_json(FULL) if key not in ("schema", *NEWER)])
def test_a_missing_key_is_an_error_for_the_user(key: str) -> None:
    data = lesson_to_json(FULL)
    del data[key]
    with pytest.raises(StoreError, match="damaged") as caught:
        lesson_from_json(data)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("path", "nonsense"),
    [
        (("speech", 0, "start_s"), 99.0),
        (("speech", 0, "start_s"), None),
        (("speech", 0, "role_confidence"), 2.0),
        (("speech", 0), 7),
        (("utterances", 0, "words"), None),
        (("advice", 0, "evidence"), []),
        (("stages", 0, "finished_at"), "yesterday"),
        (("recording",), []),
    ],
)
def test_nonsense_inside_is_an_error_for_the_user(path: tuple[str | int, ...], nonsense: object) -> None:
    data = copy.deepcopy(lesson_to_json(FULL))
    place: Any = data
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = nonsense
    with pytest.raises(StoreError, match="damaged"):
        lesson_from_json(data)


def test_evidence_from_text_has_null_times() -> None:
    found = Advice("try_next", "Ask why.", ("reasoning_share",), (Moment(None, "u1"),), "press_for_reasoning")
    data = lesson_to_json(replace(FULL, advice=(found,)))
    assert data["advice"][0]["evidence"] == [{"utterance_id": "u1", "start_s": None, "end_s": None}]
    assert data["advice"][0]["strategy"] == "press_for_reasoning"
    assert lesson_from_json(data).advice == (found,)


def test_early_files_without_the_newer_keys_are_read() -> None:
    data = lesson_to_json(FULL)
    del data["advice"][0]["strategy"]
    for key in NEWER:
        del data[key]
    del data["speech"][0]["corrected"]
    del data["stages"][0]["finished_at"], data["stages"][0]["reused"], data["metrics"][0]["moments"]
    back = lesson_from_json(data)
    assert back.languages == back.notices == ()
    assert back.corrections is None and back.speech == FULL.speech
    assert back.stages == (replace(FULL.stages[0], finished_at=None),)
