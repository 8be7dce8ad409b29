"""Lessons: adding, finding, listing, describing. Every function works in the transaction of its connection."""

from __future__ import annotations

import dataclasses
import json
import re
import secrets
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, insert, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError
from pipeline.lesson import LessonDetails, MediaInfo, Recording
from pipeline.store import schema
from pipeline.store.database import lock, now
from pipeline.store.rows import LessonRow, LessonState

MAX_DETAIL_CHARS = 2000  # a name or a title, not a document
MAX_SEARCH_CHARS = 200
MIN_HASH_PREFIX_CHARS = 8  # as the folders of exports are named
_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"  # nothing that reads like something else, or like an option
_ID_CHARS = 10  # 30 ** 10 ids: two alike are out of the question
_SHA256 = re.compile(r"[0-9a-f]{64}")
_DETAILS = tuple(field.name for field in dataclasses.fields(LessonDetails))
_PLAIN = ("id", "sha256", "name", "media_name", "duration_s", "size_bytes", "state", "message", "hint")
_LATER = ("added_at", "updated_at", "language", "teacher_share", "owner_id", "uploader_id")


def new_id() -> str:
    """A fresh id of a lesson, job or note."""
    return "".join(secrets.choice(_ID_ALPHABET) for _ in range(_ID_CHARS))


def add(connection: Connection, recording: Recording, info: MediaInfo, details: LessonDetails) -> LessonRow:
    """Adds the lesson of a recording, or finds that it is here (``created`` False, nothing changed).

    Its media file, if ``recording.media_path`` names one, has to exist. Raises NotFoundError where it does not,
    StoreError for details that are too long.
    """
    if not _SHA256.fullmatch(recording.sha256):
        raise StoreError(f"{recording.sha256[:80]!r} is not a SHA-256.", hint="Take the recording in first.")
    lock(connection, recording.sha256)  # against deleting the same content, see deletion.remove_files
    known = by_sha256(connection, recording.sha256)
    if known:
        return known
    moment = now(connection)
    values = {
        "id": new_id(),
        "sha256": recording.sha256,
        "name": recording.name,
        "media_name": Path(recording.media_path).name,
        "duration_s": recording.duration_s,
        "size_bytes": _size_bytes(recording),
        "info": _info_to_text(info),
        "state": "new",
        "message": "",
        "hint": "",
        "added_at": moment,
        "updated_at": moment,
    }
    connection.execute(insert(schema.lesson).values(**values, **_detail_values(recording.name, details)))
    return dataclasses.replace(get(connection, str(values["id"])), created=True)


def get(connection: Connection, lesson_id: str) -> LessonRow:
    """The lesson of exactly that id. Raises NotFoundError."""
    row = connection.execute(select(schema.lesson).where(schema.lesson.c.id == lesson_id)).mappings().first()
    if row is None:
        raise _unknown(lesson_id)
    return _lesson_row(row)


def hold(connection: Connection, lesson_id: str) -> None:
    """Keeps others from changing or deleting the lesson until this transaction ends. Raises NotFoundError."""
    query = select(schema.lesson.c.id).where(schema.lesson.c.id == lesson_id).with_for_update()
    if connection.execute(query).first() is None:
        raise _unknown(lesson_id)


def by_sha256(connection: Connection, sha256: str) -> LessonRow | None:
    """The lesson of that content, or None."""
    row = connection.execute(select(schema.lesson).where(schema.lesson.c.sha256 == sha256)).mappings().first()
    return None if row is None else _lesson_row(row)


def find(connection: Connection, text: str) -> LessonRow:
    """The lesson by id, by the beginning of its id, or by at least 8 digits of its hash.

    Raises NotFoundError where there is none, StoreError where several fit.
    """
    wanted = text.strip().lower()
    table = schema.lesson
    fits: list[ColumnElement[bool]] = [table.c.id.startswith(wanted, autoescape=True)]
    if len(wanted) >= MIN_HASH_PREFIX_CHARS:
        fits.append(table.c.sha256.startswith(wanted, autoescape=True))
    if not 0 < len(wanted) <= 64:
        raise _unknown(text)
    rows = connection.execute(select(table).where(or_(*fits)).order_by(table.c.number).limit(6)).mappings().all()
    exact = [row for row in rows if wanted in (row["id"], row["sha256"])]
    if len(exact or rows) > 1:
        some = ", ".join(row["id"] for row in rows[:5])
        more = " ..." if len(rows) > 5 else ""
        raise StoreError(f"{text!r} fits several lessons: {some}{more}.", hint="Write more of it.")
    if not rows:
        raise _unknown(text)
    return _lesson_row((exact or rows)[0])


def newest(
    connection: Connection,
    *,
    search: str,
    limit: int | None,
    offset: int,
    where: ColumnElement[bool] | None = None,
) -> tuple[LessonRow, ...]:
    """Lessons, newest first, in whose title, name, teacher, class or subject every word of ``search`` occurs.

    ``where`` narrows them further, to those that somebody may see.
    """
    query: Select[Any] = select(schema.lesson).order_by(schema.lesson.c.number.desc()).limit(limit).offset(offset)
    if where is not None:
        query = query.where(where)
    for word in folded(search[:MAX_SEARCH_CHARS]).split():
        query = query.where(schema.lesson.c.search_text.contains(word, autoescape=True))
    return tuple(_lesson_row(row) for row in connection.execute(query).mappings())


def set_details(connection: Connection, lesson_id: str, details: LessonDetails) -> None:
    """Replaces what people say about the lesson. Raises NotFoundError, or StoreError for text that is too long."""
    hold(connection, lesson_id)
    name = connection.execute(select(schema.lesson.c.name).where(schema.lesson.c.id == lesson_id)).scalar_one()
    connection.execute(_change(lesson_id, now(connection)).values(**_detail_values(name, details)))


def set_state(connection: Connection, lesson_id: str, state: LessonState, message: str, hint: str) -> None:
    """Says how far the lesson is. Raises NotFoundError."""
    hold(connection, lesson_id)
    values = {"state": state, "message": message, "hint": hint}
    connection.execute(_change(lesson_id, now(connection)).values(**values))


def _change(lesson_id: str, moment: datetime) -> Update:
    return update(schema.lesson).where(schema.lesson.c.id == lesson_id).values(updated_at=moment)


def _unknown(text: str) -> NotFoundError:
    return NotFoundError(f"There is no lesson {text[:80]!r}.", hint="The list of lessons shows their ids.")


def _size_bytes(recording: Recording) -> int:
    if not recording.media_path:
        return 0
    try:
        return Path(recording.media_path).stat().st_size
    except OSError as error:
        message = f"The media file of {recording.name!r} is not there any more."
        raise NotFoundError(message, hint="Add the recording again.") from error


def folded(text: str) -> str:
    """Text as it is compared: any case, any way of writing an accent."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def _detail_values(name: str, details: LessonDetails) -> dict[str, object]:
    values = dataclasses.asdict(details)
    for field, value in values.items():
        if isinstance(value, str) and len(value) > MAX_DETAIL_CHARS:
            message = f"The {field.replace('_', ' ')} is longer than {MAX_DETAIL_CHARS} characters."
            raise StoreError(message, hint="Shorten it.")
    searched = (details.title, name, details.teacher, details.class_name, details.subject)
    return {**values, "search_text": folded("\n".join(searched))}


def _info_to_text(info: MediaInfo) -> str:
    created = info.created_at.isoformat() if info.created_at else None
    return json.dumps({**dataclasses.asdict(info), "created_at": created})


def _info_from_text(text: str) -> MediaInfo:
    data = json.loads(text)
    created = data["created_at"]
    return MediaInfo(**{**data, "created_at": datetime.fromisoformat(created) if created else None})


def _lesson_row(row: Mapping[Any, Any]) -> LessonRow:
    return LessonRow(
        **{name: row[name] for name in (*_PLAIN, *_LATER)},
        details=LessonDetails(**{name: row[name] for name in _DETAILS}),
        info=_info_from_text(row["info"]),
    )
