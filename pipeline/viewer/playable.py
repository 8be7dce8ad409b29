"""Which file of a lesson a browser plays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipeline.backends.media_view import is_web_playable
from pipeline.errors import NotFoundError
from pipeline.store.media import MediaStore
from pipeline.store.rows import LessonRow

# QuickTime files with these codecs play everywhere, but only under MP4's name.
MEDIA_TYPES: Mapping[str, str] = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/mp4",
    ".webm": "video/webm",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
}


@dataclass(frozen=True, slots=True)
class Media:
    """What a player can show of a lesson; ``reason`` says why where it is nothing."""

    kind: Literal["video", "audio", "none"]
    has_poster: bool
    reason: str = ""


def media_of(media: MediaStore, row: LessonRow) -> Media:
    """What there is to play and to see."""
    has_poster = media.poster(row.sha256) is not None
    try:
        playable_file(media, row)
    except NotFoundError as error:
        return Media("none", has_poster, str(error))
    return Media("video" if row.info.video_codec else "audio", has_poster)


def playable_file(media: MediaStore, row: LessonRow) -> Path:
    """The web copy where there is one, else the original. Raises NotFoundError with the reason where neither plays."""
    proxy = media.proxy(row.sha256)
    if proxy is not None:
        return proxy
    original = media.original(row.sha256)
    if original is None:
        raise NotFoundError("No recording of this lesson is kept.", hint="Add the recording again to hear it.")
    if not is_web_playable(row.info, original.suffix):
        raise NotFoundError("The recording is still being made ready for the browser.", hint="Try again in a while.")
    return original
