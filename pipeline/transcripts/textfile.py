"""Text files from anywhere: their encoding found out, and what cannot be read said in a sentence."""

from __future__ import annotations

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TextIO, cast

from pipeline.errors import TranscriptError, shown

LARGEST_TEXT_BYTES = 1 << 30  # unpacked; a year of lessons has a tenth of it
HEAD_BYTES = 1 << 16  # enough to tell text from pictures, sound and archives
MAX_CONTROL_SHARE = 0.05  # of the head's bytes in Windows-1252; text has hardly any
MIN_UTF16_SHARE = 0.3  # of every other byte 0: Latin text in UTF-16 has nearly all, other scripts have their blanks
CHUNK_BYTES = 1 << 20

_CONTROL = bytes(code for code in range(32) if code not in b"\t\n\r\f\x1b")


def check_file(path: Path) -> None:
    """Raises TranscriptError where ``path`` is no file, or an empty one."""
    name = shown(path.name)
    try:
        if path.is_dir():
            raise TranscriptError(f"{name} is a folder.", hint="Name one file in it.")
        if not path.is_file():
            raise TranscriptError(f"There is no file {shown(str(path))}.", hint="Look at the path.")
        if path.stat().st_size == 0:
            raise TranscriptError(f"{name} is empty.", hint="Save or copy it again.")
    except (OSError, ValueError) as error:
        raise unreadable(path, error) from error


def unreadable(path: Path, error: Exception) -> TranscriptError:
    """The error for a file that the system, or its packing, does not give out."""
    name = shown(path.name)
    if isinstance(error, (gzip.BadGzipFile, EOFError, zlib.error)):
        return TranscriptError(f"{name} is damaged: it cannot be unpacked.", hint="Copy it again.")
    reason = getattr(error, "strerror", None) or str(error)
    return TranscriptError(f"{name} cannot be read: {shown(reason)}.", hint="Look at its name and access rights.")


def not_text(path: Path) -> TranscriptError:
    """The error for a file that holds something else than text."""
    hint = "Save the transcript as CSV, XLSX, VTT, SRT or JSON; recordings go to `lessonmirror analyze` as they are."
    return TranscriptError(f"{shown(path.name)} holds no text, whatever its ending says.", hint=hint)


def first_bytes(path: Path) -> bytes:
    """The beginning of the file, unpacked. Raises TranscriptError where it cannot be read."""
    check_file(path)
    try:
        with _opened(path) as file:
            return file.read(HEAD_BYTES)
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error


@contextmanager
def open_text(path: Path) -> Iterator[TextIO]:
    """The file as text, line ends as they are; UTF-8, UTF-16 or, where it is neither, Windows-1252. Ending .gz is unpacked.

    Raises TranscriptError where it is missing, empty, damaged, too large or no text.
    """
    head = first_bytes(path)
    try:
        encoding = _encoding(path, head)
        with _opened(path) as file, io.TextIOWrapper(file, encoding=encoding, newline="") as text:
            yield text
    except (OSError, EOFError, zlib.error) as error:
        raise unreadable(path, error) from error


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix.lower() == ".gz" else path.open("rb")


def _encoding(path: Path, head: bytes) -> str:
    encoding = _likely(head)
    if encoding is None:
        raise not_text(path)
    if _decodes(path, encoding):
        return encoding
    controls = len(head) - len(head.translate(None, _CONTROL))
    if encoding != "utf-8" or controls > MAX_CONTROL_SHARE * len(head) or not _decodes(path, "cp1252"):
        raise not_text(path)
    return "cp1252"


def _likely(head: bytes) -> str | None:
    """The encoding that the first bytes speak for; None where they are no text."""
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [head[parity::2].count(0) / max(1, len(head) // 2) for parity in (0, 1)]
    if max(zeros) >= MIN_UTF16_SHARE and min(zeros) == 0:
        return "utf-16-le" if zeros[1] else "utf-16-be"
    return None if 0 in head else "utf-8"


def _decodes(path: Path, encoding: str) -> bool:
    """Reads the whole file in pieces, so that no reader stumbles half way. Raises TranscriptError for a file too large."""
    decoder, size_bytes = codecs.getincrementaldecoder(encoding)(), 0
    with _opened(path) as file:
        while chunk := file.read(CHUNK_BYTES):
            size_bytes += len(chunk)
            if size_bytes > LARGEST_TEXT_BYTES:
                raise TranscriptError(
                    f"{shown(path.name)} is too large to be a transcript.", hint="Split it by lesson."
                )
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                return False
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return False
    return True
