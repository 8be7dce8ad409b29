"""Reads recordings: PyAV says what a file holds, ffmpeg turns its sound into the analysis audio."""

from __future__ import annotations

import math
import wave
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pipeline.backends.ffmpeg_process import CONVERT, FfmpegProcess, compiled, replacing, shown, source
from pipeline.backends.media_container import (
    audio_end_s,
    best_audio,
    best_video,
    first_frames,
    header_duration_s,
    measured_end_s,
    opened,
)
from pipeline.config import MediaConfig
from pipeline.errors import MediaError
from pipeline.lesson import MediaInfo
from pipeline.ports import SAMPLE_RATE_HZ, Progress
from pipeline.timeline import clock

MIN_AUDIO_S = 1.0  # less is a slip of the finger, not a lesson
MAX_AUDIO_BYTES = 2**32 - 4096  # what a WAV header can count, less room for itself: 37 hours
END_TOLERANCE_S = 2.0  # sound may end a little before the picture ...
END_TOLERANCE_SHARE = 0.01  # ... and headers of long files are rounded
DAMAGED_SHARE = 0.02  # of the sound's packets; this is almost a minute of a lesson, while one at a cut is no damage
CANCELLED_BELOW = 0.1  # of the louder channel's energy: unlike voices keep 0.25 in a mix, opposite phase almost nothing
EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)  # before digital recordings; catches clocks that start at 1904 or 1970


@dataclass(frozen=True, slots=True)
class _Track:
    """The chosen audio track. ``end_s`` is where it ends by the header, on the file's clock; None where unknown."""

    index: int
    channels: int
    end_s: float | None


@dataclass(frozen=True, slots=True)
class _Written:
    """What became of the sound; ``energies`` are those of left, right and their mean, where both were there."""

    duration_s: float
    energies: tuple[float, float, float] | None
    damaged: bool


class FfmpegMediaReader:
    """Opens every recording that ffmpeg reads, by content and not by name. Recordings are never written to."""

    def __init__(self, config: MediaConfig) -> None:
        self._config = config

    def probe(self, path: Path) -> MediaInfo:
        """What the file says about itself.

        ``duration_s`` is the header's, or measured where the header is silent or absurd. ``rotation_deg`` says how far
        the picture is turned clockwise for showing. Raises MediaError (NoAudioError where there is no sound).
        """
        with opened(path) as container:
            audio, video = best_audio(container, path), best_video(container)
            frames = first_frames(container, [stream for stream in (audio, video) if stream is not None])
            if audio.index not in frames:
                hint = f"It may be damaged or protected. {CONVERT}"
                raise MediaError(f"The sound of {shown(path)} ({_codec_name(audio)}) cannot be decoded.", hint=hint)
            duration_s = header_duration_s(container) or measured_end_s(path, audio.index)
            audio_s = min(duration_s, audio_end_s(container, audio, path) or duration_s)
            if audio_s < MIN_AUDIO_S:
                raise _too_short(path, audio_s)
            return MediaInfo(
                duration_s=duration_s,
                container=container.format.name,
                audio_codec=_codec_name(audio),
                audio_channels=audio.codec_context.channels,
                created_at=_created_at(container.metadata),
                **(_picture(video, frames.get(video.index)) if video is not None else {}),
            )

    def extract_audio(self, path: Path, target: Path, *, progress: Progress) -> tuple[str, ...]:
        """Writes 16 kHz mono 16-bit WAV to ``target``, all or nothing, and returns what the user should know about it.

        Sample 0 is the beginning of the file's own clock: sound that starts late or pauses keeps its place beside the
        picture. Of stereo, ``[media] channel`` is taken (mono has only one); a mix in which the channels cancel each
        other out is replaced by the louder channel. A damaged file gives what can be read. Raises MediaError,
        DiskFullError, StoreError, or what ``progress`` raises.
        """
        with opened(path) as container:
            stream = best_audio(container, path)
            track = _Track(stream.index, stream.codec_context.channels, audio_end_s(container, stream, path))
        channel, notices = self._config.channel, []
        with replacing(target) as draft:
            written = self._write_wav(path, track, channel, draft, progress)
            if written.energies is not None and _cancels(*written.energies):
                channel = "left" if written.energies[0] >= written.energies[1] else "right"
                written = self._write_wav(path, track, channel, draft, lambda _: progress(1.0))
                notices.append(f"The two sound channels cancel each other out; the {channel} one is used.")
            if written.duration_s < MIN_AUDIO_S:
                raise _too_short(path, written.duration_s)
            progress(1.0)
        if written.damaged:
            notices.append("Part of the recording's sound is damaged: what could not be read counts as silence.")
        if track.end_s is not None and _ends_early(written.duration_s, track.end_s):
            read, whole = clock(round(written.duration_s)), clock(round(track.end_s))
            notices.append(f"The recording ends early: {read} of {whole} could be read.")
        return tuple(notices)

    def _write_wav(self, path: Path, track: _Track, channel: str, draft: Path, progress: Progress) -> _Written:
        mixing = track.channels == 2 and channel == "mix"
        expected_bytes = (track.end_s or math.inf) * SAMPLE_RATE_HZ * 2
        levels, done_bytes, share = _Levels(), 0, 0.0
        command = compiled(_decoding(track, channel), self._config, path)
        with FfmpegProcess(command, forgiving=True) as process, draft.open("wb") as file, wave.open(file, "wb") as wav:
            wav.setnchannels(1)
            wav.setsampwidth(2)
            wav.setframerate(SAMPLE_RATE_HZ)
            for chunk in _whole_frames(process.chunks(path), 4 if mixing else 2):
                mono = levels.mix(chunk) if mixing else chunk
                done_bytes += len(mono)
                if done_bytes > MAX_AUDIO_BYTES:
                    raise MediaError(
                        f"{shown(path)} is longer than a lesson can be ({done_bytes / SAMPLE_RATE_HZ / 7200:.0f} h).",
                        hint="Cut it into single lessons first.",
                    )
                wav.writeframesraw(mono)
                share = max(share, min(1.0, done_bytes / expected_bytes))
                progress(share)
        return _Written(done_bytes / 2 / SAMPLE_RATE_HZ, levels.energies if mixing else None, process.damaged)


class _Levels:
    """Mixes two channels and adds up the energy of left, right and mix."""

    def __init__(self) -> None:
        self.energies = (0.0, 0.0, 0.0)

    def mix(self, chunk: bytes) -> bytes:
        """The mean of both channels of interleaved 16-bit samples."""
        import numpy as np

        both = np.frombuffer(chunk, dtype="<i2").reshape(-1, 2).astype(np.float32)
        parts = (both[:, 0], both[:, 1], both.mean(axis=1))
        left, right, middle = (old + float(np.dot(part, part)) for old, part in zip(self.energies, parts, strict=True))
        self.energies = (left, right, middle)
        return bytes(np.rint(parts[2]).astype("<i2").tobytes())


def _decoding(track: _Track, channel: str) -> Any:
    """The ffmpeg-python graph that gives 16-bit samples of a track: both channels where they are to be mixed here."""
    import ffmpeg

    sound = source()[str(track.index)]
    if track.channels > 1 and channel != "mix":
        sound = sound.filter("channelmap", map=0 if channel == "left" else 1, channel_layout="mono")
    # Fills gaps in the time stamps with silence and starts at 0, which is where the picture's clock starts.
    sound = sound.filter("aresample", SAMPLE_RATE_HZ, **{"async": 1, "first_pts": 0})
    channels = 2 if track.channels == 2 and channel == "mix" else 1
    form = {"format": "s16le", "acodec": "pcm_s16le", "ar": SAMPLE_RATE_HZ, "ac": channels}
    return ffmpeg.output(sound, "pipe:1", **form, max_error_rate=DAMAGED_SHARE)


def _whole_frames(chunks: Iterator[bytes], frame_bytes: int) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        whole = len(rest) - len(rest) % frame_bytes
        yield rest[:whole]
        rest = rest[whole:]


def _cancels(left: float, right: float, middle: float) -> bool:
    return middle < CANCELLED_BELOW * max(left, right)


def _ends_early(read_s: float, expected_s: float) -> bool:
    return expected_s - read_s > max(END_TOLERANCE_S, END_TOLERANCE_SHARE * expected_s)


def _too_short(path: Path, duration_s: float) -> MediaError:
    return MediaError(
        f"{shown(path)} holds only {duration_s:.1f} s of sound.",
        hint=f"At least {MIN_AUDIO_S:.0f} s is needed. Check that this is the whole recording.",
    )


def _codec_name(stream: Any) -> str:
    return str(stream.codec_context.codec.canonical_name)  # "mp3"; the decoder's own name would be "mp3float"


def _picture(stream: Any, frame: Any | None) -> dict[str, Any]:
    codec = stream.codec_context
    turned_deg = -frame.rotation % 360 if frame is not None else 0
    size = (codec.width, codec.height) if turned_deg % 180 == 0 else (codec.height, codec.width)
    return {
        "video_codec": _codec_name(stream),
        "width_px": size[0] or None,
        "height_px": size[1] or None,
        "rotation_deg": turned_deg,
        "pixel_format": codec.pix_fmt,
    }


def _created_at(metadata: dict[str, str]) -> datetime | None:
    """When the recording was made, in UTC; None where the file does not say, or says what cannot be."""
    for key in ("com.apple.quicktime.creationdate", "creation_time"):
        try:
            made_at = datetime.fromisoformat(metadata.get(key, ""))
        except ValueError:
            continue
        if made_at.tzinfo is not None and EARLIEST <= made_at <= datetime.now(UTC) + timedelta(days=1):
            return made_at.astimezone(UTC)
    return None
