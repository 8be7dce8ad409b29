"""From the names in the settings to backends, imported when they are used.

There is never a silent change to another backend: an unknown name is a ConfigError that suggests, a missing package a ModelError
that says what to install.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from pipeline.config import Config, suggestion
from pipeline.errors import ConfigError, ModelError
from pipeline.ports import (
    DiscourseModel,
    Embedder,
    FeedbackWriter,
    MediaReader,
    SpeechDetector,
    Transcriber,
    VoiceSpace,
)
from pipeline.resources import data_path

if TYPE_CHECKING:
    from types import ModuleType

# kind -> name -> module and class. A new backend is one line here and one file in pipeline/backends/.
BACKENDS: Mapping[str, Mapping[str, str]] = {
    "transcriber": {
        "faster-whisper": "pipeline.backends.asr_faster_whisper:FasterWhisper",
        "openai-whisper": "pipeline.backends.asr_openai_whisper:OpenaiWhisper",
        "transformers": "pipeline.backends.asr_transformers:TransformersWhisper",
    },
    "speech_detector": {"segmentation-3.0": "pipeline.backends.segmentation_pyannote:PyannoteSegmentation"},
    "embedder": {"campplus": "pipeline.backends.speakers_campplus:CamPlusPlus"},
    "voice_space": {"linear": "pipeline.backends.voice_space:LinearVoiceSpace"},
    "discourse": {"minilm": "pipeline.backends.discourse_minilm:MiniLmDiscourse"},
    "feedback_writer": {"openai-compatible": "pipeline.backends.writer_openai:OpenAiCompatibleWriter"},
    "media_reader": {"ffmpeg": "pipeline.backends.media_ffmpeg:FfmpegMediaReader"},
}
DETECTOR = "segmentation-3.0"
EMBEDDER_WEIGHTS = {"campplus": "campplus-zh-en"}
DISCOURSE_WEIGHTS = {"minilm": "discourse"}


def backend(kind: str, name: str) -> Any:
    """The class of a backend. Raises ConfigError for an unknown name, ModelError where its package is missing."""
    known = BACKENDS[kind]
    if name not in known:
        raise ConfigError(f"There is no {kind.replace('_', ' ')} called '{name}';", hint=suggestion(name, tuple(known)))
    module, _, attribute = known[name].partition(":")
    return getattr(_imported(module, name), attribute)


def _imported(module: str, name: str) -> ModuleType:
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        raise ModelError(f"'{name}' needs the package {error.name}.", hint=f"pip install {error.name}") from error


def transcriber(config: Config) -> Transcriber:
    """The engine that ``[asr]`` names."""
    return cast("Transcriber", backend("transcriber", config.asr.engine)(config.asr))


def speech_detector(config: Config) -> SpeechDetector:
    """The model that finds speech."""
    from pipeline.backends.weights import resolve_file

    path, sha256 = resolve_file(DETECTOR)
    return cast("SpeechDetector", backend("speech_detector", DETECTOR)(path, sha256, device=device(config.asr.device)))


def embedder(config: Config) -> Embedder:
    """The model that ``[diarization]`` names."""
    from pipeline.backends.weights import resolve_file

    path, sha256 = resolve_file(EMBEDDER_WEIGHTS[config.diarization.engine])
    return cast(
        "Embedder", backend("embedder", config.diarization.engine)(path, sha256, device=device(config.asr.device))
    )


def voice_space() -> VoiceSpace:
    """What compares voices and hears a child's from an adult's."""
    return cast("VoiceSpace", backend("voice_space", "linear")(data_path("models", "voice_space.npz")))


def discourse_model(config: Config) -> DiscourseModel | None:
    """What judges questions, talk moves and uptake; None where rules are to do it, by choice or for their licence."""
    engine = config.discourse.engine
    if engine == "rules" or not config.models.allow_noncommercial:
        return None
    from pipeline.backends.weights import resolve_model

    files = resolve_model(DISCOURSE_WEIGHTS[engine])
    return cast("DiscourseModel", backend("discourse", engine)(files.folder, files.sha256))


def feedback_writer(config: Config) -> FeedbackWriter | None:
    """What words the advice anew; None where the rules' own words stay, which is the default."""
    engine = config.writer.engine
    return None if engine == "rules" else cast("FeedbackWriter", backend("feedback_writer", engine)(config.writer))


def media_reader(config: Config) -> MediaReader:
    """What opens recordings."""
    return cast("MediaReader", backend("media_reader", "ffmpeg")(config.media))


def device(wished: str) -> str:
    """``cpu`` or ``cuda`` for ``auto``, ``cpu`` or ``cuda``. Raises ModelError where CUDA is wished for and missing."""
    import torch

    there = torch.cuda.is_available()
    if wished == "cuda" and not there:
        raise ModelError(
            "No NVIDIA GPU can be used here.",
            hint="Choose --device cpu, or install a driver and a CUDA build of PyTorch.",
        )
    return "cuda" if wished in ("auto", "cuda") and there else "cpu"
