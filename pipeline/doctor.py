"""What this machine has and lacks for Lesson Mirror, and how to mend it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pipeline import registry
from pipeline.config import Config, writer_elsewhere
from pipeline.errors import LessonMirrorError
from pipeline.machine import memory_bytes, usable_cores
from pipeline.resources import cache_folder, library_folder

MIN_FREE_BYTES = 5 * 1000**3  # a lesson of 45 minutes takes 1 to 2 GB with its copies
MIN_MEMORY_BYTES = 4 * 1000**3  # an analysis needs up to 2.5 GB beside the system


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; ``remedy`` says what to do where it is ``bad``."""

    text: str
    bad: bool = False
    remedy: str = ""


def examine(config: Config) -> tuple[Finding, ...]:
    """All checks, in order; none of them changes anything but an empty library folder that it makes."""
    checks: tuple[Callable[[Config], Finding], ...] = (
        _python,
        _package,
        _ffmpeg,
        _weights,
        _library,
        _disk,
        _memory,
        _device,
    )
    if config.writer.engine != "rules":
        checks = (*checks, _writer)
    return tuple(_safely(check, config) for check in checks)


def _safely(check: Callable[[Config], Finding], config: Config) -> Finding:
    try:
        return check(config)
    except LessonMirrorError as error:
        return Finding(error.message, bad=True, remedy=error.hint)


def _python(config: Config) -> Finding:
    return Finding("Python " + ".".join(str(part) for part in sys.version_info[:3]))


def _package(config: Config) -> Finding:
    import pipeline

    own = Path(__file__).resolve().parent
    found = Path(str(pipeline.__file__)).resolve().parent
    others = [
        entry
        for entry in sys.path
        if entry
        and (Path(entry) / "pipeline" / "__init__.py").is_file()
        and (Path(entry) / "pipeline").resolve() != own
    ]
    if found != own or others:
        where = others[0] if others else str(found)
        return Finding(
            f"Another package called 'pipeline' lies in {where}.",
            bad=True,
            remedy="Use a virtual environment of its own for Lesson Mirror.",
        )
    return Finding("The program's own package is the one that is found")


def _ffmpeg(config: Config) -> Finding:
    from pipeline.backends.ffmpeg_process import executable

    return Finding(f"ffmpeg: {executable(config.media)}")


def _weights(config: Config) -> Finding:
    from pipeline.backends.weights import check_model, list_models

    models = list_models()
    for model in models:
        check_model(model.name)
    return Finding(f"Models: {', '.join(model.name for model in models)}; all hashes are right")


def _library(config: Config) -> Finding:
    from pipeline.store.library import Library

    with Library.open(config.library) as library:
        count = len(library.lessons())
    return Finding(f"Library: {library_folder(config.library.folder)} ({count} lessons)")


def _disk(config: Config) -> Finding:
    folder = library_folder(config.library.folder)
    free = shutil.disk_usage(_existing(folder)).free
    text = f"{free / 1e9:.0f} GB free for the library"
    return Finding(
        text, bad=free < MIN_FREE_BYTES, remedy="Free some space, or put the library elsewhere with --library."
    )


def _existing(folder: Path) -> Path:
    return next(path for path in (folder, *folder.parents) if path.exists())


def _memory(config: Config) -> Finding:
    total = memory_bytes()
    if total is None:
        return Finding("Memory: not known on this system")
    text = f"{total / 1e9:.0f} GB of memory"
    return Finding(
        text, bad=total < MIN_MEMORY_BYTES, remedy="Use the model tiny.en, and analyse one lesson at a time."
    )


def _device(config: Config) -> Finding:
    device = registry.device(config.asr.device)
    return Finding(
        f"Runs on {'the GPU' if device == 'cuda' else f'{usable_cores()} CPU cores'}; weights are joined in {cache_folder()}"
    )


def _writer(config: Config) -> Finding:
    from pipeline.backends.writer_openai import OpenAiCompatibleWriter

    elsewhere, wanted = writer_elsewhere(config.writer), config.writer.model
    writer = OpenAiCompatibleWriter(config.writer)
    models = writer.models()
    if wanted and wanted not in models and f"{wanted}:latest" not in models:  # Ollama's full name of a model
        known = ", ".join(models[:10]) or "none"
        return Finding(f"The server that words the feedback has no model '{wanted}'.", True, f"It has: {known}.")
    where = (
        f"{elsewhere}, which is not this computer: what is said in lessons is sent there"
        if elsewhere
        else "this computer"
    )
    return Finding(f"Feedback is worded by {writer.name} on {where}")
