"""What the viewer plays: the recording itself where browsers can play it, else a web copy in H.264 and AAC."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pipeline.backends.ffmpeg_process import OUTPUT, FfmpegProcess, compiled, replacing, source
from pipeline.backends.media_container import best_audio, best_video, mp4_boxes, opened
from pipeline.config import MediaConfig
from pipeline.errors import MediaError
from pipeline.lesson import MediaInfo
from pipeline.ports import Progress

CRF = 27  # constant quality: slides stay readable at 480 lines, an hour of classroom takes about 150 MB
KEY_FRAME_S = 2  # between key frames, so that a click on the transcript seeks at once
FASTEST_FPS = 30  # 50 and 60 frames a second are halved
CLOCK_TOLERANCE_S = 0.1  # players differ in how they treat a recording whose clock starts later than this

_MP4, _MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
_TIMED = {_MP4, _MATROSKA, "mpegts", "flv", "aac"}  # where each frame says when it is shown; AVI does not
_EIGHT_BIT = {"yuv420p", "yuvj420p"}


@dataclass(frozen=True, slots=True)
class _Web:
    """What browsers play in one kind of file. No video codecs: sound only."""

    container: str
    video: frozenset[str]
    audio: frozenset[str]


def _web(container: str, video: str, audio: str) -> _Web:
    return _Web(container, frozenset(video.split()), frozenset(audio.split()))


# By suffix, because that is what the server names the content by. What Chromium, Firefox and Safari share.
_PLAYABLE: Mapping[str, _Web] = {
    ".mp4": _web(_MP4, "h264", "aac mp3"),
    ".m4v": _web(_MP4, "h264", "aac mp3"),
    ".mov": _web(_MP4, "h264", "aac mp3"),
    ".webm": _web(_MATROSKA, "vp8 vp9", "opus vorbis"),
    ".m4a": _web(_MP4, "", "aac"),
    ".mp3": _web("mp3", "", "mp3"),
    ".wav": _web("wav", "", "pcm_s16le pcm_u8 pcm_s24le pcm_f32le"),
    ".flac": _web("flac", "", "flac"),
    ".ogg": _web("ogg", "", "opus vorbis flac"),
    ".oga": _web("ogg", "", "opus vorbis flac"),
    ".opus": _web("ogg", "", "opus"),
}


@dataclass(frozen=True, slots=True)
class Proxy:
    """How the viewer gets something to play; ``path`` is None where that is the original itself."""

    how: Literal["original", "remuxed", "encoded"]
    path: Path | None


def is_web_playable(info: MediaInfo, suffix: str) -> bool:
    """Whether browsers play a file of this content and name (``suffix`` with its dot, in any case)."""
    web = _PLAYABLE.get(suffix.lower())
    if web is None or info.container != web.container or info.audio_codec not in web.audio:
        return False
    if info.video_codec is None:
        return True
    return info.video_codec in web.video and (info.video_codec != "h264" or info.pixel_format in _EIGHT_BIT)


def make_proxy(path: Path, info: MediaInfo, folder: Path, *, config: MediaConfig, progress: Progress) -> Proxy:
    """Writes ``proxy.mp4`` (``proxy.m4a`` for sound alone) into ``folder`` where browsers cannot play the original.

    Streams that browsers know are copied as they are, quickly; others are encoded with at most
    ``config.proxy_height_px`` lines, upright, at most 30 frames a second. All or nothing; the work gives way to other
    programs. Raises MediaError, DiskFullError, StoreError, or what ``progress`` raises.
    """
    if is_web_playable(info, path.suffix) and _seeks_well(path, info):
        return Proxy("original", None)
    target = folder / ("proxy.m4a" if info.video_codec is None else "proxy.mp4")
    if _fits_mp4(info):
        try:
            _run(path, target, _copied(), info, config, progress)
            return Proxy("remuxed", target)
        except MediaError:
            pass  # MP4 does not take every kind of these streams, such as MP3 of 8 kHz; encoding makes new ones
    _run(path, target, _encoded(path, info, config.proxy_height_px), info, config, progress)
    return Proxy("encoded", target)


def _seeks_well(path: Path, info: MediaInfo) -> bool:
    """Whether a browser can jump to any time, and its clock is ours."""
    if info.container == _MP4:
        boxes = mp4_boxes(path)
        if path.suffix.lower() == ".mov" or "moof" in boxes or "mdat" in boxes[: boxes.index("moov")]:
            return False  # not every browser takes MOV; pieces, or the index at the end, make seeking slow
    with opened(path) as container:
        # Browsers record WebM without a length, and then cannot seek in it.
        return bool(container.duration) and abs(container.start_time or 0) / 1e6 <= CLOCK_TOLERANCE_S


def _fits_mp4(info: MediaInfo) -> bool:
    if info.container not in _TIMED:
        return False
    if info.video_codec is None:
        return info.audio_codec == "aac"
    return info.video_codec == "h264" and info.pixel_format in _EIGHT_BIT and info.audio_codec in {"aac", "mp3"}


def _copied() -> dict[str, Any]:
    return {"codec": "copy"}


def _encoded(path: Path, info: MediaInfo, height_px: int) -> dict[str, Any]:
    """ffmpeg's output options. The sound fills its gaps, as the analysis audio does; a centre channel is kept."""
    options: dict[str, Any] = {
        "acodec": "aac",
        "audio_bitrate": "96k",
        "ac": min(2, info.audio_channels),
        "af": "aresample=async=1:first_pts=0",
    }
    if info.video_codec is None:
        return options
    # Square pixels and even sizes; ffmpeg has turned the picture upright before this.
    lines = rf"trunc(min({height_px}\,ih)/2)*2"
    scale = rf"scale=w=max(2\,round(iw*max(sar\,0.01)*({lines})/ih/2)*2):h=max(2\,{lines}),setsar=1"
    return options | {
        "vcodec": "libx264",
        "preset": "veryfast",
        "crf": CRF,
        "pix_fmt": "yuv420p",
        "vf": _slowed(path) + scale,
        "force_key_frames": f"expr:gte(t,n_forced*{KEY_FRAME_S})",
        "fps_mode": "vfr",
    }


def _slowed(path: Path) -> str:
    """The filter that takes fast video back to 25 or 30 frames a second; nothing for any other."""
    with opened(path) as container:
        stream = best_video(container)
        rate = float(stream.average_rate or 0) if stream is not None else 0.0
    if rate <= FASTEST_FPS + 0.5:
        return ""
    return f"fps={25 if abs(rate - 50) < 0.5 else FASTEST_FPS},"


def _run(
    path: Path, target: Path, options: dict[str, Any], info: MediaInfo, config: MediaConfig, progress: Progress
) -> None:
    import ffmpeg

    with opened(path) as container:
        tracks = (best_video(container), best_audio(container, path))
        indexes = [str(track.index) for track in tracks if track is not None]
    inputs = source()
    output = ffmpeg.output(
        *(inputs[index] for index in indexes),
        OUTPUT,
        **options,
        format="mp4",
        movflags="+faststart",
        map_metadata=-1,  # place, owner and device stay in the original
        map_chapters=-1,
        progress="pipe:1",
        stats_period=0.5,
    )
    share = 0.0
    with replacing(target) as draft:
        command = compiled(output, config, path, draft)
        with FfmpegProcess(command, watched=draft, polite=True) as process:
            for chunk in process.chunks(path):
                times_us = re.findall(rb"out_time_us=(\d+)", chunk)
                if times_us:
                    share = max(share, min(1.0, int(times_us[-1]) / 1e6 / info.duration_s))
                progress(share)
        progress(1.0)
