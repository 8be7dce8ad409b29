"""Makes small real media files with the packaged ffmpeg: the input of every test that needs a recording."""

from __future__ import annotations

import contextlib
import resource
import subprocess
import wave
from collections.abc import Iterator
from pathlib import Path

import av
import imageio_ffmpeg
import numpy as np
import pytest
from numpy.typing import NDArray

PICTURE = "testsrc2=size=320x240:rate=25"
SOUND = "sine=frequency=440:sample_rate=48000"

H264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
AAC = ("-c:a", "aac")

# Every kind of file that has to work: suffix -> ffmpeg's output options.
VIDEO_FORMATS: dict[str, tuple[str, ...]] = {
    ".mp4": (*H264, *AAC),
    ".mov": (*H264, *AAC),
    ".mkv": (*H264, "-c:a", "libopus"),
    ".webm": ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", "-c:a", "libopus"),
    ".avi": ("-c:v", "mpeg4", "-c:a", "libmp3lame"),
    ".3gp": ("-c:v", "h263", "-s", "176x144", "-c:a", "libopencore_amrnb", "-ar", "8000", "-ac", "1"),
}
AUDIO_FORMATS: dict[str, tuple[str, ...]] = {
    ".m4a": AAC,
    ".mp3": ("-c:a", "libmp3lame"),
    ".wav": (),
    ".flac": (),
    ".ogg": ("-c:a", "libvorbis"),
    ".opus": ("-c:a", "libopus"),
}
FORMATS = {**VIDEO_FORMATS, **AUDIO_FORMATS}


def run_ffmpeg(*arguments: str | Path) -> None:
    """Runs the packaged ffmpeg; fails loudly."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, capture_output=True)


def make_media(
    path: Path, *options: str, seconds: float = 2.0, picture: str | None = PICTURE, sound: str | None = SOUND
) -> Path:
    """A file of that suffix with a test picture (for kinds that have one) and a 440 Hz tone.

    ``picture`` and ``sound`` are lavfi sources without their duration (None: leave out); ``options`` replace the
    ones of the suffix.
    """
    suffix = path.suffix.lower()
    if suffix in AUDIO_FORMATS:
        picture = None
    inputs: list[str] = []
    for source in (picture, sound):
        if source is not None:
            inputs += ["-f", "lavfi", "-t", str(seconds), "-i", source]
    run_ffmpeg(*inputs, *(options or FORMATS[suffix]), "file:" + str(path))
    return path


def wipe(path: Path, kind: str) -> Path:
    """Overwrites all content of the first track of that kind (``"video"`` or ``"audio"``) with zeros."""
    content = bytearray(path.read_bytes())
    with av.open(str(path)) as container:
        for packet in container.demux(next(stream for stream in container.streams if stream.type == kind)):
            if packet.size:
                assert packet.pos is not None
                content[packet.pos : packet.pos + packet.size] = bytes(packet.size)
    path.write_bytes(content)
    return path


def make_wav(path: Path, samples: NDArray[np.floating], sample_rate_hz: int = 16000) -> Path:
    """A 16-bit WAV file of ``samples`` between -1 and 1, shape (samples,) or (samples, channels)."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        file.setsampwidth(2)
        file.setframerate(sample_rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def tone(seconds: float, frequency_hz: float = 440.0, sample_rate_hz: int = 16000) -> NDArray[np.float64]:
    """A sine of half the full scale, shape (samples,)."""
    at_s = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    return 0.5 * np.sin(2 * np.pi * frequency_hz * at_s)


def read_wav(path: Path) -> NDArray[np.float64]:
    """The samples of a mono 16 kHz 16-bit file between -1 and 1; any other file fails."""
    with wave.open(str(path), "rb") as file:
        assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (16000, 1, 2)
        return np.frombuffer(file.readframes(file.getnframes()), "<i2") / 32768


def level(samples: NDArray[np.floating], from_s: float, to_s: float, frequency_hz: float | None = None) -> float:
    """Root mean square of a stretch of 16 kHz samples; of one frequency alone where it is given."""
    part = samples[round(from_s * 16000) : round(to_s * 16000)]
    if frequency_hz is None:
        return float(np.sqrt(np.mean(part**2)))
    turn = np.exp(-2j * np.pi * frequency_hz * np.arange(len(part)) / 16000)
    return float(np.abs(np.mean(part * turn)) * np.sqrt(2))


@contextlib.contextmanager
def largest_file(size_bytes: int) -> Iterator[None]:
    """Lets this process and its children write no file beyond this size: what a full disk looks like, without one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A file system of 256 KB at ``folder``; the test is skipped where it may not mount one."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small file system needs rights that these tests do not have")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)
