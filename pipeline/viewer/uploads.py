"""Uploads that survive an interruption: bytes go straight into a ``.part`` file, whose size says how far it is.

Beside ``<id>.part`` lies ``<id>.json`` with what the browser said about the file. Once the lesson is taken in, the part
is gone and the note keeps the lesson's id, so that a browser which missed the answer can ask again.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import re
import secrets
import shutil
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from glob import escape as glob_escape
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import DiskFullError, NotFoundError, StoreError, UsageError
from pipeline.lesson import LessonDetails
from pipeline.lesson_json import details_to_json
from pipeline.store.files import atomic_write
from pipeline.viewer.details import details_from_json

MAX_SIZE_BYTES = 64 * 2**30  # a day of 4K video; more is a mistake
ROOM_TO_SPARE_BYTES = 256 * 2**20  # what audio, proxy and thumbnails of an hour need beside the recording itself
KEEP_UNFINISHED_S = 7 * 86400.0  # an upload that nobody went on with for a week is given up
_ID = re.compile(r"[A-Za-z0-9_-]{16,64}")
_SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")
_NAME_CHARACTERS = 200
_ROOM_HINT = "Free some room on this disk, or keep the library on another one, then press Go on."


@dataclass(frozen=True, slots=True)
class Upload:
    """One file on its way in, brought by ``person_id`` ("" without accounts); ``lesson_id`` is set once it was taken in."""

    id: str
    name: str
    size_bytes: int
    received_bytes: int
    details: LessonDetails
    lesson_id: str | None = None
    person_id: str = ""

    @property
    def complete(self) -> bool:
        """Whether every byte is here."""
        return self.received_bytes == self.size_bytes


def display_name(name: str) -> str:
    """A file's name as people may read it: one line without folders, control or direction characters."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rsplit("/", 1)[-1]
    visible = "".join(char for char in last if unicodedata.category(char)[0] != "C")
    return " ".join(visible.split())[:_NAME_CHARACTERS] or "recording"


class UploadFolder:
    """The uploads under one folder. Nothing that a browser says becomes part of a path; ids are ours."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def create(self, name: str, size_bytes: int, details: LessonDetails, person_id: str = "") -> Upload:
        """A new, empty upload. Raises UsageError for a size that makes no sense, DiskFullError without room."""
        if size_bytes <= 0:
            raise UsageError(
                "This file is empty.", hint="Choose the recording itself, or copy it from the camera again."
            )
        if size_bytes > MAX_SIZE_BYTES:
            raise UsageError(
                "This file is larger than 64 GB.", hint="Choose one lesson's recording, or cut it shorter."
            )
        self._folder.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._folder).free < size_bytes + ROOM_TO_SPARE_BYTES:
            raise DiskFullError("There is not enough room on the disk for this recording.", hint=_ROOM_HINT)
        upload = Upload(secrets.token_urlsafe(18), display_name(name), size_bytes, 0, details, person_id=person_id)
        self._part(upload.id).touch(mode=0o600)
        self._write_note(upload)
        return upload

    def find(self, upload_id: str, person_id: str = "") -> Upload:
        """The person's upload and how far it is. Raises NotFoundError for an id that is not theirs, or was given up."""
        note = self._note(upload_id)
        try:
            data = json.loads(note.read_text(encoding="utf-8"))
            received = data["size_bytes"] if data["lesson_id"] else self._part(upload_id).stat().st_size
            brought_by = data.get("person_id", "")
        except (OSError, ValueError, KeyError) as error:
            raise _gone() from error
        if brought_by != person_id:
            raise _gone()
        details = details_from_json(data["details"])
        return Upload(upload_id, data["name"], data["size_bytes"], received, details, data["lesson_id"], brought_by)

    def describe(self, upload: Upload, details: LessonDetails) -> Upload:
        """The upload with other details; one that became a lesson keeps its own."""
        if upload.lesson_id:
            return upload
        described = dataclasses.replace(upload, details=details)
        self._write_note(described)
        return described

    def open_at(self, upload: Upload, offset: int) -> BinaryIO:
        """The part, opened for writing at its end. Raises StoreError where ``offset`` is not its end."""
        if offset != upload.received_bytes:
            raise StoreError(
                f"The next byte of this upload is {upload.received_bytes}, not {offset}.", hint="Go on from there."
            )
        return self._part(upload.id).open("ab")

    def finished(self, upload: Upload, lesson_id: str) -> None:
        """Notes which lesson the upload became."""
        self._write_note(dataclasses.replace(upload, lesson_id=lesson_id))
        self._part(upload.id).unlink(missing_ok=True)

    @contextmanager
    def whole_file(self, upload: Upload) -> Iterator[Path]:
        """The complete file, under a path that ends like its name; if it is still there at the end, it is a part again.

        Raises StoreError while bytes are missing.
        """
        if not upload.complete:
            missing = upload.size_bytes - upload.received_bytes
            raise StoreError(f"{missing} bytes of this upload are still missing.", hint="Send the rest first.")
        part = self._part(upload.id)
        suffix = Path(upload.name).suffix.lower()
        whole = part.with_suffix(suffix if _SUFFIX.fullmatch(suffix) else ".media")
        part.replace(whole)
        try:
            yield whole
        finally:
            if whole.exists():
                whole.replace(part)

    def remove(self, upload_id: str) -> None:
        """Forgets the upload and its bytes; an unknown id is no error."""
        self._part(upload_id).unlink(missing_ok=True)
        self._note(upload_id).unlink(missing_ok=True)

    def sweep(self) -> None:
        """Removes what nobody went on with for a week, and notes of that age."""
        oldest = time.time() - KEEP_UNFINISHED_S
        touched: dict[str, float] = {}
        for path in self._folder.iterdir() if self._folder.is_dir() else ():
            touched[path.stem] = max(touched.get(path.stem, 0.0), path.stat().st_mtime)
        for stem in (stem for stem, at in touched.items() if at < oldest):
            for path in self._folder.glob(f"{glob_escape(stem)}.*"):
                path.unlink(missing_ok=True)

    def _part(self, upload_id: str) -> Path:
        return self._folder / f"{_checked(upload_id)}.part"

    def _note(self, upload_id: str) -> Path:
        return self._folder / f"{_checked(upload_id)}.json"

    def _write_note(self, upload: Upload) -> None:
        note = {
            "name": upload.name,
            "size_bytes": upload.size_bytes,
            "details": details_to_json(upload.details),
            "lesson_id": upload.lesson_id,
            "person_id": upload.person_id,
        }
        atomic_write(self._note(upload.id), json.dumps(note).encode())


def disk_full(error: OSError) -> DiskFullError | None:
    """The error to show where ``error`` means that no room is left; None for any other failure."""
    if error.errno not in (errno.ENOSPC, errno.EDQUOT):
        return None
    return DiskFullError("The disk filled up during the upload; what has arrived is kept.", hint=_ROOM_HINT)


def _gone() -> NotFoundError:
    return NotFoundError("This upload is not known any more.", hint="Choose the file again.")


def _checked(upload_id: str) -> str:
    if not _ID.fullmatch(upload_id):
        raise NotFoundError("This upload is not known.", hint="Choose the file again.")
    return upload_id
