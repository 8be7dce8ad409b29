"""Reading a recording for the library: hash while copying, in pieces, by reference where the file system can."""

from __future__ import annotations

import hashlib
import os
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import MediaError
from pipeline.ports import Progress
from pipeline.store.files import disk_errors, disk_full_error, scratch_file, sync_file, try_lock

PIECE_BYTES = 4 * 2**20  # large enough for full speed of disk and hash, small enough for a progress bar
_FICLONE = 0x40049409  # Linux: let a new file share the blocks of another (btrfs, XFS)


@contextmanager
def opened(source: Path) -> Iterator[BinaryIO]:
    """The source, open for reading. Raises MediaError for a folder, a device, or what cannot be read."""
    try:
        mode = source.stat().st_mode
        stream = source.open("rb") if stat.S_ISREG(mode) else None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        hint = "Check the path and its permissions."
        raise MediaError(f"{source.name!r} cannot be read: {reason}.", hint=hint) from error
    if stream is None:
        raise MediaError(f"{source.name!r} is not a file.", hint="Give the recording itself.")
    with stream:
        yield stream


def size_of(stream: BinaryIO) -> int:
    """Size of an open file in bytes."""
    return os.fstat(stream.fileno()).st_size


@contextmanager
def brought(
    stream: BinaryIO, source: Path, folder: Path, *, move: bool, progress: Progress
) -> Iterator[tuple[Path, str]]:
    """The content of the open source under a new name in ``folder``, with its SHA-256; that name is gone at the end.

    With ``move`` it is the source itself where both lie on one file system, else a copy. Raises MediaError where the
    source cannot be read or changes meanwhile, DiskFullError before the disk is filled to its brim.
    """
    link = _link(source, folder) if move else None
    if link is None:
        with _copied(stream, source, folder, progress) as found:
            yield found
        return
    try:
        try_lock(stream)  # see scratch_file: the link is in use
        yield link, _digest(stream, source, progress)
    finally:
        link.unlink(missing_ok=True)


def begins_with(whole: Path, part: Path) -> bool:
    """Whether ``part`` holds the first bytes of ``whole``, and at least one."""
    try:
        with whole.open("rb") as left, part.open("rb") as right:
            if not 0 < size_of(right) <= size_of(left):
                return False
            while piece := right.read(PIECE_BYTES):
                if left.read(len(piece)) != piece:
                    return False
    except FileNotFoundError:
        return False
    return True


def _link(source: Path, folder: Path) -> Path | None:
    link = folder / secrets.token_hex(8)
    try:
        if not source.is_symlink():
            os.link(source, link)
            return link
    except OSError:  # another file system, or one without links
        return None
    return None


def _digest(stream: BinaryIO, source: Path, progress: Progress) -> str:
    hasher = hashlib.sha256()
    for piece in _pieces(stream, source, progress):
        hasher.update(piece)
    os.fsync(stream.fileno())
    return hasher.hexdigest()


@contextmanager
def _copied(stream: BinaryIO, source: Path, folder: Path, progress: Progress) -> Iterator[tuple[Path, str]]:
    with disk_errors(folder.parent), scratch_file(folder) as (path, copy):
        if _share_blocks(stream, copy):
            yield path, _digest(copy, source, progress)
            return
        if shutil.disk_usage(folder).free < size_of(stream):
            raise disk_full_error(folder.parent)
        hasher = hashlib.sha256()
        for piece in _pieces(stream, source, progress):
            hasher.update(piece)
            copy.write(piece)
        sync_file(copy)
        yield path, hasher.hexdigest()


def _pieces(stream: BinaryIO, source: Path, progress: Progress) -> Iterator[bytes]:
    before = os.fstat(stream.fileno())
    done = 0
    while done <= before.st_size and (piece := _read(stream, source)):  # a growing file would have no end
        yield piece
        done += len(piece)
        progress(min(1.0, done / max(1, before.st_size)))
    after = os.fstat(stream.fileno())
    if done != before.st_size or before.st_mtime_ns != after.st_mtime_ns:
        raise MediaError(f"{source.name!r} changed while it was read.", hint="Wait until it is whole, then try again.")


def _read(stream: BinaryIO, source: Path) -> bytes:
    try:
        return stream.read(PIECE_BYTES)
    except OSError as error:
        reason = error.strerror or str(error)
        raise MediaError(f"{source.name!r} cannot be read to its end: {reason}.", hint="Copy it again.") from error


def _share_blocks(stream: BinaryIO, copy: BinaryIO) -> bool:
    if sys.platform != "linux":
        return False
    import fcntl

    try:
        fcntl.ioctl(copy.fileno(), _FICLONE, stream.fileno())
    except OSError:
        return False
    return True
