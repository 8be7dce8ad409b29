"""Files that are whole or not there: private folders, atomic writing, locks, and what a full disk means."""

from __future__ import annotations

import errno
import os
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DiskFullError, StoreError, disk_full

if sys.platform != "win32":
    import fcntl

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)


def disk_full_error(path: Path | str) -> DiskFullError:
    """The error for a disk, on which ``path`` (or the database of that address) lies, that has no room left."""
    folder = path.parent if isinstance(path, Path) and not path.is_dir() else path
    hint = "Free some space there, or keep the library on a larger disk ([library] folder), and start again."
    return disk_full(folder, hint=hint)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turns what the operating system says about writing ``path`` into DiskFullError or StoreError."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise disk_full_error(path) from error
        if error.errno in _FORBIDDEN:
            hint = "Choose a folder that this account may write to, or change its permissions."
        else:
            hint = "Check this path and the disk it lies on."
        raise StoreError(f"{path} cannot be written: {error.strerror or error}.", hint=hint) from error


def make_private_folder(folder: Path) -> None:
    """Makes the folder and its parents; a new folder is closed to other accounts, an existing one stays as it is."""
    try:
        with disk_errors(folder):
            folder.parent.mkdir(parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
    except ValueError as error:  # a NUL character
        raise StoreError(f"{str(folder)!r} cannot be the name of a folder.", hint="Choose another folder.") from error


def atomic_write(path: Path, data: bytes) -> None:
    """Writes the file whole or not at all, durably: a crash leaves the old file or the new one.

    The folder has to exist. Raises DiskFullError, or StoreError where writing is not allowed.
    """
    temporary = path.with_name(f".{secrets.token_hex(8)}.part")
    with disk_errors(path):
        try:
            with os.fdopen(os.open(temporary, _NEW, 0o666), "wb") as stream:
                stream.write(data)
                sync_file(stream)
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def sync_file(stream: BinaryIO) -> None:
    """Waits until what was written lies on the disk."""
    stream.flush()
    os.fsync(stream.fileno())


def sync_folder(folder: Path) -> None:
    """Waits until the names in the folder lie on the disk. Windows has no such call and needs none."""
    if sys.platform == "win32":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Keeps other processes and threads that lock the same folder out. Without effect on Windows."""
    if sys.platform == "win32":
        yield
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)  # unlocks


@contextmanager
def scratch_file(folder: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new private file, opened for reading and writing; gone at the end unless it was moved away.

    While it is open it is locked, so that :func:`sweep_scratch` knows the files of the living from those of the dead.
    """
    while True:
        path = folder / secrets.token_hex(8)
        with os.fdopen(os.open(path, _NEW, 0o600), "w+b") as stream:
            if not (try_lock(stream) and path.exists()):  # somebody swept it between opening and locking
                path.unlink(missing_ok=True)
                continue
            try:
                yield path, stream
            finally:
                path.unlink(missing_ok=True)
            return


def sweep_scratch(folder: Path) -> None:
    """Removes what processes that are no more left in the folder. What cannot be removed stays for the next time."""
    import shutil

    for path in tuple(folder.iterdir()):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
            continue
        with suppress(OSError), path.open("rb") as stream:
            if try_lock(stream):
                path.unlink()


def try_lock(stream: BinaryIO) -> bool:
    """Locks an open file until it is closed; False where somebody else holds it."""
    if sys.platform == "win32":
        return True  # an open file cannot be removed there anyway
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
