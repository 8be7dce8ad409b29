"""The lesson in pictures: a poster, and a thumbnail for each new slide or scene.

Only key frames are decoded. PyAV hands over each with its own time stamp, and skips the rest of the film undecoded;
ffmpeg as a child process would need its log parsed to learn the times.
"""

from __future__ import annotations

import contextlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.analysis import scenes
from pipeline.backends.ffmpeg_process import disk_error, draft_prefix, remove_leftovers, replacing, shown
from pipeline.backends.media_container import best_video, decoded, header_duration_s, opened, packets, seconds
from pipeline.errors import MediaError
from pipeline.ports import Progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

THUMBNAIL_PX = 320  # longer side
POSTER_PX = 1280
JPEG_QUALITY = 80
BLOCKS = (24, 14)  # columns and rows in which pictures are compared
SHORTEST_STEP_S = 2.0  # between looked-at frames
MOST_LOOKS = 1200  # their thumbnails wait in memory until scenes are known: 15 MB
FULL_HD_PX = 1920 * 1080  # larger pictures cost more to decode and are looked at less often
OPENING_S = 30.0  # of a film whose key frames are all blank is looked at frame by frame


@dataclass(frozen=True, slots=True)
class _Look:
    """One frame that was looked at: when, as a small JPEG, its blocks' grey means, and its contrast."""

    at_s: float
    jpeg: bytes
    blocks: NDArray[np.uint8]
    contrast: float


def make_thumbnails(path: Path, folder: Path, *, progress: Progress) -> tuple[float, ...]:
    """Writes ``poster.jpg`` and ``thumbs/<milliseconds, 9 digits>.jpg`` into ``folder``; returns the times in seconds.

    At most 60 thumbnails: new slides and scenes, and in long stretches without any a frame now and then. Blank frames
    are used only where the film has nothing else. Nothing is written for a recording without a picture. Raises
    MediaError where the picture cannot be decoded, DiskFullError, StoreError, or what ``progress`` raises.
    """
    with opened(path) as container:
        video = best_video(container)
        if video is None:
            return ()
        track = video.index
    poster = _Poster()
    looks = list(_looks(path, track, poster, progress))
    if all(scenes.is_blank(look.contrast) for look in looks):
        looks += _looks(path, track, poster, lambda _: progress(1.0), opening=True)
        looks.sort(key=lambda look: look.at_s)
    if not looks:
        raise MediaError(f"The picture of {shown(path)} cannot be decoded.", hint="Its sound is analysed all the same.")
    looks = [look for look in looks if not scenes.is_blank(look.contrast)] or looks
    chosen = [looks[number] for number in _chosen(looks)]
    _write_thumbnails(chosen, folder / "thumbs")
    with replacing(folder / "poster.jpg") as draft:
        draft.write_bytes(poster.jpeg)
    progress(1.0)
    return tuple(look.at_s for look in chosen)


class _Poster:
    """Keeps the frame that stands for the lesson: the first one, until one with far more in it comes."""

    def __init__(self) -> None:
        self.jpeg = b""
        self._contrast = -1.0

    def offer(self, frame: Any, aspect: float, contrast: float) -> None:
        """Takes the frame, if it is better than what is there."""
        if self._contrast < 0 or scenes.is_better_poster(contrast, self._contrast):
            self.jpeg, self._contrast = _jpeg(_picture(frame, aspect, POSTER_PX)), contrast


def _looks(path: Path, track: int, poster: _Poster, progress: Progress, *, opening: bool = False) -> Iterator[_Look]:
    """Key frames at least a step apart; with ``opening``, any frames of the first OPENING_S."""
    import cv2

    with opened(path) as container:
        stream = container.streams[track]
        aspect = float(stream.sample_aspect_ratio or 1) or 1.0
        duration_s = header_duration_s(container) or 0.0
        for at_s, frame in _opening(container, stream) if opening else _key_frames(container, stream, duration_s):
            picture = _picture(frame, aspect, THUMBNAIL_PX)
            grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
            contrast = float(grey.std())
            poster.offer(frame, aspect, contrast)
            yield _Look(at_s, _jpeg(picture), cv2.resize(grey, BLOCKS, interpolation=cv2.INTER_AREA).ravel(), contrast)
            progress(min(1.0, at_s / duration_s) if duration_s else 0.0)


def _key_frames(container: Any, stream: Any, duration_s: float) -> Iterator[tuple[float, Any]]:
    codec = stream.codec_context
    step_s = max(SHORTEST_STEP_S, duration_s / MOST_LOOKS) * max(1.0, codec.width * codec.height / FULL_HD_PX)
    due_s = float("-inf")
    for packet in packets(container, stream):
        at_s = _time_s(packet, packet.time_base, container)
        if at_s is None or not packet.is_keyframe or at_s < due_s:
            continue
        # Each key frame is decoded on its own: asked for at once, and never mixed with what lies between.
        frames = decoded(packet) or _rest(codec)
        codec.flush_buffers()
        if frames:
            due_s = at_s + step_s
            yield at_s, frames[0]


def _opening(container: Any, stream: Any) -> Iterator[tuple[float, Any]]:
    frames = itertools.chain.from_iterable(decoded(packet) for packet in packets(container, stream))
    due_s = float("-inf")
    for frame in frames:
        at_s = _time_s(frame, frame.time_base, container)
        if at_s is None or at_s < due_s:
            continue
        if at_s > OPENING_S:
            return
        due_s = at_s + SHORTEST_STEP_S / 4
        yield at_s, frame


def _rest(codec: Any) -> list[Any]:
    """The frames that the decoder still holds, to bring them into order with later ones."""
    import av

    with contextlib.suppress(av.error.FFmpegError):
        return list(codec.decode(None))
    return []


def _time_s(timed: Any, time_base: Any, container: Any) -> float | None:
    pts = timed.pts if timed.pts is not None else timed.dts
    return None if pts is None else max(0.0, seconds(pts, time_base, container))


def _chosen(looks: list[_Look]) -> tuple[int, ...]:
    import numpy as np

    times_s = [look.at_s for look in looks]
    return scenes.fill_gaps(times_s, scenes.scene_starts(times_s, np.stack([look.blocks for look in looks])))


def _picture(frame: Any, aspect: float, longer_px: int) -> NDArray[np.uint8]:
    """The frame upright with square pixels, its longer side at most ``longer_px``, shape (height, width, 3) in BGR."""
    import numpy as np

    width, height = frame.width * aspect, float(frame.height)
    scale = min(1.0, longer_px / max(width, height))
    size = {"width": max(2, round(width * scale)), "height": max(2, round(height * scale))}
    image = frame.reformat(**size, format="bgr24", interpolation="AREA").to_ndarray()
    return np.ascontiguousarray(np.rot90(image, round(frame.rotation / 90)))


def _jpeg(picture: NDArray[np.uint8]) -> bytes:
    import cv2

    return bytes(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes())


def _write_thumbnails(looks: list[_Look], target: Path) -> None:
    """Fills ``target``, a folder, in one step; what was there before goes."""
    draft: Path | None = None
    try:
        remove_leftovers(target)
        draft = Path(tempfile.mkdtemp(prefix=draft_prefix(target), suffix=".part", dir=target.parent))
        (draft / "new").mkdir()
        for look in looks:
            (draft / "new" / f"{round(look.at_s * 1000):09d}.jpg").write_bytes(look.jpeg)
        if target.exists():
            target.replace(draft / "old")
        (draft / "new").replace(target)
    except OSError as error:
        raise disk_error(error, target) from error
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
