"""The command line: what it prints, what it leaves behind, and how it ends."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from tests.programs import COMMAND, SAMPLE, environment, run_program

EXPORTS = {"lesson.json", "transcript.vtt", "transcript.srt", "speech.rttm", "metrics.csv", "utterances.csv"}


@pytest.fixture(scope="module")
def analysed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """A library with the sample lesson, the folder of its exports, and what was printed."""
    folder = tmp_path_factory.mktemp("analysed")
    done = run_program(folder / "library", "analyze", SAMPLE, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    (result,) = (folder / "out").iterdir()
    return folder / "library", result, done.stdout


def test_analyze_writes_all_exports_into_a_folder_named_by_stem_and_hash(analysed: tuple[Path, Path, str]) -> None:
    _, result, _ = analysed
    assert re.fullmatch(r"lesson-[0-9a-f]{8}", result.name)
    assert {path.name for path in result.iterdir()} == EXPORTS


def test_the_lesson_holds_the_schema_and_what_it_was_made_with(analysed: tuple[Path, Path, str]) -> None:
    lesson = json.loads((analysed[1] / "lesson.json").read_text())
    assert lesson["schema"] == "lessonmirror/1"
    models = ("detect", "transcribe", "diarize", "discourse")
    assert [stage["stage"] for stage in lesson["stages"]] == ["audio", *models, "understand"]
    assert all(stage["model_sha256"] for stage in lesson["stages"] if stage["stage"] in models)
    assert {advice["kind"] for advice in lesson["advice"]} == {"strength", "try_next", "reflection"}
    assert all(advice["evidence"] for advice in lesson["advice"])


def test_the_sample_is_understood(analysed: tuple[Path, Path, str]) -> None:
    lesson = json.loads((analysed[1] / "lesson.json").read_text())
    truth = json.loads(SAMPLE.with_name("lesson.truth.json").read_text())
    metrics = {metric["name"]: metric["value"] for metric in lesson["metrics"]}
    assert abs(metrics["teacher_share"] - truth["teacher_share"]) < 0.08
    assert metrics["question_count"] >= 5
    assert metrics["wait_time_1_median_s"] is not None


def test_the_numbers_are_printed(analysed: tuple[Path, Path, str]) -> None:
    assert "Teacher's share of the talk" in analysed[2]
    assert "Wait after a question (median)" in analysed[2]


def test_a_second_run_reuses_every_stage(analysed: tuple[Path, Path, str], tmp_path: Path) -> None:
    done = run_program(analysed[0], "analyze", SAMPLE, "--out", tmp_path)
    assert done.returncode == 0, done.stderr
    assert "in the library already" in done.stdout
    (result,) = tmp_path.iterdir()
    stages = json.loads((result / "lesson.json").read_text())["stages"]
    assert [stage["stage"] for stage in stages if not stage["reused"]] == ["understand"]


def test_a_goal_for_a_lesson_that_is_known_holds_from_then_on(analysed: tuple[Path, Path, str], tmp_path: Path) -> None:
    goal = "wait_time_1_median_s >= 20: wait much longer"
    for given in (("--goal", goal), ()):
        done = run_program(analysed[0], "analyze", SAMPLE, "--out", tmp_path, *given)
        assert done.returncode == 0, done.stderr
        (result,) = tmp_path.iterdir()
        advice = json.loads((result / "lesson.json").read_text())["advice"]
        assert any("wait much longer" in item["text"].lower() for item in advice if item["kind"] == "try_next")


def test_a_correction_changes_the_numbers_stays_and_can_be_undone(
    analysed: tuple[Path, Path, str], tmp_path: Path
) -> None:
    library, result, _ = analysed
    lesson = json.loads((result / "lesson.json").read_text())
    name, share = lesson["recording"]["sha256"][:12], _teacher_share(lesson)
    voice = next(item["speaker"] for item in lesson["speech"] if item["role"] == "student")
    listed = run_program(library, "correct", name)
    assert listed.returncode == 0 and voice in listed.stdout, listed.stderr
    done = run_program(library, "correct", name, "--voice", voice, "--role", "teacher")
    assert done.returncode == 0 and "Teacher's share" in done.stdout, done.stderr
    again = run_program(library, "analyze", SAMPLE, "--out", tmp_path)
    assert again.returncode == 0, again.stderr
    changed = json.loads(next(tmp_path.glob("*/lesson.json")).read_text())
    assert _teacher_share(changed) > share + 0.01
    assert changed["corrections"]["role_changed_s"] > 0
    assert "Corrected" in run_program(library, "correct", name).stdout
    undone = run_program(library, "correct", name, "--undo")
    assert undone.returncode == 0, undone.stderr
    run_program(library, "export", name, "--out", tmp_path)
    assert _teacher_share(json.loads(next(tmp_path.glob("*/lesson.json")).read_text())) == share


def _teacher_share(lesson: dict[str, Any]) -> float:
    return next(float(metric["value"]) for metric in lesson["metrics"] if metric["name"] == "teacher_share")


def test_a_correction_that_makes_no_sense_gets_a_sentence(analysed: tuple[Path, Path, str]) -> None:
    name = json.loads((analysed[1] / "lesson.json").read_text())["recording"]["sha256"][:12]
    done = run_program(analysed[0], "correct", name, "--span", "9-7", "--role", "teacher")
    assert done.returncode == 2 and "ends before it begins" in done.stderr
    done = run_program(analysed[0], "correct", name, "--voice", "S99", "--role", "teacher")
    assert done.returncode == 2 and "S99" in done.stderr and "Traceback" not in done.stderr


def test_export_lessons_and_delete_find_the_lesson_by_the_beginning_of_its_id(
    analysed: tuple[Path, Path, str], tmp_path: Path
) -> None:
    library = analysed[0]
    listed = run_program(library, "lessons").stdout
    name = next(word for word in listed.split() if word not in ("Id", "Title", "Held", "on", "Length", "State"))
    assert run_program(library, "export", name[:6], "--out", tmp_path).returncode == 0
    assert {path.name for path in next(tmp_path.iterdir()).iterdir()} == EXPORTS
    refused = run_program(library, "delete", name)
    assert refused.returncode == 2 and "Nothing was deleted" in refused.stderr
    assert (
        "The recording (" in refused.stdout and "analysis with its transcript" in refused.stdout
    )  # the plan was shown
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", library, copy], check=True)
    assert run_program(copy, "delete", name, "--yes").returncode == 0
    assert "No lessons" in run_program(copy, "lessons").stdout
    assert not [path for path in (copy / "media").rglob("*") if path.is_file()]


def test_help_answers_quickly_and_imports_nothing_heavy() -> None:
    """0.3 s is the promise on an idle machine; what costs time is imports, which can be counted on a busy one."""
    code = (
        "import sys, contextlib, io\nfrom pipeline import cli\nsys.argv = ['lessonmirror', '--help']\n"
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): cli.main()\n"
        "heavy = {'torch', 'numpy', 'pandas', 'streamlit', 'sqlalchemy', 'av', 'cv2', 'rich', 'whisper', 'ctranslate2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
    fastest = min(_seconds_of([*COMMAND, "--help"]) for _ in range(5))
    bare = min(_seconds_of([sys.executable, "-c", "pass"]) for _ in range(5))
    assert fastest < 12 * bare  # python itself takes some 20 ms; a ratio holds on slow machines too


def _seconds_of(command: list[str]) -> float:
    began = time.perf_counter()
    subprocess.run(command, capture_output=True, check=True)
    return time.perf_counter() - began


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["analyse"], "No such command"),
        (["analyze"], "Nothing says what to analyse"),
        (["analyze", "--engine", "fast-whisper", "x.mp4"], "did you mean 'faster-whisper'?"),
        (["analyze", "--language", "klingon", "x.mp4"], "[asr] language cannot be 'klingon'; known are: auto, af,"),
        (["analyze", "--language", "de", "--model", "tiny.en", "x.mp4"], "knows only English"),
        (["analyze", "--date", "yesterday", "x.mp4"], "has to be a date"),
        (["--config", "missing.toml", "analyze", "x.mp4"], "cannot be read"),
        (["serve", "--port", "70000"], "65535"),
        (["demo", "--port", "99999", "--serve"], "65535"),
    ],
)
def test_wrong_usage_ends_with_2_and_says_what_is_wrong(arguments: list[str], sentence: str, tmp_path: Path) -> None:
    done = run_program(tmp_path / "library", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert sentence in " ".join(done.stderr.replace("│", " ").split())
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "library").exists()  # no work was begun


def test_doctor_finds_this_machine_fit_and_names_the_library(tmp_path: Path) -> None:
    done = run_program(tmp_path / "library", "doctor")
    assert "all hashes are right" in done.stdout
    assert str(tmp_path / "library") in done.stdout
    assert done.returncode == 0, done.stdout


def test_doctor_notices_a_foreign_package_of_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "pipeline").mkdir()
    (tmp_path / "pipeline" / "__init__.py").touch()
    env = environment(tmp_path / "library", PYTHONPATH=str(tmp_path))
    code = (
        "import sys; sys.path.append(sys.path.pop(1)); sys.argv = ['lessonmirror', 'doctor']\n"
        "from pipeline.cli import main; main()"
    )
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.returncode == 1 and str(tmp_path) in done.stdout


def test_the_library_named_in_the_call_goes_before_the_variable(tmp_path: Path) -> None:
    done = run_program(tmp_path / "variable", "--library", tmp_path / "call", "lessons")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "call" / "library.db").is_file()
    assert not (tmp_path / "variable").exists()


def test_models_lists_licence_and_state_of_every_model(tmp_path: Path) -> None:
    done = run_program(tmp_path / "library", "models")
    assert done.returncode == 0
    for name in ("base", "tiny.en", "segmentation-3.0", "campplus-zh-en"):
        assert name in done.stdout
