"""A lesson from a transcript alone: what text can tell is told, the rest is unknown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config import Config, ModelsConfig
from pipeline.lesson import Goal, Lesson
from pipeline.lesson_json import lesson_from_json, lesson_to_json
from pipeline.text_lesson import TextAnalyzer, with_roles
from tests.programs import run_program
from tests.text_samples import CSV, VTT


@pytest.fixture(scope="module")
def analyzer() -> TextAnalyzer:
    return TextAnalyzer(Config())


def analysed(analyzer: TextAnalyzer, folder: Path, name: str, content: str) -> Lesson:
    path = folder / name
    path.write_text(content, encoding="utf-8")
    return analyzer.analyze(path, progress=lambda done: None)


def test_text_without_times_has_questions_and_moves_but_no_times(analyzer: TextAnalyzer, tmp_path: Path) -> None:
    lesson = analysed(analyzer, tmp_path, "lesson.csv", CSV)
    data = lesson_to_json(lesson)
    assert data["recording"]["duration_s"] is None and data["speech"] == [] == data["waits"]
    assert {item["start_s"] for item in data["utterances"]} == {None}
    assert lesson.metric("question_count").value >= 2
    assert lesson.metric("teacher_share").value is None
    assert lesson.metric("move_pressing_for_reasoning_count").value >= 1
    assert any(item.uptake is not None for item in lesson.utterances)
    assert any("without times" in notice for notice in lesson.notices)
    assert lesson_from_json(json.loads(json.dumps(data))).utterances == lesson.utterances


def test_a_goal_reaches_the_feedback_of_a_transcript(tmp_path: Path) -> None:
    analyzer = TextAnalyzer(Config(), Goal("move_pressing_for_reasoning_count", at_least=1, words="ask why"))
    lesson = analysed(analyzer, tmp_path, "lesson.csv", CSV)
    assert any("Ask why: you are there" in item.text for item in lesson.advice if item.kind == "strength")


def test_captions_with_times_have_waits_and_shares(analyzer: TextAnalyzer, tmp_path: Path) -> None:
    lesson = analysed(analyzer, tmp_path, "lesson.vtt", VTT)
    assert lesson.recording.duration_s == pytest.approx(19.0)
    assert lesson.metric("teacher_share").value == pytest.approx(7 / 14.5)
    assert lesson.metric("wait_time_1_median_s").value == pytest.approx(1.75)
    assert {item.role for item in lesson.utterances} == {"teacher", "student"}


def test_a_lesson_in_two_languages_says_so(analyzer: TextAnalyzer, tmp_path: Path) -> None:
    lesson = analysed(
        analyzer,
        tmp_path,
        "lesson.csv",
        "speaker,role,text\nT,teacher,What do you think about the answer that she has for us?\n"
        "A,student,Yo creo que está muy bien porque tiene más que los otros\n",
    )
    assert {code for code, _ in lesson.languages} == {"en", "es"}
    assert any("Spanish" in notice and "not judged" in notice for notice in lesson.notices)
    assert lesson.utterances[1].student_move is None and lesson.utterances[1].move_confidence is None


def test_without_weights_rules_judge_and_say_so(tmp_path: Path) -> None:
    lesson = analysed(TextAnalyzer(Config(models=ModelsConfig(allow_noncommercial=False))), tmp_path, "lesson.csv", CSV)
    assert lesson.metric("question_count").value >= 2
    assert lesson.metric("move_revoicing_count").value is None
    assert any("rules" in notice for notice in lesson.notices)
    assert lesson.stages[0].backend == "rules"


def test_where_no_role_is_told_the_one_with_most_words_is_taken_for_the_teacher(
    analyzer: TextAnalyzer, tmp_path: Path
) -> None:
    content = "speaker,text\nX,Today we look at what a fraction is and why we need it.\nY,Okay.\nX,Who knows one?\n"
    lesson = analysed(analyzer, tmp_path, "lesson.csv", content)
    assert [item.role for item in lesson.utterances] == ["teacher", "student", "teacher"]
    assert any("taken for the teacher: X" in notice for notice in lesson.notices)
    assert with_roles(())[0] == ()


def test_the_command_writes_the_same_lesson_json(tmp_path: Path) -> None:
    source = tmp_path / "lesson.csv"
    source.write_text(CSV, encoding="utf-8")
    done = run_program(tmp_path / "library", "analyze", "--transcript", source, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    [written] = (tmp_path / "out").glob("lesson-*/lesson.json")
    assert json.loads(written.read_text(encoding="utf-8"))["schema"] == "lessonmirror/1"
    assert not (tmp_path / "library").exists()


@pytest.mark.parametrize("arguments", [("analyze",), ("analyze", "a.mp4", "--transcript", "b.csv")])
def test_recordings_and_transcripts_are_named_one_or_the_other(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    done = run_program(tmp_path / "library", *arguments)
    assert done.returncode == 2 and "--transcript" in done.stderr


def test_one_bad_transcript_does_not_stop_the_others(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.csv", tmp_path / "bad.csv"
    good.write_text(CSV, encoding="utf-8")
    bad.write_text("", encoding="utf-8")
    done = run_program(
        tmp_path / "library", "analyze", "--transcript", bad, "--transcript", good, "--out", tmp_path / "out"
    )
    assert done.returncode == 1 and len(list((tmp_path / "out").glob("good-*/lesson.json"))) == 1
