"""Runs the program as a user does: a process of its own, with a library and a cache that the test chooses."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from pipeline.resources import data_path
from tests.media_files import run_ffmpeg

SAMPLE = data_path("data", "samples", "lesson.mp4")
SOAK = bool(os.environ.get("LESSONMIRROR_SOAK"))  # the long runs; without it, a tenth of each
COMMAND = (sys.executable, "-m", "pipeline.cli")


def environment(library: Path, **more: str) -> dict[str, str]:
    """The test's own environment with another library; the cache of joined weights is shared, to save minutes."""
    return {**os.environ, "LESSONMIRROR_LIBRARY": str(library), "PYTHONUNBUFFERED": "1", **more}


def run_program(
    library: Path, *arguments: str | Path, timeout_s: float = 300, cwd: Path | None = None, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """``lessonmirror`` with these arguments, to its end. ``before`` is put in front (``unshare -n``, ``strace``)."""
    command = [*before, *COMMAND, *map(str, arguments)]
    return subprocess.run(
        command,
        env=environment(library),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
    )


def excerpt(path: Path, seconds: float = 40) -> Path:
    """The beginning of the sample lesson, picture and sound as they are: for tests that need a lesson, but no long one."""
    run_ffmpeg("-i", SAMPLE, "-t", str(seconds), "-c", "copy", path)
    return path
