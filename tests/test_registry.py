from __future__ import annotations

import importlib
import tomllib

import pytest

from pipeline.config import CHOICES, load_config
from pipeline.errors import ConfigError, ModelError
from pipeline.registry import BACKENDS, backend, device, speech_detector
from pipeline.resources import data_path

MODELS = tomllib.loads(data_path("models", "registry.toml").read_text())["model"]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model["name"])
def test_every_model_has_a_card_that_names_its_licence_and_its_weaknesses(model: dict[str, str]) -> None:
    card = data_path("models", "cards", model["card"]).read_text()
    assert model["licence"] in card
    assert "Known weaknesses" in card and "Source" in card


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, known in BACKENDS.items() for name in known])
def test_every_name_leads_to_a_class(kind: str, name: str) -> None:
    assert isinstance(backend(kind, name), type)


def test_the_settings_offer_the_engines_that_there_are() -> None:
    assert set(CHOICES["asr", "engine"]) == set(BACKENDS["transcriber"])
    assert set(CHOICES["diarization", "engine"]) == set(BACKENDS["embedder"])
    assert set(CHOICES["writer", "engine"]) == {"rules", *BACKENDS["feedback_writer"]}


def test_an_unknown_name_is_refused_with_a_suggestion() -> None:
    with pytest.raises(ConfigError, match="no transcriber called 'faster-wisper'") as caught:
        backend("transcriber", "faster-wisper")
    assert "faster-whisper" in caught.value.hint


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name="ctranslate2")

    monkeypatch.setattr(importlib, "import_module", missing)
    with pytest.raises(ModelError, match="needs the package ctranslate2"):
        backend("transcriber", "faster-whisper")


def test_the_cpu_is_always_there_and_a_missing_gpu_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert device("cpu") == device("auto") == "cpu"
    with pytest.raises(ModelError, match="GPU"):
        device("cuda")


def test_the_detector_carries_the_hash_of_its_weights() -> None:
    assert len(speech_detector(load_config()).model_sha256) == 64
