"""The options that stand before a command, and what every command opens with them."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.store.library import Library


class Settings:
    """The options that stand before the command."""

    config_file: Path | None = None
    library: Path | None = None
    debug = False
    interrupted = False


def own_command(*arguments: str) -> list[str]:
    """What starts another process of this program, with the options that stand before the command."""
    before: list[str] = []
    if Settings.config_file:
        before += ["--config", str(Settings.config_file)]
    if Settings.library:
        before += ["--library", str(Settings.library)]
    return [sys.executable, "-m", "pipeline.cli", *before, *arguments]


def read_config(**asr: str | None) -> Config:
    from pipeline.config import load_config

    overrides: dict[str, dict[str, Any]] = {"asr": {key: value for key, value in asr.items() if value}}
    if Settings.library:
        overrides["library"] = {"folder": str(Settings.library)}
    return load_config(Settings.config_file, overrides)


def open_library(config: Config) -> Library:
    from pipeline.store.library import Library

    return Library.open(config.library)


def check_folder(out: Path | None) -> None:
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file, not a folder.", hint="Name a folder; it is made if it is missing.")
