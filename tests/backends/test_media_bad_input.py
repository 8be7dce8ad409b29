"""Files that are no lesson are refused with a sentence and the next step, and leave nothing behind."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.backends.ffmpeg_process import explained
from pipeline.backends.media_ffmpeg import FfmpegMediaReader
from pipeline.config import MediaConfig
from pipeline.errors import DiskFullError, MediaError, NoAudioError, StoreError, shown
from tests.media_files import AAC, FORMATS, H264, largest_file, make_media, make_wav, small_disk, tone, wipe

READER = FfmpegMediaReader(MediaConfig())
TEXT = "Today we talk about fractions. Who can tell me what a half is?\n" * 200


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def shortened(path: Path, size: int) -> Path:
    with path.open("rb+") as file:
        file.truncate(size)
    return path


def folder_called(path: Path) -> Path:
    path.mkdir()
    make_media(path / "inside.mp4")
    return path


def pipe_called(path: Path) -> Path:
    os.mkfifo(path)
    return path


def link_called(path: Path, target: str) -> Path:
    path.symlink_to(target)
    return path


def playlist(path: Path, text: str) -> Path:
    """A text that names a real recording beside it, which must not be opened through it."""
    make_media(path.with_name("secret.mp4"), seconds=3)
    return written(path, text.format(secret=path.with_name("secret.mp4")))


def picture_called(path: Path, suffix: str) -> Path:
    image = np.full((48, 64, 3), 128, np.uint8)
    return written(path, bytes(cv2.imencode(suffix, image)[1].tobytes()))


def wav_of_unknown_codec(path: Path) -> Path:
    content = bytearray(make_wav(path, tone(3)).read_bytes())
    content[20:22] = b"\x99\x99"
    return written(path, bytes(content))


def short(path: Path) -> Path:
    return make_media(path, seconds=0.5)


def playlist_m3u8(path: Path) -> Path:
    return playlist(path, "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\n{secret}\n#EXT-X-ENDLIST\n")


SDP = "v=0\no=- 0 0 IN IP4 127.0.0.1\nm=audio 5004 RTP/AVP 0\n"
NOT_A_RECORDING = "is not a sound or video recording"
BAD: dict[str, tuple[str, Callable[[Path], Path], type[MediaError], str]] = {
    "missing": ("gone.mp4", lambda path: path, MediaError, "There is no file"),
    "folder": ("lesson.mp4", folder_called, MediaError, "is a folder"),
    "empty": ("a.mp4", lambda path: written(path, ""), MediaError, "is empty"),
    "pipe": ("a.mp4", pipe_called, MediaError, "is not a file"),
    "device": ("a.mp4", lambda path: link_called(path, "/dev/zero"), MediaError, "is not a file"),
    "link to nothing": ("a.mp4", lambda path: link_called(path, "nowhere"), MediaError, "There is no file"),
    "link to itself": ("a.mp4", lambda path: link_called(path, "a.mp4"), MediaError, "cannot be opened"),
    "name too long": ("n" * 300 + ".mp4", lambda path: path, MediaError, "cannot be opened"),
    "name with a zero": ("a\0b.mp4", lambda path: path, MediaError, "cannot be opened"),
    "text as mp4": ("notes.mp4", lambda path: written(path, TEXT), MediaError, NOT_A_RECORDING),
    "text as mp3": ("notes.mp3", lambda path: written(path, TEXT), MediaError, ""),
    "text as wav": ("notes.wav", lambda path: written(path, TEXT), MediaError, NOT_A_RECORDING),
    "text as mkv": ("notes.mkv", lambda path: written(path, TEXT), MediaError, NOT_A_RECORDING),
    "text as aac": ("notes.aac", lambda path: written(path, TEXT), MediaError, ""),
    "web page": ("a.mp4", lambda path: written(path, "<!DOCTYPE html><html></html>"), MediaError, NOT_A_RECORDING),
    "pdf": ("a.mp4", lambda path: written(path, b"%PDF-1.7\n" + bytes(2000)), MediaError, NOT_A_RECORDING),
    "zip": ("a.mp4", lambda path: written(path, b"PK\x03\x04" + bytes(2000)), MediaError, NOT_A_RECORDING),
    "subtitles": ("a.mkv", lambda path: written(path, "1\n00:00:01,000 --> 00:00:02,000\nHi\n"), MediaError, ""),
    "jpeg": ("a.mp4", lambda path: picture_called(path, ".jpg"), MediaError, NOT_A_RECORDING),
    "png": ("a.mov", lambda path: picture_called(path, ".png"), MediaError, NOT_A_RECORDING),
    "zeros": ("a.mp4", lambda path: written(path, bytes(100_000)), MediaError, ""),
    "noise as mp4": ("a.mp4", lambda path: written(path, random.Random(1).randbytes(50_000)), MediaError, ""),
    "noise as mp3": ("a.mp3", lambda path: written(path, random.Random(2).randbytes(50_000)), MediaError, ""),
    "noise as ogg": ("a.ogg", lambda path: written(path, random.Random(3).randbytes(50_000)), MediaError, ""),
    "hls playlist": ("a.mp4", playlist_m3u8, MediaError, NOT_A_RECORDING),
    "hls playlist by name": ("a.m3u8", playlist_m3u8, MediaError, NOT_A_RECORDING),
    "concat list": ("a.mp4", lambda path: playlist(path, "ffconcat version 1.0\nfile secret.mp4\n"), MediaError, ""),
    "dash manifest": ("a.mpd", lambda path: playlist(path, "<MPD><BaseURL>secret.mp4</BaseURL></MPD>"), MediaError, ""),
    "stream description": ("a.sdp", lambda path: written(path, SDP), MediaError, ""),
    "cut-off mp4": ("a.mp4", lambda path: shortened(make_media(path, seconds=9), 9000), MediaError, "is cut off"),
    "cut-off mov": ("a.mov", lambda path: shortened(make_media(path, seconds=9), 9000), MediaError, "is cut off"),
    "start of an mp4": ("a.mp4", lambda path: shortened(make_media(path), 20), MediaError, ""),
    "start of an mkv": ("a.mkv", lambda path: shortened(make_media(path), 300), MediaError, ""),
    "start of a flac": ("a.flac", lambda path: shortened(make_media(path), 60), MediaError, ""),
    "start of an ogg": ("a.ogg", lambda path: shortened(make_media(path), 100), MediaError, ""),
    "start of an mp3": ("a.mp3", lambda path: shortened(make_media(path), 100), MediaError, ""),
    "wav header alone": ("a.wav", lambda path: make_wav(path, tone(0)), MediaError, ""),
    "unknown codec": ("a.wav", wav_of_unknown_codec, MediaError, "nothing here can decode"),
    "sound wiped": ("a.mp4", lambda path: wipe(make_media(path), "audio"), MediaError, "cannot be decoded"),
    "mp4 without sound": ("a.mp4", lambda path: make_media(path, *H264, sound=None), NoAudioError, "no audio track"),
    "webm without sound": ("a.webm", lambda path: make_media(path, sound=None), NoAudioError, "no audio track"),
    "avi without sound": ("a.avi", lambda path: make_media(path, sound=None), NoAudioError, "no audio track"),
    **{f"half a second of {suffix}": (f"a{suffix}", short, MediaError, "holds only 0.") for suffix in FORMATS},
}


def refused(action: Callable[[], object], kind: type[Exception], path: Path) -> str:
    with pytest.raises(kind) as caught:
        action()
    error = caught.value
    assert type(error) is kind and isinstance(error, MediaError | StoreError)
    assert shown(path.name) in error.message and error.message.endswith(".")
    assert error.hint.endswith(".") and len(error.hint) > 10
    assert str(error).isprintable() and "Traceback" not in str(error)
    return error.message


@pytest.mark.parametrize("case", BAD)
def test_bad_files_are_refused(tmp_path: Path, capfd: pytest.CaptureFixture[str], case: str) -> None:
    name, make, kind, said = BAD[case]
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    path = make(tmp_path / name)
    assert said in refused(lambda: READER.probe(path), kind, path)
    refused(lambda: READER.extract_audio(path, target, progress=lambda share: None), kind, path)
    assert list(target.parent.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize(
    "name", ["-i.mp4", "a\nb.mp4", "\x1b[31mred\x07.mp4", "'\";rm -rf $HOME.mp4", "🎓.mp4", "\u202eabc.mp4", "%s%n.mp4"]
)
def test_names_in_messages_are_harmless(tmp_path: Path, name: str) -> None:
    path = written(tmp_path / name, "no recording")
    refused(lambda: READER.probe(path), MediaError, path)


def test_a_name_in_another_encoding_is_printable(tmp_path: Path) -> None:
    path = written(tmp_path / os.fsdecode(b"caf\xe9.mp4"), "no recording")
    message = refused(lambda: READER.probe(path), MediaError, path)
    assert message.encode("utf-8").startswith(b"caf\\udce9.mp4 is not")


def test_a_way_out_of_the_folder_is_just_a_missing_file(tmp_path: Path) -> None:
    path = tmp_path / ".." / ".." / "x" / "lesson.mp4"
    refused(lambda: READER.probe(path), MediaError, path)


@pytest.mark.parametrize(
    ("log", "kind", "said"),
    [
        ("[out#0] Error writing trailer: No space left on device", DiskFullError, "disk filled up"),
        ("a.mp4: Permission denied", MediaError, "may not be read"),
        ("Decoding requested, but no decoder found for: none", MediaError, "cannot decode"),
        ("Error: Cannot allocate memory\n", MediaError, "not enough memory"),
        ("some\x1b[31mthing else\n\n", MediaError, r"(ffmpeg: some\x1b[31mthing else)"),
        ("", MediaError, "(ffmpeg: no reason given)"),
    ],
)
def test_what_ffmpeg_says_is_put_in_plain_words(log: str, kind: type[Exception], said: str) -> None:
    def fail() -> None:
        raise explained(log, Path("a.mp4"))

    assert said in refused(fail, kind, Path("a.mp4"))


# ---- access rights and full disks


@contextlib.contextmanager
def nobody() -> Iterator[None]:
    """As a user without rights of his own, where the tests run as the one with all of them."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user may enter."""
    folder = Path("/tmp") / f"lessonmirror-test-{os.getpid()}"
    folder.mkdir()
    folder.chmod(0o755)
    yield folder
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_file_that_may_not_be_read_is_refused(open_folder: Path) -> None:
    path = make_wav(open_folder / "a.wav", tone(2))
    path.chmod(0o000)
    with nobody():
        assert "may not be read" in refused(lambda: READER.probe(path), MediaError, path)


def test_a_folder_that_may_not_be_written_is_named(open_folder: Path) -> None:
    path = make_wav(open_folder / "a.wav", tone(2))
    path.chmod(0o444)
    open_folder.chmod(0o555)
    target = open_folder / "audio.wav"
    with nobody():
        refused(lambda: READER.extract_audio(path, target, progress=lambda share: None), StoreError, target)


def test_a_file_system_without_room_leaves_nothing(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(20))
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    with largest_file(200_000):
        extract = partial(READER.extract_audio, path, target, progress=lambda share: None)
        message = refused(extract, DiskFullError, target.parent)
    assert message == f"There is no room left on the disk that holds {target.parent}."
    assert list(target.parent.iterdir()) == []


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(20))
    with small_disk(tmp_path / "disk") as disk:
        target = disk / "audio.wav"
        refused(lambda: READER.extract_audio(path, target, progress=lambda share: None), DiskFullError, disk)
        assert list(disk.iterdir()) == []


def test_a_header_of_the_wrong_kind_is_not_trusted(tmp_path: Path) -> None:
    """The beginning of an MP4 in front of other content."""
    path = make_media(tmp_path / "a.mp4", *H264, *AAC)
    content = path.read_bytes()
    written(path, content[:32] + TEXT.encode())
    refused(lambda: READER.probe(path), MediaError, path)
