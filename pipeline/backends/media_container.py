"""Opens a recording with PyAV: by content, read-only, without reaching any other file; and picks its tracks."""

from __future__ import annotations

import contextlib
import re
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pipeline.backends.ffmpeg_process import CONVERT, FORMATS, PROTOCOLS, file_url, shown
from pipeline.errors import MediaError, NoAudioError

MAX_HEADER_S = 24 * 3600.0  # a header that claims more is not believed; the file is measured instead
PROBED_PACKETS = 500  # of a track are tried until one decodes; a damaged beginning is shorter

# Formats without a length in the header: ffmpeg guesses it from the bit rate, so a short decode proves nothing.
_GUESSED_LENGTH = {"mp3", "aac", "amr", "ac3", "eac3", "mpeg", "mpegts", "mpegvideo", "dts"}


@contextlib.contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file as a PyAV container, read-only, unable to reach any other file. Raises MediaError with the reason."""
    import av

    _check_file(path)
    options = {"protocol_whitelist": PROTOCOLS, "format_whitelist": FORMATS}
    try:
        container = av.open(file_url(path), options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise _refusal(path) from error
    with container:
        yield container


def best_audio(container: Any, path: Path) -> Any:
    """The audio track to hear: of the default ones (or, without any, of all) the longest. Raises NoAudioError."""
    import av

    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    if not streams and container.streams.audio:
        raise MediaError(f"The sound of {shown(path)} is in a form that nothing here can decode.", hint=CONVERT)
    if not streams:
        raise NoAudioError(
            f"{shown(path)} has no audio track.",
            hint="A lesson is analysed by its sound: export the recording again with sound, or add the audio file.",
        )
    chosen = [stream for stream in streams if stream.disposition & av.stream.Disposition.default] or streams
    return max(chosen, key=lambda stream: float((stream.duration or 0) * stream.time_base))


def best_video(container: Any) -> Any | None:
    """The first moving picture; None where there is none (cover art is not one)."""
    import av

    for stream in container.streams.video:
        if stream.codec_context is not None and not stream.disposition & av.stream.Disposition.attached_pic:
            return stream
    return None


def mp4_boxes(path: Path) -> tuple[str, ...]:
    """Names of the top-level boxes of an MP4 or MOV file in order; as many as can be followed, none for other files."""
    names: list[str] = []
    at, size = 0, path.stat().st_size
    with path.open("rb") as file:
        while at + 8 <= size and len(names) < 1000:
            file.seek(at)
            header = file.read(16)
            length = int.from_bytes(header[:4], "big")
            if length == 1:
                length = int.from_bytes(header[8:16], "big")
            name = header[4:8].decode("latin-1")
            if not re.fullmatch(r"[a-z0-9 ]{4}", name, re.ASCII | re.IGNORECASE):
                break
            names.append(name)
            at = at + length if length >= 8 else size
    return tuple(names)


def packets(container: Any, *streams: Any) -> Iterator[Any]:
    """The packets of some tracks, as far as the file can be read."""
    import av

    with contextlib.suppress(av.error.FFmpegError):  # a damaged file ends here
        yield from container.demux(*streams)


def decoded(packet: Any) -> list[Any]:
    """The frames that a packet completes; none where it is damaged."""
    import av

    with contextlib.suppress(av.error.FFmpegError):
        return list(packet.decode())
    return []


def first_frames(container: Any, streams: list[Any]) -> dict[int, Any]:
    """The first frame of each track that can be decoded, by the track's number."""
    frames: dict[int, Any] = {}
    tries = dict.fromkeys((stream.index for stream in streams), PROBED_PACKETS)
    for packet in packets(container, *streams):
        index = packet.stream.index
        if index not in tries:
            continue
        tries[index] -= 1
        if found := decoded(packet):
            frames[index] = found[0]
        if found or not tries[index]:
            del tries[index]
        if not tries:
            break
    return frames


def header_duration_s(container: Any) -> float | None:
    """The header's length in seconds; None where there is none, or one that nobody believes."""
    duration_s = (container.duration or 0) / 1e6
    return duration_s if 0 < duration_s <= MAX_HEADER_S else None


def audio_end_s(container: Any, stream: Any, path: Path) -> float | None:
    """Where an audio track ends by the header, on the file's clock; None where the header does not know."""
    whole_s = header_duration_s(container)
    if whole_s is None or container.format.name in _GUESSED_LENGTH:
        return None
    if stream.duration is not None:
        whole_s = seconds(stream.start_time or 0, stream.time_base, container)
        whole_s += float(stream.duration * stream.time_base)
    return whole_s * _riff_claim(path)


def measured_end_s(path: Path, index: int) -> float:
    """Where the last packet of a track ends, on the file's clock: read through, nothing decoded."""
    with opened(path) as container:
        return max(
            (
                seconds(packet.pts + (packet.duration or 0), packet.time_base, container)
                for packet in packets(container, container.streams[index])
                if packet.pts is not None
            ),
            default=0.0,
        )


def seconds(pts: int, time_base: Any, container: Any) -> float:
    """A time stamp on the file's clock, which starts with its earliest track: as players and ffmpeg count."""
    return float(pts * time_base) - (container.start_time or 0) / 1e6


def _check_file(path: Path) -> None:
    name = shown(path)
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise MediaError(f"{name} is a folder.", hint="Choose the recording inside it.")
        if not stat.S_ISREG(status.st_mode):
            raise MediaError(f"{name} is not a file but a device or a pipe.", hint="Choose a recording on a disk.")
        if status.st_size == 0:
            raise MediaError(f"{name} is empty.", hint="Copy it again; the first copy may have been interrupted.")
        path.open("rb").close()
    except FileNotFoundError as error:
        raise MediaError(f"There is no file {name}.", hint="Check its name and its folder.") from error
    except PermissionError as error:
        hint = "Give yourself the right to read it, or copy it to a folder of your own."
        raise MediaError(f"{name} may not be read.", hint=hint) from error
    except (OSError, ValueError) as error:
        raise MediaError(f"{name} cannot be opened: {error}.", hint="Check its name and its disk.") from error


def _riff_claim(path: Path) -> float:
    """How many times as large as it is a WAV or AVI file says it is: ffmpeg reports only what is left of a cut one."""
    with path.open("rb") as file:
        header = file.read(8)
    claimed_bytes = int.from_bytes(header[4:], "little") + 8
    # Programs that do not know the length in advance write the largest number there is, or half of it.
    if header[:4] != b"RIFF" or claimed_bytes > 0x7FFF0000:
        return 1.0
    return max(1.0, claimed_bytes / path.stat().st_size)


def _refusal(path: Path) -> MediaError:
    boxes = mp4_boxes(path)
    if "ftyp" in boxes and "moov" not in boxes:
        return MediaError(
            f"{shown(path)} is cut off: the part that says how to read it, written last, is missing.",
            hint="Copy it from the camera again. If the recording itself broke off, a repair program for MP4 may help.",
        )
    return MediaError(
        f"{shown(path)} is not a sound or video recording, whatever its name says.",
        hint="Choose the recording itself, such as an MP4, MOV, MKV, MP3 or WAV file.",
    )
