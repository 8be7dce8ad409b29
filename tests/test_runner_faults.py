"""A model that fails costs what it would have judged and nothing else, and the lesson says truly why that is missing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline import registry
from pipeline.config import Config, LibraryConfig, ModelsConfig
from pipeline.errors import ModelError
from pipeline.intake import take_in
from pipeline.lesson import Lesson
from pipeline.runner import Runner
from pipeline.stages.understand import BY_RULES
from pipeline.store.library import Library
from tests.programs import excerpt


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("faults")


def analysed(folder: Path, **sections: Any) -> Lesson:
    """The same 40 s again: what did not change is not done again."""
    recording = folder / "lesson.mp4"
    if not recording.exists():
        excerpt(recording)
    config = Config(library=LibraryConfig(folder=str(folder / "library")), **sections)
    with Library.open(config.library) as library:
        return Runner(library, config).analyze(take_in(library, recording, config))


def broken(*_: object) -> Any:
    raise ModelError("The weights are damaged.", hint="Install them again.")


def test_where_the_text_model_fails_the_numbers_stay_and_nobody_is_said_to_have_switched_it_off(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "discourse_model", broken)
    lesson = analysed(folder)
    assert any("could not be judged (The weights are damaged.)" in notice for notice in lesson.notices)
    assert BY_RULES not in lesson.notices
    assert lesson.metric("question_count").value is not None and lesson.metric("teacher_share").value is not None
    assert lesson.metric("move_revoicing_count").value is None


def test_where_the_weights_are_switched_off_the_lesson_says_so(folder: Path) -> None:
    lesson = analysed(folder, models=ModelsConfig(allow_noncommercial=False))
    assert BY_RULES in lesson.notices and "discourse" not in [record.stage for record in lesson.stages]


def test_where_nobody_can_be_told_apart_the_transcript_and_its_questions_stay(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "embedder", broken)
    lesson = analysed(folder)
    assert lesson.utterances and not lesson.speech
    assert any(item.question for item in lesson.utterances)
    assert any("Who spoke when could not be told" in notice for notice in lesson.notices)
    assert BY_RULES not in lesson.notices
