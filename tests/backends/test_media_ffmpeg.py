"""Recordings of every kind are understood, and their sound is laid on the picture's clock."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from pipeline.backends import ffmpeg_process, media_ffmpeg
from pipeline.backends.audio_pcm import PcmAudio
from pipeline.backends.ffmpeg_process import draft_prefix, replacing
from pipeline.backends.media_ffmpeg import FfmpegMediaReader
from pipeline.config import MediaConfig
from pipeline.errors import Cancelled, ConfigError, MediaError, ModelError
from pipeline.lesson import MediaInfo
from pipeline.resources import data_path
from pipeline.timeline import Span
from tests.media_files import (
    AAC,
    AUDIO_FORMATS,
    FORMATS,
    H264,
    PICTURE,
    SOUND,
    level,
    make_media,
    make_wav,
    read_wav,
    run_ffmpeg,
    tone,
)

ROOT = Path(__file__).resolve().parents[2]
READER = FfmpegMediaReader(MediaConfig())


@pytest.fixture(scope="session")
def every_format(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("formats")
    return {suffix: make_media(folder / f"lesson{suffix}") for suffix in FORMATS}


def extract(path: Path, reader: FfmpegMediaReader = READER) -> tuple[np.ndarray, tuple[str, ...]]:
    target = path.parent / "out" / "audio.wav"
    target.parent.mkdir(exist_ok=True)
    notices = reader.extract_audio(path, target, progress=lambda share: None)
    assert [item.name for item in target.parent.iterdir()] == ["audio.wav"]
    return read_wav(target), notices


def probe(path: Path) -> MediaInfo:
    return READER.probe(path)


def children() -> set[str]:
    return {word for task in Path("/proc/self/task").iterdir() for word in (task / "children").read_text().split()}


# ---- every kind of file


@pytest.mark.parametrize("suffix", FORMATS)
def test_every_format_is_probed_and_heard(every_format: dict[str, Path], suffix: str) -> None:
    info = probe(every_format[suffix])
    assert info.duration_s == pytest.approx(2.0, abs=0.12)
    assert (info.video_codec is None) == (suffix in AUDIO_FORMATS)
    assert info.width_px == (None if suffix in AUDIO_FORMATS else 176 if suffix == ".3gp" else 320)
    assert info.audio_channels == 1 and info.rotation_deg == 0 and info.created_at is None
    samples, notices = extract(every_format[suffix])
    assert len(samples) / 16000 == pytest.approx(2.0, abs=0.12) and notices == ()
    assert level(samples, 0.3, 1.7, 440) > 0.8 * level(samples, 0.3, 1.7) > 0.01


def test_codecs_have_ffmpegs_names(every_format: dict[str, Path]) -> None:
    found = {suffix: (probe(path).video_codec, probe(path).audio_codec) for suffix, path in every_format.items()}
    assert found == {
        ".mp4": ("h264", "aac"),
        ".mov": ("h264", "aac"),
        ".mkv": ("h264", "opus"),
        ".webm": ("vp9", "opus"),
        ".avi": ("mpeg4", "mp3"),
        ".3gp": ("h263", "amr_nb"),
        ".m4a": (None, "aac"),
        ".mp3": (None, "mp3"),
        ".wav": (None, "pcm_s16le"),
        ".flac": (None, "flac"),
        ".ogg": (None, "vorbis"),
        ".opus": (None, "opus"),
    }


def test_a_wrong_suffix_does_not_matter(every_format: dict[str, Path], tmp_path: Path) -> None:
    path = tmp_path / "really-a-webm.mp3"
    path.write_bytes(every_format[".webm"].read_bytes())
    assert probe(path).video_codec == "vp9"
    assert len(extract(path)[0]) / 16000 == pytest.approx(2.0, abs=0.1)


@pytest.mark.parametrize(
    "name",
    [
        "-i.mp4",
        "100%03d.mp4",
        "http:lesson.mp4",
        'it\'s "quoted" & $HOME `x`.mp4',
        "Stunde 🎓 7b.mp4",
        "new\nline\x1b[31m.mp4",
        "back\\slash|[x]{1,2}*?#.mp4",
        "Unterrichtsstunde " + "ü" * 110 + ".mp4",
        os.fsdecode(b"not utf-8 \xff.mp4"),
    ],
)
def test_any_file_name_works(every_format: dict[str, Path], tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(every_format[".mp4"].read_bytes())
    assert probe(path).duration_s == pytest.approx(2.0, abs=0.1)
    assert len(extract(path)[0]) == pytest.approx(32000, abs=1600)


def test_a_relative_path_works(every_format: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(every_format[".mp4"].parent)
    assert probe(Path("lesson.mp4")).video_codec == "h264"


def test_the_original_is_left_as_it_was(tmp_path: Path) -> None:
    path = make_media(tmp_path / "lesson.mp4")
    path.chmod(0o444)
    before = (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns, path.stat().st_mode)
    probe(path)
    extract(path)
    assert (hashlib.sha256(path.read_bytes()).digest(), path.stat().st_mtime_ns, path.stat().st_mode) == before


def test_the_analysis_audio_is_what_the_analysis_reads(tmp_path: Path) -> None:
    path = make_media(tmp_path / "lesson.mp4", seconds=3)
    READER.extract_audio(path, tmp_path / "audio.wav", progress=lambda share: None)
    audio = PcmAudio(tmp_path / "audio.wav")
    assert audio.duration_s == pytest.approx(3.0, abs=0.05)
    assert len(audio.read(Span(1.0, 2.0))) == 16000


# ---- what a file says about itself


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("2024-03-01T09:15:00Z", datetime(2024, 3, 1, 9, 15, tzinfo=UTC)),
        ("1970-01-01T00:00:00Z", None),
        ("1904-01-01T00:00:10Z", None),
        ("2099-01-01T00:00:00Z", None),
    ],
)
@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
def test_creation_time_is_read_unless_absurd(tmp_path: Path, suffix: str, written: str, read: datetime | None) -> None:
    path = make_media(tmp_path / f"a{suffix}", *H264, *AAC, "-metadata", f"creation_time={written}")
    assert probe(path).created_at == read


def test_a_phones_local_creation_date_becomes_utc(tmp_path: Path) -> None:
    tag = "com.apple.quicktime.creationdate=2024-03-01T10:15:00+0100"
    path = make_media(tmp_path / "a.mov", *H264, *AAC, "-movflags", "use_metadata_tags", "-metadata", tag)
    assert probe(path).created_at == datetime(2024, 3, 1, 9, 15, tzinfo=UTC)


@pytest.mark.parametrize(("turn", "size"), [(90, (240, 320)), (180, (320, 240)), (270, (240, 320))])
def test_rotated_video_has_its_size_as_seen(tmp_path: Path, turn: int, size: tuple[int, int]) -> None:
    make_media(tmp_path / "flat.mp4")
    run_ffmpeg("-display_rotation", str(-turn), "-i", tmp_path / "flat.mp4", "-c", "copy", tmp_path / "turned.mp4")
    info = probe(tmp_path / "turned.mp4")
    assert (info.width_px, info.height_px) == size and info.rotation_deg == turn


def test_cover_art_is_no_video(tmp_path: Path) -> None:
    make_media(tmp_path / "a.mp3")
    run_ffmpeg("-f", "lavfi", "-i", PICTURE, "-frames:v", "1", tmp_path / "cover.jpg")
    inputs = ("-i", tmp_path / "a.mp3", "-i", tmp_path / "cover.jpg")
    run_ffmpeg(*inputs, "-map", "0", "-map", "1", "-c", "copy", "-disposition:v", "attached_pic", tmp_path / "b.mp3")
    info = probe(tmp_path / "b.mp3")
    assert info.video_codec is None and info.width_px is None
    assert len(extract(tmp_path / "b.mp3")[0]) == pytest.approx(32000, abs=1600)


def test_a_recording_without_a_length_is_measured(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.webm", *FORMATS[".webm"], "-live", "1", seconds=3)  # as browsers record
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.1)
    assert extract(path)[1] == ()


def test_a_length_that_nobody_believes_is_measured(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mkv", *H264, *AAC, seconds=3)
    content = path.read_bytes()
    at = content.index(b"\x44\x89\x88") + 3  # the header's duration, in milliseconds
    path.write_bytes(content[:at] + np.array(9e12, ">f8").tobytes() + content[at + 8 :])
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.1)
    assert extract(path)[1] == ()


def test_text_in_another_encoding_in_the_tags_does_no_harm(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mp3", *FORMATS[".mp3"], "-metadata", "title=Stunde XYZ")
    path.write_bytes(path.read_bytes().replace(b"XYZ", b"\xff\xfe\xfd"))
    assert probe(path).audio_codec == "mp3"


# ---- which sound is heard


def stereo(path: Path, left: np.ndarray, right: np.ndarray) -> Path:
    return make_wav(path, np.stack([left, right], axis=1))


def test_mix_hears_both_channels(tmp_path: Path) -> None:
    samples, notices = extract(stereo(tmp_path / "a.wav", tone(2, 440), tone(2, 1000)))
    assert level(samples, 0.5, 1.5, 440) == pytest.approx(level(samples, 0.5, 1.5, 1000), rel=0.05)
    assert notices == ()


@pytest.mark.parametrize(("channel", "heard", "unheard"), [("left", 440, 1000), ("right", 1000, 440)])
def test_one_channel_can_be_chosen(tmp_path: Path, channel: str, heard: int, unheard: int) -> None:
    path = stereo(tmp_path / "a.wav", tone(2, 440), tone(2, 1000))
    samples, _ = extract(path, FfmpegMediaReader(MediaConfig(channel=channel)))
    assert level(samples, 0.5, 1.5, heard) == pytest.approx(0.354, rel=0.05)
    assert level(samples, 0.5, 1.5, unheard) < 0.001


@pytest.mark.parametrize("channel", ["left", "right"])
def test_mono_has_only_one_channel_whichever_is_chosen(tmp_path: Path, channel: str) -> None:
    samples, _ = extract(make_wav(tmp_path / "a.wav", tone(2)), FfmpegMediaReader(MediaConfig(channel=channel)))
    assert level(samples, 0.5, 1.5, 440) == pytest.approx(0.354, rel=0.05)


def test_channels_that_cancel_out_leave_the_louder_one(tmp_path: Path) -> None:
    samples, notices = extract(stereo(tmp_path / "a.wav", 0.9 * tone(2), -tone(2)))
    assert level(samples, 0.5, 1.5, 440) == pytest.approx(0.354, rel=0.05)
    assert notices == ("The two sound channels cancel each other out; the right one is used.",)


def test_a_microphone_on_one_channel_is_not_taken_for_cancelling(tmp_path: Path) -> None:
    samples, notices = extract(stereo(tmp_path / "a.wav", tone(2), 0 * tone(2)))
    assert level(samples, 0.5, 1.5, 440) == pytest.approx(0.177, rel=0.05) and notices == ()


def test_silence_on_both_channels_is_a_recording_too(tmp_path: Path) -> None:
    samples, notices = extract(stereo(tmp_path / "a.wav", 0 * tone(2), 0 * tone(2)))
    assert len(samples) == 32000 and not samples.any() and notices == ()


@pytest.mark.parametrize(("codec", "ahead"), [("flac", 1.3), ("aac", 1.3), ("ac3", 1.1)])
def test_surround_sound_keeps_the_centre(tmp_path: Path, codec: str, ahead: float) -> None:
    frequencies_hz = {"FL": 500, "FR": 610, "FC": 440, "LFE": 130, "BL": 730, "BR": 820}
    sources = "".join(f"sine=frequency={hz}:duration=2[{name}];" for name, hz in frequencies_hz.items())
    places = "|".join(f"{number}.0-{name}" for number, name in enumerate(frequencies_hz))
    joined = "".join(f"[{name}]" for name in frequencies_hz) + f"join=inputs=6:channel_layout=5.1:map={places}"
    run_ffmpeg("-filter_complex", sources + joined, "-c:a", codec, tmp_path / "a.mkv")
    samples, _ = extract(tmp_path / "a.mkv")
    assert probe(tmp_path / "a.mkv").audio_channels == 6
    levels = {name: level(samples, 0.5, 1.5, hz) for name, hz in frequencies_hz.items()}
    centre = levels.pop("FC")
    assert centre > ahead * max(levels.values()) > 0.005


@pytest.mark.parametrize("channel", ["mix", "right"])
@pytest.mark.parametrize("channels", [3, 4, 7, 16])
def test_any_number_of_channels_becomes_one(tmp_path: Path, channels: int, channel: str) -> None:
    path = make_wav(tmp_path / "a.wav", np.stack([tone(2)] * channels, axis=1))
    assert level(extract(path, FfmpegMediaReader(MediaConfig(channel=channel)))[0], 0.5, 1.5, 440) > 0.05


def two_tracks(path: Path, *options: str, first_s: float = 2, second_s: float = 2) -> Path:
    inputs: list[str] = []
    for frequency_hz, seconds in ((440, first_s), (1000, second_s)):
        inputs += ["-f", "lavfi", "-t", str(seconds), "-i", f"sine=frequency={frequency_hz}"]
    run_ffmpeg(*inputs, "-map", "0", "-map", "1", *AAC, *options, path)
    return path


@pytest.mark.parametrize("suffix", [".mkv", ".mp4"])
def test_the_default_track_is_heard(tmp_path: Path, suffix: str) -> None:
    options = ("-disposition:a:0", "0", "-disposition:a:1", "default")
    samples, _ = extract(two_tracks(tmp_path / f"a{suffix}", *options, first_s=3))
    assert level(samples, 0.5, 1.5, 1000) > 100 * level(samples, 0.5, 1.5, 440)


def test_of_several_default_tracks_the_longest_is_heard(tmp_path: Path) -> None:
    options = ("-disposition:a:0", "default", "-disposition:a:1", "default")
    samples, _ = extract(two_tracks(tmp_path / "a.mp4", *options, second_s=3))
    assert level(samples, 0.5, 1.5, 1000) > 100 * level(samples, 0.5, 1.5, 440)


# ---- the clock


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".webm"])
def test_sound_that_starts_late_keeps_its_place(tmp_path: Path, suffix: str) -> None:
    inputs = ("-f", "lavfi", "-t", "4", "-i", PICTURE, "-itsoffset", "1.5", "-f", "lavfi", "-t", "2", "-i", SOUND)
    run_ffmpeg(*inputs, *(FORMATS[suffix] if suffix != ".mkv" else (*H264, *AAC)), tmp_path / f"a{suffix}")
    samples, _ = extract(tmp_path / f"a{suffix}")
    assert level(samples, 0, 1.4) < 0.001
    assert level(samples, 1.6, 3.4, 440) > 0.05
    assert len(samples) / 16000 == pytest.approx(3.5, abs=0.1)


def test_a_gap_in_the_sound_stays_a_gap(tmp_path: Path) -> None:
    cut = ("-af", "aselect='not(between(t,1,3))'")
    path = make_media(tmp_path / "a.mkv", *H264, "-c:a", "pcm_s16le", *cut, seconds=5)
    samples, _ = extract(path)
    assert len(samples) / 16000 == pytest.approx(5.0, abs=0.1)
    assert level(samples, 1.2, 2.8) < 0.001
    assert level(samples, 0.1, 0.9, 440) > 0.05 and level(samples, 3.2, 4.8, 440) > 0.05


def test_a_clock_that_does_not_start_at_zero_is_shifted(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.ts", *H264, *AAC, "-output_ts_offset", "5000", seconds=3)
    samples, notices = extract(path)
    assert len(samples) / 16000 == pytest.approx(3.0, abs=0.15) and notices == ()


def test_a_variable_frame_rate_does_not_move_the_sound(tmp_path: Path) -> None:
    picture = PICTURE + ",select='gt(mod(n*n,7),2)'"
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, "-fps_mode", "vfr", seconds=3, picture=picture)
    assert probe(path).duration_s == pytest.approx(3.0, abs=0.2)
    assert len(extract(path)[0]) / 16000 == pytest.approx(3.0, abs=0.05)


# ---- files that end too early


def cut(path: Path, share: float) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: round(len(content) * share)])
    return path


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", (*H264, *AAC, "-movflags", "+faststart")),
        ("a.mkv", (*H264, *AAC)),
        ("a.avi", FORMATS[".avi"]),
        ("a.wav", ()),
        ("a.flac", ()),
    ],
)
def test_a_cut_off_file_is_heard_as_far_as_it_goes(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    noise = "anoisesrc=amplitude=0.3:seed=1:sample_rate=16000"  # whose size is the same in every second
    path = cut(make_media(tmp_path / name, *options, seconds=20, sound=noise), 0.5)
    probe(path)
    samples, notices = extract(path)
    assert 5 < len(samples) / 16000 < 15
    read_s = round(len(samples) / 16000)
    assert notices == (f"The recording ends early: 0:{read_s:02d} of 0:20 could be read.",)


def test_a_damaged_middle_keeps_the_rest_in_its_place(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mkv", *H264, *AAC, seconds=12)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)
    samples, _ = extract(path)
    assert len(samples) / 16000 == pytest.approx(12, abs=0.3)
    assert level(samples, 10, 11.5, 440) > 0.05


@pytest.mark.parametrize(("step", "said"), [(37, 1), (37000, 0)])
def test_sound_that_is_damaged_all_over_is_said_and_a_click_is_not(tmp_path: Path, step: int, said: int) -> None:
    content = bytearray(data_path("data", "samples", "lesson.mp4").read_bytes())
    content[100_000::step] = bytes(len(content[100_000::step]))
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    samples, notices = extract(path)
    assert len(samples) / 16000 == pytest.approx(208, abs=1)
    assert notices == ("Part of the recording's sound is damaged: what could not be read counts as silence.",) * said


# ---- progress, cancelling, hanging


def test_progress_rises_to_one(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(60))
    shares: list[float] = []
    READER.extract_audio(path, tmp_path / "audio.wav", progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 5 and shares[0] < 0.5


def test_cancelling_leaves_neither_file_nor_process(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(300))
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    before = children()

    def cancel(share: float) -> None:
        if share > 0.05:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        READER.extract_audio(path, target, progress=cancel)
    assert list(target.parent.iterdir()) == [] and children() <= before


def test_a_killed_run_leaves_a_draft_that_the_next_one_removes(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(300))
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    program = (
        "import os, signal, sys; from pathlib import Path\n"
        "from pipeline.backends.media_ffmpeg import FfmpegMediaReader; from pipeline.config import MediaConfig\n"
        "kill = lambda share: share > 0.05 and os.kill(os.getpid(), signal.SIGKILL)\n"
        "FfmpegMediaReader(MediaConfig()).extract_audio(Path(sys.argv[1]), Path(sys.argv[2]), progress=kill)\n"
    )
    killed = subprocess.run([sys.executable, "-c", program, path, target], cwd=ROOT, check=False)
    assert killed.returncode == -signal.SIGKILL and not target.exists()
    (draft,) = target.parent.iterdir()
    assert draft.name.endswith(".part")
    READER.extract_audio(path, target, progress=lambda share: None)
    assert [item.name for item in target.parent.iterdir()] == ["audio.wav"]
    assert str(path) not in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout


def test_a_failed_run_keeps_the_audio_of_an_earlier_one(tmp_path: Path) -> None:
    target = tmp_path / "audio.wav"
    target.write_bytes(b"earlier")
    (tmp_path / "a.mp4").write_bytes(b"nonsense")
    with pytest.raises(MediaError):
        READER.extract_audio(tmp_path / "a.mp4", target, progress=lambda share: None)
    assert target.read_bytes() == b"earlier"


def test_a_decoder_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ffmpeg_process, "STALL_S", 1.0)
    path = make_wav(tmp_path / "a.wav", tone(300))
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    before = children()

    def freeze(share: float) -> None:
        for child in children() - before:
            os.kill(int(child), signal.SIGSTOP)

    began_s = time.monotonic()
    with pytest.raises(MediaError) as caught:
        READER.extract_audio(path, target, progress=freeze)
    assert "a.wav got stuck" in caught.value.message and caught.value.hint
    assert time.monotonic() - began_s < 10
    assert list(target.parent.iterdir()) == [] and children() <= before


def test_more_than_a_wav_file_can_hold_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(media_ffmpeg, "MAX_AUDIO_BYTES", 5 * 32000)
    target = tmp_path / "out" / "audio.wav"
    target.parent.mkdir()
    with pytest.raises(MediaError) as caught:
        READER.extract_audio(make_wav(tmp_path / "a.wav", tone(8)), target, progress=lambda share: None)
    assert "a.wav is longer" in caught.value.message and "Cut it" in caught.value.hint
    assert list(target.parent.iterdir()) == []


# ---- which ffmpeg


def test_another_ffmpeg_can_be_named(tmp_path: Path) -> None:
    path = make_wav(tmp_path / "a.wav", tone(2))
    reader = FfmpegMediaReader(MediaConfig(ffmpeg=imageio_ffmpeg.get_ffmpeg_exe()))
    assert len(extract(path, reader)[0]) == 32000


def test_the_systems_ffmpeg_is_found_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ffmpeg").symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    path = make_wav(tmp_path / "a.wav", tone(2))
    assert len(extract(path, FfmpegMediaReader(MediaConfig(ffmpeg="system")))[0]) == 32000


@pytest.mark.parametrize("ffmpeg", ["system", "/nowhere/ffmpeg"])
def test_a_missing_ffmpeg_is_a_mistake_in_the_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ffmpeg: str
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = make_wav(tmp_path / "a.wav", tone(2))
    with pytest.raises(ConfigError) as caught:
        extract(path, FfmpegMediaReader(MediaConfig(ffmpeg=ffmpeg)))
    assert "packaged" in caught.value.hint


def test_an_incomplete_installation_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise RuntimeError("no binary")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", missing)
    with pytest.raises(ModelError) as caught:
        extract(make_wav(tmp_path / "a.wav", tone(2)))
    assert "packaged ffmpeg is missing" in caught.value.message and "imageio-ffmpeg" in caught.value.hint


def test_an_ffmpeg_that_does_not_start_is_named(tmp_path: Path) -> None:
    (tmp_path / "ffmpeg").write_bytes(b"\x7fELF nonsense")
    (tmp_path / "ffmpeg").chmod(0o755)
    path = make_wav(tmp_path / "a.wav", tone(2))
    with pytest.raises(ModelError) as caught:
        extract(path, FfmpegMediaReader(MediaConfig(ffmpeg=str(tmp_path / "ffmpeg"))))
    assert "cannot be started" in caught.value.message and "packaged" in caught.value.hint
    assert list((tmp_path / "out").iterdir()) == []


def test_a_script_around_ffmpeg_is_ended_with_it(tmp_path: Path) -> None:
    script = tmp_path / "ffmpeg"
    script.write_text(f'#!/bin/sh\n"{imageio_ffmpeg.get_ffmpeg_exe()}" "$@"\nexit $?\n')
    script.chmod(0o755)
    path = make_wav(tmp_path / "a.wav", tone(300))

    def cancel(share: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        FfmpegMediaReader(MediaConfig(ffmpeg=str(script))).extract_audio(path, tmp_path / "b.wav", progress=cancel)
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(path) not in listing


def test_what_a_killed_process_left_goes_at_the_next_try_and_what_a_living_one_writes_stays(tmp_path: Path) -> None:
    target = tmp_path / "audio.wav"
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    mine = draft_prefix(target)
    left = tmp_path / f"{mine.replace(str(os.getpid()), str(dead.pid))}x.part"
    living, elsewhere = tmp_path / f"{mine}y.part", tmp_path / f".audio.wav.{dead.pid}@another.machine.z.part"
    for path in (left, living, elsewhere):
        path.touch()
    with replacing(target) as draft:
        draft.write_bytes(b"sound")
    assert sorted(tmp_path.iterdir()) == sorted([target, living, elsewhere])
    os.utime(elsewhere, (1e9, 1e9))  # nobody has written to it for so long that its writer, wherever it was, is gone
    with replacing(target) as draft:
        draft.write_bytes(b"sound")
    assert sorted(tmp_path.iterdir()) == sorted([target, living])
