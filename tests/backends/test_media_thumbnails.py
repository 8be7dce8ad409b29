"""A lesson's poster and thumbnails show what there is to see, at the right times."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.analysis import scenes
from pipeline.backends.media_thumbnails import POSTER_PX, THUMBNAIL_PX, make_thumbnails
from pipeline.errors import Cancelled, DiskFullError, MediaError
from tests.media_files import AAC, H264, PICTURE, VIDEO_FORMATS, largest_file, make_media, run_ffmpeg, wipe

KEY_EACH_S = ("-g", "25")  # at 25 frames a second
QUIET = "anullsrc=sample_rate=8000:channel_layout=mono"  # quick to encode


def slides(*starts_s: float, before: str = "white") -> str:
    """A picture whose content changes at these times."""
    boxes = [
        f"drawbox=x={10 + 40 * (number % 4)}:y={10 + 30 * (number % 3)}:w=150:h=110:color={colour}:t=fill"
        f":enable='between(t,{start_s - 0.01},{end_s - 0.01})'"
        for number, (start_s, end_s, colour) in enumerate(
            zip(starts_s, (*starts_s[1:], 1e6), ("blue", "black", "red", "green", "purple") * 40, strict=False)
        )
    ]
    return ",".join((f"color={before}:size=320x240:rate=25", *boxes))


def thumbnails(path: Path) -> tuple[float, ...]:
    folder = path.parent / "view"
    folder.mkdir(exist_ok=True)
    times_s = make_thumbnails(path, folder, progress=lambda share: None)
    names = sorted(item.name for item in (folder / "thumbs").iterdir())
    assert names == [f"{round(at_s * 1000):09d}.jpg" for at_s in times_s]
    assert sorted(item.name for item in folder.iterdir()) == ["poster.jpg", "thumbs"]
    return times_s


def image(path: Path) -> np.ndarray:
    found = cv2.imread(str(path))
    assert found is not None
    return found


def test_each_new_slide_has_a_thumbnail_at_its_time(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, *KEY_EACH_S, seconds=24, picture=slides(0, 6, 12, 18))
    assert thumbnails(path) == pytest.approx((0, 6, 12, 18), abs=0.05)
    blue, black = (image(tmp_path / "view" / "thumbs" / f"{ms:09d}.jpg") for ms in (0, 6000))
    assert blue[60, 80, 0] > 200 > 60 > blue[60, 80, 2] and black[95, 125].max() < 40


def test_times_are_those_of_the_sound(tmp_path: Path) -> None:
    """A file whose clock starts at 100 s: its first frame is at 0 all the same."""
    options = (*H264, *AAC, *KEY_EACH_S, "-output_ts_offset", "100")
    path = make_media(tmp_path / "a.ts", *options, seconds=14, picture=slides(0, 8))
    assert thumbnails(path) == pytest.approx((0, 8), abs=0.1)


def test_a_picture_that_starts_late_has_late_times(tmp_path: Path) -> None:
    late = ("-itsoffset", "5", "-f", "lavfi", "-t", "12", "-i", slides(0, 6))
    run_ffmpeg("-f", "lavfi", "-t", "17", "-i", "sine", *late, *H264, *AAC, *KEY_EACH_S, tmp_path / "a.mkv")
    assert thumbnails(tmp_path / "a.mkv") == pytest.approx((5, 11), abs=0.1)


@pytest.mark.parametrize("suffix", VIDEO_FORMATS)
def test_every_kind_of_video_has_a_poster(tmp_path: Path, suffix: str) -> None:
    assert thumbnails(make_media(tmp_path / f"a{suffix}"))[0] == pytest.approx(0, abs=0.1)
    assert image(tmp_path / "view" / "poster.jpg").std() > 30


@pytest.mark.parametrize(
    "codec",
    [
        ("-c:v", "libx264", "-bf", "3", "-g", "50", "-x264-params", "open-gop=1", "-pix_fmt", "yuv420p"),
        ("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "keyint=50:open-gop=1:bframes=3:log-level=none"),
        ("-c:v", "mpeg2video", "-bf", "2", "-g", "12", "-q:v", "3"),
    ],
)
def test_frames_out_of_order_are_shown_at_their_own_time(tmp_path: Path, codec: tuple[str, ...]) -> None:
    first_s, second_s = thumbnails(make_media(tmp_path / "a.mkv", *codec, *AAC, seconds=14, picture=slides(0, 8)))
    assert first_s == pytest.approx(0, abs=0.05) and 8 <= second_s <= 8 + 2 + 0.5  # a step and a key frame later
    assert image(tmp_path / "view" / "thumbs" / f"{round(second_s * 1000):09d}.jpg")[95, 125].max() < 60


@pytest.mark.parametrize("codec", [("-c:v", "mjpeg", "-pix_fmt", "yuvj420p"), ("-c:v", "libx264", "-g", "1")])
def test_films_of_key_frames_alone_are_looked_at_now_and_then(tmp_path: Path, codec: tuple[str, ...]) -> None:
    path = make_media(tmp_path / "a.mkv", *codec, *AAC, seconds=14, picture=slides(0, 8))
    assert thumbnails(path) == pytest.approx((0, 8), abs=0.05)


def test_sparse_key_frames_give_what_they_can(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, "-g", "250", seconds=22, picture=slides(0, 7, 14))
    assert thumbnails(path) == pytest.approx((0, 10, 20), abs=0.05)


def test_a_black_beginning_is_neither_poster_nor_thumbnail(tmp_path: Path) -> None:
    picture = slides(4, before="black")
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, *KEY_EACH_S, seconds=8, picture=picture)
    assert thumbnails(path)[0] >= 4
    assert image(tmp_path / "view" / "poster.jpg").std() > 20


def test_a_film_whose_only_key_frame_is_black_has_a_poster_from_in_between(tmp_path: Path) -> None:
    picture = slides(2, before="black")
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, "-g", "1000", seconds=4, picture=picture)
    assert thumbnails(path)[0] >= 2
    assert image(tmp_path / "view" / "poster.jpg").std() > 20


def test_a_film_that_is_black_all_the_time_has_a_black_poster(tmp_path: Path) -> None:
    assert thumbnails(make_media(tmp_path / "a.mp4", picture="color=black:size=320x240:rate=25"))[0] == 0


def test_a_fixed_camera_has_a_thumbnail_a_minute(tmp_path: Path) -> None:
    picture = "color=gray:size=64x48:rate=1,drawbox=x=9:y=9:w=20:h=20:color=white:t=fill"
    options = (*H264, *AAC, "-g", "10")
    times_s = thumbnails(make_media(tmp_path / "a.mp4", *options, seconds=300, picture=picture, sound=QUIET))
    assert 5 <= len(times_s) <= 10 and max(np.diff(times_s)) <= scenes.FILL_GAP_S


def test_a_flood_of_slides_is_thinned_out(tmp_path: Path) -> None:
    pattern = "geq=lum='mod((X+3)*(Y+5)*floor(T/6)*7,220)':cb=128:cr=128"  # a new one every 6 s
    picture = f"nullsrc=size=64x48:rate=1,{pattern}"
    options = (*H264, *AAC, "-g", "3")
    times_s = thumbnails(make_media(tmp_path / "a.mp4", *options, seconds=900, picture=picture, sound=QUIET))
    assert len(times_s) == scenes.MOST_FRAMES


@pytest.mark.parametrize("turn", [90, 180, 270])
def test_phone_video_is_upright(tmp_path: Path, turn: int) -> None:
    flat, turned = tmp_path / "flat" / "a.mp4", tmp_path / "turned" / "a.mp4"
    flat.parent.mkdir()
    turned.parent.mkdir()
    make_media(flat)
    run_ffmpeg("-display_rotation", str(-turn), "-i", flat, "-c", "copy", turned)
    thumbnails(flat)
    thumbnails(turned)
    upright = np.rot90(image(flat.parent / "view" / "poster.jpg"), -turn // 90)
    assert np.abs(image(turned.parent / "view" / "poster.jpg").astype(int) - upright).mean() < 8


def test_pictures_are_small_and_have_square_pixels(tmp_path: Path) -> None:
    picture = "testsrc2=size=1440x1080:rate=5,setsar=4/3"
    thumbnails(make_media(tmp_path / "a.mp4", *H264, *AAC, picture=picture))
    assert image(tmp_path / "view" / "poster.jpg").shape == (720, POSTER_PX, 3)
    assert image(tmp_path / "view" / "thumbs" / "000000000.jpg").shape == (180, THUMBNAIL_PX, 3)


@pytest.mark.parametrize("suffix", [".mp3", ".wav"])
def test_sound_alone_has_no_pictures(tmp_path: Path, suffix: str) -> None:
    assert make_thumbnails(make_media(tmp_path / f"a{suffix}"), tmp_path, progress=lambda share: None) == ()
    assert [item.name for item in tmp_path.iterdir()] == [f"a{suffix}"]


def test_a_second_run_replaces_the_first(tmp_path: Path) -> None:
    first = thumbnails(make_media(tmp_path / "a.mp4", *H264, *AAC, *KEY_EACH_S, seconds=14, picture=slides(0, 8)))
    second = thumbnails(make_media(tmp_path / "a.mp4", *H264, *AAC, *KEY_EACH_S, seconds=4))
    assert len(first) == 2 and len(second) == 1


def test_what_a_killed_run_left_is_removed(tmp_path: Path) -> None:
    left, working = (tmp_path / "view" / name for name in (".thumbs.left.part", ".thumbs.working.part"))
    (left / "new").mkdir(parents=True)
    os.utime(left, (1e9, 1e9))
    working.mkdir()
    make_thumbnails(make_media(tmp_path / "a.mp4"), tmp_path / "view", progress=lambda share: None)
    assert not left.exists() and working.exists()


def test_a_cut_off_film_is_shown_as_far_as_it_goes(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mkv", *H264, *AAC, *KEY_EACH_S, seconds=20)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert thumbnails(path)


def test_a_picture_that_cannot_be_decoded_is_named(tmp_path: Path) -> None:
    path = wipe(make_media(tmp_path / "a.mov"), "video")
    with pytest.raises(MediaError) as caught:
        make_thumbnails(path, tmp_path, progress=lambda share: None)
    assert "a.mov" in caught.value.message and "sound" in caught.value.hint
    assert [item.name for item in tmp_path.iterdir()] == ["a.mov"]


def test_progress_rises_to_one(tmp_path: Path) -> None:
    shares: list[float] = []
    path = make_media(tmp_path / "a.mp4", *H264, *AAC, *KEY_EACH_S, seconds=9)
    make_thumbnails(path, tmp_path, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0 and len(shares) > 3


def test_progress_does_not_fall_when_a_black_film_is_looked_at_again(tmp_path: Path) -> None:
    shares: list[float] = []
    path = make_media(tmp_path / "a.mp4", picture="color=black:size=320x240:rate=25", seconds=4)
    make_thumbnails(path, tmp_path, progress=shares.append)
    assert shares == sorted(shares) and shares[-1] == 1.0


def test_cancelling_leaves_nothing(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mp4")

    def cancel(share: float) -> None:
        raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        make_thumbnails(path, tmp_path, progress=cancel)
    assert [item.name for item in tmp_path.iterdir()] == ["a.mp4"]


def test_a_full_disk_leaves_nothing(tmp_path: Path) -> None:
    path = make_media(tmp_path / "a.mp4", picture=PICTURE)
    with largest_file(500), pytest.raises(DiskFullError) as caught:
        make_thumbnails(path, tmp_path, progress=lambda share: None)
    assert caught.value.message == f"There is no room left on the disk that holds {tmp_path}."
    assert caught.value.hint and [item.name for item in tmp_path.iterdir()] == ["a.mp4"]
