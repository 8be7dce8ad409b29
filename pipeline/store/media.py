"""Media files by the hash of their content: ``<library>/media/<first two digits>/<sha256>/``.

A lesson's folder holds the untouched original and what is made from it: ``audio.wav`` for analysis, ``proxy.mp4`` or
``proxy.m4a`` for the browser, ``poster.jpg`` and ``thumbs/<milliseconds>.jpg``. Only :meth:`MediaStore.take_in` makes
that folder, so that work which goes on after a lesson was deleted cannot bring it back.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import NotFoundError
from pipeline.ports import Progress
from pipeline.store import intake
from pipeline.store.files import disk_errors, locked, make_private_folder, sweep_scratch, sync_folder
from pipeline.store.rows import PlannedFile

_SHA256 = re.compile(r"[0-9a-f]{64}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_THUMBNAIL = re.compile(r"\d{9}")


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A picture of the lesson at a moment of its clock."""

    at_s: float
    path: Path


@dataclass(frozen=True, slots=True)
class TakenIn:
    """A recording that lies in the media folder now, or did already."""

    sha256: str
    path: Path
    size_bytes: int
    already_known: bool


class MediaStore:
    """The media files of the library in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.uploads = folder / "uploads"
        self._media = folder / "media"
        self._scratch = folder / "scratch"

    def prepare(self) -> None:
        """Makes the folders, closed to other accounts. Raises StoreError or DiskFullError."""
        for folder in (self._media, self.uploads, self._scratch):
            make_private_folder(folder)

    def folder_of(self, sha256: str) -> Path:
        """Where the files of that content lie. Raises NotFoundError for what is no hash, such as ``../..``."""
        if not _SHA256.fullmatch(sha256):
            raise NotFoundError(f"{sha256[:80]!r} is not the SHA-256 of a recording.", hint="Check the address.")
        return self._media / sha256[:2] / sha256

    def original(self, sha256: str) -> Path | None:
        """The recording as it came in."""
        with suppress(FileNotFoundError):  # somebody else deletes the lesson right now
            return next(iter(sorted(self.folder_of(sha256).glob("original*"))), None)
        return None

    def audio(self, sha256: str) -> Path:
        """Where the 16 kHz mono audio lies, or will lie."""
        return self.folder_of(sha256) / "audio.wav"

    def proxy(self, sha256: str) -> Path | None:
        """The version that browsers play."""
        paths = (self.folder_of(sha256) / name for name in ("proxy.mp4", "proxy.m4a"))
        return next((path for path in paths if path.is_file()), None)

    def poster(self, sha256: str) -> Path | None:
        """One picture that stands for the lesson."""
        path = self.folder_of(sha256) / "poster.jpg"
        return path if path.is_file() else None

    def thumbnails(self, sha256: str) -> tuple[Thumbnail, ...]:
        """Pictures in order of time."""
        paths = sorted((self.folder_of(sha256) / "thumbs").glob("*.jpg"))
        return tuple(Thumbnail(int(path.stem) / 1000, path) for path in paths if _THUMBNAIL.fullmatch(path.stem))

    def take_in(self, source: Path, *, move: bool = False, progress: Progress | None = None) -> TakenIn:
        """Brings a recording into the library, or finds that its content is here already.

        ``move`` gives the source up: it is renamed where both lie on one file system. Raises MediaError for a source
        that cannot be read, DiskFullError without room; whatever happens, nothing half-written stays.
        """
        self.prepare()
        report = progress or (lambda share: None)
        with intake.opened(source) as stream:
            size_bytes = intake.size_of(stream)
            with intake.brought(stream, source, self._scratch, move=move, progress=report) as (path, sha256):
                path, known = self._place(path, sha256, source.suffix, size_bytes)
        if move:
            source.unlink(missing_ok=True)
        return TakenIn(sha256, path, size_bytes, known)

    def files_of(self, sha256: str, lesson_id: str) -> tuple[PlannedFile, ...]:
        """The files of a lesson: its folder's, notes of uploads that became it, unfinished uploads of its content."""
        inside = [Path(folder, name) for folder, _, names in os.walk(self.folder_of(sha256)) for name in names]
        paths = [*sorted(inside), *self._uploads_of(sha256, lesson_id)]
        return tuple(PlannedFile(path, size) for path in paths if (size := _size_bytes(path)) is not None)

    def remove(self, sha256: str) -> None:
        """Removes the folder of that content. Raises StoreError for a file that cannot be removed."""
        grave = self.bury(sha256)
        if grave:
            with disk_errors(grave):
                shutil.rmtree(grave)

    def bury(self, sha256: str) -> Path | None:
        """Moves the folder of that content, at once, to where :meth:`sweep` removes it; None where there is none."""
        folder = self.folder_of(sha256)
        if not folder.exists():
            return None
        make_private_folder(self._scratch)
        grave = self._scratch / secrets.token_hex(8)
        with disk_errors(folder), locked(folder.parent):
            folder.rename(grave)
            sync_folder(folder.parent)
        return grave

    def remove_uploads(self, sha256: str, lesson_id: str) -> None:
        """Removes what :meth:`files_of` finds among the uploads."""
        with disk_errors(self.uploads):
            for path in tuple(self._uploads_of(sha256, lesson_id)):
                path.unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what interrupted processes left behind."""
        sweep_scratch(self._scratch)

    def _place(self, temporary: Path, sha256: str, suffix: str, size_bytes: int) -> tuple[Path, bool]:
        folder = self.folder_of(sha256)
        make_private_folder(folder.parent)
        with disk_errors(folder), locked(folder.parent):
            known = self.original(sha256)
            if known and known.stat().st_size == size_bytes:
                return known, True
            make_private_folder(folder)
            suffix = suffix.lower()
            target = folder / f"original{suffix if _SUFFIX.fullmatch(suffix) else ''}"
            temporary.replace(target)
            target.chmod(0o600)
            if known and known != target:
                known.unlink()  # it was cut short by something else than this program
            sync_folder(folder)
            sync_folder(folder.parent)
        return target, False

    def _uploads_of(self, sha256: str, lesson_id: str) -> Iterator[Path]:
        original = self.original(sha256)
        for part in sorted(self.uploads.glob("*.part")):
            if original and intake.begins_with(original, part):
                yield part
                yield from self.uploads.glob(f"{part.stem}.json")
        for note in sorted(self.uploads.glob("*.json")):
            if lesson_id and _lesson_of(note) == lesson_id:
                yield note


def _size_bytes(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # a temporary name of work that goes on
        return None


def _lesson_of(note: Path) -> object:
    try:
        data = json.loads(note.read_bytes())
    except (OSError, ValueError):
        return None
    return data.get("lesson_id") if isinstance(data, dict) else None
