"""Browsers can play every lesson: as it is, copied into another file, or encoded."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.backends.media_container import mp4_boxes
from pipeline.backends.media_ffmpeg import FfmpegMediaReader
from pipeline.backends.media_view import Proxy, is_web_playable, make_proxy
from pipeline.config import MediaConfig
from pipeline.errors import Cancelled, DiskFullError, MediaError
from pipeline.lesson import MediaInfo
from tests.media_files import (
    AAC,
    FORMATS,
    H264,
    PICTURE,
    SOUND,
    largest_file,
    level,
    make_media,
    read_wav,
    run_ffmpeg,
    small_disk,
)

READER = FfmpegMediaReader(MediaConfig())
MP4, MATROSKA = "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm"
FAST_START = ("-movflags", "+faststart")


def proxy_of(path: Path, *, height_px: int = 480, progress: Callable[[float], None] = lambda _: None) -> Proxy:
    folder = path.parent / "view"
    folder.mkdir(exist_ok=True)
    before = hashlib.sha256(path.read_bytes()).digest()
    config = MediaConfig(proxy_height_px=height_px)
    proxy = make_proxy(path, READER.probe(path), folder, config=config, progress=progress)
    assert hashlib.sha256(path.read_bytes()).digest() == before
    assert [item.name for item in folder.iterdir()] == ([proxy.path.name] if proxy.path else [])
    return proxy


def picture(path: Path, at_s: float = 0.5) -> np.ndarray:
    """A frame as players show it, shape (height, width, 3) in RGB."""
    run_ffmpeg("-ss", str(at_s), "-i", path, "-frames:v", "1", path.with_suffix(".png"))
    with av.open(str(path.with_suffix(".png"))) as container:
        return next(container.decode(video=0)).to_ndarray(format="rgb24")


def info(container: str, video: str | None, audio: str, pixel_format: str | None = "yuv420p") -> MediaInfo:
    return MediaInfo(10.0, container, audio, 2, video, 1280, 720, 0, pixel_format)


@pytest.mark.parametrize(
    ("suffix", "media", "playable"),
    [
        (".mp4", info(MP4, "h264", "aac"), True),
        (".MP4", info(MP4, "h264", "aac"), True),
        (".mov", info(MP4, "h264", "mp3"), True),
        (".mp4", info(MP4, "h264", "aac", "yuvj420p"), True),
        (".mp4", info(MP4, "h264", "aac", "yuv420p10le"), False),
        (".mp4", info(MP4, "h264", "aac", "yuv444p"), False),
        (".mp4", info(MP4, "hevc", "aac"), False),
        (".mp4", info(MP4, "h264", "ac3"), False),
        (".mkv", info(MATROSKA, "h264", "aac"), False),
        (".webm", info(MATROSKA, "vp8", "vorbis"), True),
        (".webm", info(MATROSKA, "vp9", "opus"), True),
        (".webm", info(MATROSKA, "h264", "aac"), False),
        (".webm", info(MATROSKA, None, "opus"), True),
        (".avi", info("avi", "h264", "mp3"), False),
        (".m4a", info(MP4, None, "aac"), True),
        (".m4a", info(MP4, None, "alac"), False),
        (".mp3", info("mp3", None, "mp3"), True),
        (".wav", info("wav", None, "pcm_s16le"), True),
        (".wav", info("wav", None, "adpcm_ms"), False),
        (".flac", info("flac", None, "flac"), True),
        (".ogg", info("ogg", None, "vorbis"), True),
        (".ogg", info("ogg", "theora", "vorbis"), False),
        (".opus", info("ogg", None, "opus"), True),
        (".wma", info("asf", None, "wmav2"), False),
        (".mp3", info(MATROSKA, "vp9", "opus"), False),
        ("", info(MP4, "h264", "aac"), False),
    ],
)
def test_what_browsers_play(suffix: str, media: MediaInfo, playable: bool) -> None:
    assert is_web_playable(media, suffix) is playable


@pytest.mark.parametrize(
    ("suffix", "how"),
    [
        (".mp4", "remuxed"),  # its index lies at the end
        (".mov", "remuxed"),
        (".mkv", "encoded"),
        (".webm", "original"),
        (".avi", "encoded"),
        (".3gp", "encoded"),
        (".m4a", "remuxed"),
        (".mp3", "original"),
        (".wav", "original"),
        (".flac", "original"),
        (".ogg", "original"),
        (".opus", "original"),
    ],
)
def test_every_format_ends_up_playable(tmp_path: Path, suffix: str, how: str) -> None:
    path = make_media(tmp_path / f"lesson{suffix}")
    proxy = proxy_of(path)
    assert proxy.how == how
    if proxy.path is not None:
        made = READER.probe(proxy.path)
        assert is_web_playable(made, proxy.path.suffix) and made.duration_s == pytest.approx(2.0, abs=0.15)
        assert proxy.path.suffix == (".m4a" if made.video_codec is None else ".mp4")
        assert mp4_boxes(proxy.path).index("moov") < mp4_boxes(proxy.path).index("mdat")
        assert proxy_of(proxy.path) == Proxy("original", None)


def test_an_mp4_that_starts_fast_is_served_itself(tmp_path: Path) -> None:
    assert proxy_of(make_media(tmp_path / "a.mp4", *H264, *AAC, *FAST_START)) == Proxy("original", None)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mkv", (*H264, *AAC)),
        ("a.mkv", (*H264, "-c:a", "libmp3lame")),
        ("a.ts", (*H264, *AAC)),
        ("a.aac", AAC),
        ("fragments.mp4", (*H264, *AAC, "-movflags", "frag_keyframe+empty_moov")),
        ("late.mp4", (*H264, *AAC, *FAST_START, "-output_ts_offset", "3")),
    ],
)
def test_playable_streams_in_other_files_are_copied(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = make_media(tmp_path / name, *options, picture=None if name.endswith(".aac") else PICTURE)
    proxy = proxy_of(path)
    assert proxy.how == "remuxed" and proxy.path is not None
    assert READER.probe(proxy.path).duration_s == pytest.approx(2.0, abs=0.15)
    assert proxy_of(proxy.path).how == "original"


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none", *AAC)),
        ("a.mp4", ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le", *AAC)),
        ("a.mp4", (*H264, "-c:a", "ac3")),
        ("a.wmv", ("-c:v", "wmv2", "-c:a", "wmav2")),
        ("live.webm", (*FORMATS[".webm"], "-live", "1")),  # as browsers record: without a length
        ("a.amr", ("-c:a", "libopencore_amrnb", "-ar", "8000")),
        ("a.caf", ("-c:a", "alac")),
    ],
)
def test_other_streams_are_encoded(tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    path = make_media(tmp_path / name, *options, picture=None if name[-4:] in {".amr", ".caf"} else PICTURE)
    proxy = proxy_of(path)
    assert proxy.how == "encoded" and proxy.path is not None
    assert READER.probe(proxy.path).duration_s == pytest.approx(2.0, abs=0.15)
    assert proxy_of(proxy.path).how == "original"


def test_streams_that_mp4_refuses_are_encoded(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mkv", *H264, "-c:a", "libmp3lame", "-ar", "8000")
    proxy = proxy_of(path)
    assert proxy.how == "encoded" and proxy.path is not None
    assert READER.probe(proxy.path).duration_s == pytest.approx(2.0, abs=0.2)


def test_frames_keep_their_order_where_the_file_does_not_tell_it(tmp_path: Path) -> None:
    """A copy of H.264 from AVI would show frames in the order in which they are stored."""
    picture = "color=black:size=160x120:rate=25,drawbox=x=0:y=0:w=iw:h=ih:color=white:t=fill:enable='gte(t,1)'"
    options = ("-c:v", "libx264", "-pix_fmt", "yuv420p", "-bf", "3", "-c:a", "libmp3lame")
    proxy = proxy_of(make_media(tmp_path / "a.avi", *options, picture=picture))
    assert proxy.how == "encoded" and proxy.path is not None
    with av.open(str(proxy.path)) as container:
        white = [frame.to_ndarray(format="gray").mean() > 128 for frame in container.decode(video=0)]
    assert white == sorted(white) and 0 < sum(white) < len(white)


@pytest.mark.parametrize("turn", [90, 180, 270])
@pytest.mark.parametrize("how", ["remuxed", "encoded"])
def test_phone_video_is_shown_upright(tmp_path: Path, turn: int, how: str) -> None:
    codec = H264 if how == "remuxed" else ("-c:v", "mpeg4", "-q:v", "2")
    make_media(tmp_path / "flat.mp4", *codec, *AAC)
    run_ffmpeg("-display_rotation", str(-turn), "-i", tmp_path / "flat.mp4", "-c", "copy", tmp_path / "turned.mp4")
    proxy = proxy_of(tmp_path / "turned.mp4")
    assert proxy.how == how and proxy.path is not None
    upright = np.rot90(picture(tmp_path / "flat.mp4"), -turn // 90)
    assert np.abs(picture(proxy.path).astype(int) - upright).mean() < 12


@pytest.mark.parametrize(
    ("size", "sample_aspect", "height_px", "expected"),
    [
        ("1280x720", "1", 480, (854, 480)),
        ("720x1280", "1", 480, (270, 480)),
        ("321x241", "1", 480, (320, 240)),
        ("320x240", "1", 145, (192, 144)),
        ("720x576", "16/11", 480, (872, 480)),
        ("2x2", "1", 480, (2, 2)),
    ],
)
def test_a_proxy_has_at_most_the_configured_lines_even_sizes_and_square_pixels(
    tmp_path: Path, size: str, sample_aspect: str, height_px: int, expected: tuple[int, int]
) -> None:
    source = f"testsrc2=size={size}:rate=5,setsar={sample_aspect}"
    options = ("-c:v", "ffv1", "-pix_fmt", "yuv444p", *AAC)
    proxy = proxy_of(make_media(tmp_path / "a.mkv", *options, picture=source), height_px=height_px)
    assert proxy.path is not None
    made = READER.probe(proxy.path)
    assert (made.width_px, made.height_px) == expected and made.pixel_format == "yuv420p"
    with av.open(str(proxy.path)) as container:
        assert container.streams.video[0].sample_aspect_ratio == 1


@pytest.mark.parametrize(("rate", "expected"), [(12, 12), (25, 25), (50, 25), (60, 30), (120, 30)])
def test_fast_video_is_slowed_to_what_a_lesson_needs(tmp_path: Path, rate: int, expected: int) -> None:
    path = make_media(tmp_path / "a.avi", picture=f"testsrc2=size=160x120:rate={rate}")
    proxy = proxy_of(path)
    assert proxy.path is not None
    with av.open(str(proxy.path)) as container:
        frames = sum(1 for packet in container.demux(video=0) if packet.size)
    assert frames == pytest.approx(2 * expected, abs=3)


def test_a_variable_frame_rate_keeps_its_times(tmp_path: Path) -> None:
    source = "testsrc2=size=160x120:rate=30,select='if(lt(t,2),not(mod(n,30)),1)'"  # 1, then 30 frames a second
    path = make_media(tmp_path / "a.mkv", "-c:v", "mpeg4", *AAC, "-fps_mode", "vfr", picture=source, seconds=4)
    proxy = proxy_of(path)
    assert proxy.how == "encoded" and proxy.path is not None
    with av.open(str(proxy.path)) as container:
        times_s = [frame.time for frame in container.decode(video=0)]
    assert 55 < len(times_s) < 70 and times_s[1] == pytest.approx(1.0, abs=0.05)
    assert times_s[-1] == pytest.approx(4.0, abs=0.1)


@pytest.mark.parametrize("codec", ["libx264", "mpeg4"])
def test_sound_that_starts_late_does_so_in_the_proxy(tmp_path: Path, codec: str) -> None:
    inputs = ("-f", "lavfi", "-t", "4", "-i", PICTURE, "-itsoffset", "1.5", "-f", "lavfi", "-t", "2", "-i", SOUND)
    run_ffmpeg(*inputs, "-c:v", codec, "-pix_fmt", "yuv420p", *AAC, tmp_path / "a.mkv")
    proxy = proxy_of(tmp_path / "a.mkv")
    assert proxy.path is not None
    READER.extract_audio(proxy.path, tmp_path / "audio.wav", progress=lambda _: None)
    samples = read_wav(tmp_path / "audio.wav")
    assert level(samples, 0, 1.35) < 0.002 and level(samples, 1.65, 3.3, 440) > 0.05


def test_a_proxy_can_be_jumped_in(tmp_path: Path) -> None:
    proxy = proxy_of(make_media(tmp_path / "a.avi", seconds=9))
    assert proxy.path is not None
    with av.open(str(proxy.path)) as container:
        keys_s = [float(p.pts * p.time_base) for p in container.demux(video=0) if p.size and p.is_keyframe]
    assert max(np.diff(keys_s)) <= 2.1


def test_where_and_by_whom_a_lesson_was_filmed_stays_out_of_the_proxy(tmp_path: Path) -> None:
    tags = ("-metadata", "location=+48.1+011.5/", "-metadata", "artist=Somebody")
    for codec in ("libx264", "mpeg4"):
        path = make_media(tmp_path / f"{codec}.mkv", "-c:v", codec, "-pix_fmt", "yuv420p", *AAC, *tags)
        proxy = proxy_of(path)
        assert proxy.path is not None
        assert b"+48.1" not in proxy.path.read_bytes() and b"Somebody" not in proxy.path.read_bytes()


@pytest.mark.parametrize("options", [(*H264, *AAC), ("-c:v", "mpeg4", *AAC)])
def test_the_proxy_has_the_track_that_was_heard(tmp_path: Path, options: tuple[str, ...]) -> None:
    sounds = ("-f", "lavfi", "-t", "2", "-i", SOUND, "-f", "lavfi", "-t", "2", "-i", "sine=frequency=1000")
    maps = ("-map", "0", "-map", "1", "-map", "2", "-disposition:a:0", "0", "-disposition:a:1", "default")
    run_ffmpeg("-f", "lavfi", "-t", "2", "-i", PICTURE, *sounds, *maps, *options, tmp_path / "a.mkv")
    proxy = proxy_of(tmp_path / "a.mkv")
    assert proxy.path is not None
    READER.extract_audio(proxy.path, tmp_path / "audio.wav", progress=lambda _: None)
    assert level(read_wav(tmp_path / "audio.wav"), 0.5, 1.5, 1000) > 0.05


@pytest.mark.parametrize("name", ["-i 100%03d: 'x' 🎓\n.avi", "back\\slash|[x]{1,2}*?#.avi"])
def test_any_file_name_works(tmp_path: Path, name: str) -> None:
    (make_media(tmp_path / "a.avi")).rename(tmp_path / name)
    assert proxy_of(tmp_path / name).how == "encoded"


def test_a_cut_off_recording_has_a_proxy_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mkv", "-c:v", "mpeg4", *AAC, seconds=10)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    proxy = proxy_of(path)
    assert proxy.path is not None and 2 < READER.probe(proxy.path).duration_s < 9


# ---- progress, cancelling, a full disk


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    proxy_of(make_media(tmp_path / "a.avi", seconds=20), progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 2


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.avi", seconds=20)

    def cancel(share: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        proxy_of(path, progress=cancel)
    assert list((tmp_path / "view").iterdir()) == []


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_a_disk_that_fills_up_leaves_nothing(tmp_path: Path, name: str) -> None:
    noise = "nullsrc=size=320x240:rate=25,noise=alls=100:allf=t"  # which cannot be made small
    path = make_media(tmp_path / name, picture=noise)
    media = READER.probe(path)
    with small_disk(tmp_path / "disk") as disk:
        with pytest.raises(DiskFullError) as caught:
            make_proxy(path, media, disk, config=MediaConfig(), progress=lambda _: None)
        assert caught.value.hint and list(disk.iterdir()) == []


@pytest.mark.parametrize("name", ["a.avi", "a.mp4"])
def test_a_file_system_without_room_leaves_nothing(tmp_path: Path, name: str) -> None:
    path = make_media(tmp_path / name, seconds=10)
    media = READER.probe(path)
    with largest_file(20_000), pytest.raises(DiskFullError) as caught:
        make_proxy(path, media, tmp_path, config=MediaConfig(), progress=lambda _: None)
    assert caught.value.hint and [item.name for item in tmp_path.iterdir()] == [name]


def test_a_recording_that_has_gone_is_refused(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.avi")
    media = READER.probe(path)
    path.unlink()
    with pytest.raises(MediaError) as caught:
        make_proxy(path, media, tmp_path, config=MediaConfig(), progress=lambda _: None)
    assert "a.avi" in caught.value.message and list(tmp_path.iterdir()) == []
