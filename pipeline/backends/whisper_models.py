"""Which files a Whisper engine loads for a name: packaged weights, a folder or file of the user, or a hub model.

Only the hub touches a network, and only where its own cache does not hold the model yet.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from pipeline.backends.weights import ModelFiles, packaged_models, resolve_model
from pipeline.backends.weights_cache import models_folder, sha256_of
from pipeline.backends.whisper_convert import openai_folder, transformers_folder
from pipeline.config import suggestion
from pipeline.errors import ModelError

Form = Literal["ctranslate2", "openai", "transformers"]

ENGINES: dict[Form, str] = {"ctranslate2": "faster-whisper", "openai": "openai-whisper", "transformers": "transformers"}
WEIGHTS_NAMES: dict[Form, tuple[str, ...]] = {
    "ctranslate2": ("model.bin",),
    "openai": ("model.pt",),
    "transformers": ("model.safetensors",),
}
# Sizes that OpenAI published, and who publishes their 16-bit CTranslate2 form, which serves every engine.
HUB_SIZES = {
    size: f"Systran/faster-whisper-{size}"
    for size in ("tiny", "base.en", "small", "small.en", "medium", "medium.en", "large-v1", "large-v2", "large-v3")
}
_CONVERTERS: dict[Form, Callable[[ModelFiles], Path]] = {"openai": openai_folder, "transformers": transformers_folder}


def find_model(name: str, form: Form) -> ModelFiles:
    """The files of a model in the form that an engine reads; ``folder`` may also be a single ``.pt`` file.

    ``name``: a packaged model, a path, a size of Whisper, or ``owner/name`` on the hub. CTranslate2 weights are converted
    once where the engine wants another form; the SHA-256 stays that of the weights as they came. Raises ModelError where
    nothing of that name can be had, or its form does not fit the engine.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    if name in packaged_models("asr"):
        return _fitting(resolve_model(name), "ctranslate2", form)
    path = Path(name).expanduser()
    if path.exists():
        return _local(path.resolve(), form)
    if name in HUB_SIZES:
        return _fitting(_fetched(name, HUB_SIZES[name], "ctranslate2"), "ctranslate2", form)
    if name.count("/") == 1 and not name.startswith((".", "/", "~")):
        fetched: Form = "transformers" if form == "transformers" else "ctranslate2"
        return _fitting(_fetched(name, name, fetched), fetched, form)
    known = (*packaged_models("asr"), *HUB_SIZES)
    raise ModelError(f"There is no model '{name}', and no such folder;", hint=suggestion(name, known))


def _fitting(files: ModelFiles, given: Form, wanted: Form) -> ModelFiles:
    if given == wanted:
        return files
    if given != "ctranslate2":
        raise ModelError(
            f"{files.folder} holds weights for {ENGINES[given]}, not for {ENGINES[wanted]}.",
            hint=f"Choose --engine {ENGINES[given]}, or another model.",
        )
    return ModelFiles(files.name, _CONVERTERS[wanted](files), files.sha256)


def _local(path: Path, wanted: Form) -> ModelFiles:
    if path.is_file():
        if path.suffix != ".pt":
            raise ModelError(f"{path} is no model.", hint="Give a folder, or a .pt file of openai-whisper.")
        return _fitting(ModelFiles(path.stem, path, _remembered_sha256(path)), "openai", wanted)
    for form, names in WEIGHTS_NAMES.items():
        for name in names:
            if (path / name).is_file():
                files = ModelFiles(path.name, path, _remembered_sha256(path / name))
                if form == "ctranslate2" and not (path / "tokenizer.json").is_file():
                    raise ModelError(
                        f"{path} lacks tokenizer.json.", hint="Copy it there from the model it was made from."
                    )
                return _fitting(files, form, wanted)
    wanted_files = ", ".join(name for names in WEIGHTS_NAMES.values() for name in names)
    raise ModelError(f"{path} holds no model.", hint=f"A model folder contains one of {wanted_files}.")


def _fetched(name: str, repository: str, form: Form) -> ModelFiles:
    """A model of the hub: from the hub's cache on this machine, else over the network."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    (weights,) = WEIGHTS_NAMES[form]
    wanted = [weights, "*.json", "vocabulary.*"]
    try:
        try:
            folder = snapshot_download(repository, allow_patterns=wanted, local_files_only=True)
        except LocalEntryNotFoundError:
            folder = snapshot_download(repository, allow_patterns=wanted)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
        raise ModelError(
            f"The model '{name}' is not on this machine and cannot be fetched from the Hugging Face hub.",
            hint=f"Connect to a network and try again, or use a packaged model: {', '.join(packaged_models('asr'))}.",
        ) from error
    path = Path(folder, weights)
    if not path.is_file():
        raise ModelError(f"The hub's '{repository}' has no {weights}.", hint=f"It is not made for {ENGINES[form]}.")
    return ModelFiles(name.replace("/", "--"), path.parent, _remembered_sha256(path))


def _remembered_sha256(path: Path) -> str:
    """The SHA-256 of a weights file, which may have gigabytes: computed again only where its size or time changed."""
    status = path.stat()
    memory = models_folder() / "hashes.json"
    key = f"{path}:{status.st_size}:{status.st_mtime_ns}"
    try:
        known = json.loads(memory.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        known = {}
    if key not in known:
        known[key] = sha256_of(path)
        memory.parent.mkdir(parents=True, exist_ok=True)
        fresh = memory.with_suffix(f".{os.getpid()}")
        fresh.write_text(json.dumps(known), encoding="utf-8")
        fresh.replace(memory)
    return str(known[key])
