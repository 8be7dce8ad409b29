"""Bad input on the command line: a sentence and the next step, exit code 1, no traceback, nothing half-written, the library whole.

What a media file can have wrong is tested case by case in tests/backends/test_media_bad_input.py; here the whole program meets it.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.media_files import AAC, H264, make_media, make_wav
from tests.programs import SAMPLE, excerpt, run_program

RATE_HZ = 16000


def _empty(path: Path) -> Path:
    path.touch()
    return path


def _text(path: Path) -> Path:
    path.write_text("Dear colleagues,\nthe lesson plan follows.\n" * 50)
    return path


def _cut(path: Path) -> Path:
    path.write_bytes(make_media(path.with_name("whole.mp4"), *H264, *AAC).read_bytes()[:3000])
    return path


def _silent_film(path: Path) -> Path:
    return make_media(path, *H264, sound=None)


def _half_second(path: Path) -> Path:
    return make_wav(path, 0.1 * np.random.default_rng(0).standard_normal(RATE_HZ // 2))


def _silence(path: Path) -> Path:
    return make_wav(path, np.zeros(20 * RATE_HZ))


def _noise(path: Path) -> Path:
    return make_wav(path, 0.05 * np.random.default_rng(1).standard_normal(20 * RATE_HZ))


def _music(path: Path) -> Path:
    at_s = np.arange(20 * RATE_HZ) / RATE_HZ
    chords = (np.array([220, 277, 330]), np.array([196, 247, 294]), np.array([175, 220, 262]))
    sound = np.zeros_like(at_s)
    for beat in range(20):
        inside = (at_s >= beat) & (at_s < beat + 1)
        fade = np.exp(-2 * (at_s[inside] - beat))
        sound[inside] = sum(np.sin(2 * np.pi * f * at_s[inside]) for f in chords[beat % 3]) * fade / 6
    return make_wav(path, sound)


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


def _missing(path: Path) -> Path:
    return path


def _dangling(path: Path) -> Path:
    path.symlink_to("nowhere.mp4")
    return path


def _device(path: Path) -> Path:
    return Path("/dev/null")


def _picture(path: Path) -> Path:
    import cv2

    cv2.imwrite(str(path.with_suffix(".png")), np.full((48, 64, 3), 99, np.uint8))
    return path.with_suffix(".png").rename(path)


def _bad_sidecar(path: Path) -> Path:
    make_media(path)
    path.with_name(path.name + ".toml").write_text('teachr = "A. Example"\n')
    return path


CASES: list[tuple[Callable[[Path], Path], str, int, str]] = [
    (_empty, "empty.mp4", 1, "empty"),
    (_text, "plan.mp4", 1, ""),
    (_cut, "cut.mp4", 1, ""),
    (_silent_film, "film.mp4", 1, "no "),
    (_half_second, "short.wav", 1, ""),
    (_silence, "silence.wav", 1, "No speech"),
    (_noise, "noise.wav", 1, "No speech"),
    (_music, "music.wav", 1, "No speech"),
    (_folder, "folder.mp4", 1, "folder"),
    (_missing, "missing.mp4", 1, ""),
    (_dangling, "link.mp4", 1, ""),
    (_device, "null", 1, ""),
    (_picture, "board.mp4", 1, ""),
    (_bad_sidecar, "talk.mp4", 2, "did you mean 'teacher'?"),
    (_empty, "with spaces and 'quotes'.mp4", 1, "with spaces"),
    (_empty, 'double "quotes".mp4', 1, ""),
    (_empty, "emoji 🎓.mp4", 1, "🎓"),
    (_empty, "-dash.mp4", 1, ""),
    (_empty, "percent%d.mp4", 1, ""),
    (_empty, "new\nline.mp4", 1, ""),
    (_empty, "bell\a\x1b[31m.mp4", 1, ""),
]


@pytest.mark.parametrize(
    ("make", "name", "code", "words"), CASES, ids=[repr(name) + make.__name__ for make, name, _, _ in CASES]
)
def test_bad_input_gets_a_sentence_and_leaves_nothing(
    make: Callable[[Path], Path], name: str, code: int, words: str, tmp_path: Path
) -> None:
    library, out = tmp_path / "library", tmp_path / "out"
    path = make(tmp_path / name)
    done = run_program(library, "analyze", "--out", out, "--", path)
    assert done.returncode == code, done.stdout + done.stderr
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) >= 2 or code == 2  # what is wrong, and what to do
    assert "\x1b" not in done.stderr and "\a" not in done.stderr
    assert not out.exists() or not list(out.iterdir())
    assert_whole(library)


def assert_whole(library: Path) -> None:
    """The database passes its own check, and nothing half-written lies about."""
    with sqlite3.connect(library / "library.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert database.execute("PRAGMA foreign_key_check").fetchall() == []
    strays = [path for path in library.rglob("*") if path.suffix in (".part", ".tmp") or path.name.startswith(".take")]
    assert strays == []


def test_a_name_with_parents_stays_inside_the_output_folder(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    excerpt(tmp_path / "up.mp4")
    done = run_program(
        tmp_path / "library",
        "analyze",
        tmp_path / "a" / ".." / "up.mp4",
        "--out",
        tmp_path / "out",
        "--model",
        "tiny.en",
    )
    assert done.returncode == 0, done.stderr
    assert [path.name[:3] for path in (tmp_path / "out").iterdir()] == ["up-"]


def test_one_bad_file_does_not_stop_the_others_and_two_of_one_name_stay_apart(tmp_path: Path) -> None:
    first, second = tmp_path / "one" / "talk.wav", tmp_path / "two" / "talk.wav"
    for path, seed in ((first, 3), (second, 4)):
        path.parent.mkdir()
        _with_speech(path, seed)
    done = run_program(
        tmp_path / "library",
        "analyze",
        first,
        _empty(tmp_path / "bad.mp4"),
        second,
        "--out",
        tmp_path / "out",
        "--model",
        "tiny.en",
    )
    assert done.returncode == 1
    assert "2 of 3 recordings were analysed" in done.stdout
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert len(names) == 2 and all(name.startswith("talk-") for name in names)


def _with_speech(path: Path, seed: int) -> None:
    """Twenty seconds of the sample with a little noise of its own, so that each has a hash of its own."""
    from pipeline.backends.audio_pcm import PcmAudio
    from pipeline.backends.media_ffmpeg import FfmpegMediaReader
    from pipeline.config import MediaConfig
    from pipeline.timeline import Span

    whole = path.with_name("whole.wav")
    FfmpegMediaReader(MediaConfig()).extract_audio(SAMPLE, whole, progress=lambda done: None)
    samples = PcmAudio(whole).read(Span(0, 20)).astype(float)
    make_wav(path, samples + 1e-4 * np.random.default_rng(seed).standard_normal(len(samples)))
    whole.unlink()


def test_an_unreadable_file_gets_a_sentence_and_the_next_file_its_turn(tmp_path: Path) -> None:
    path = make_media(tmp_path / "locked.mp4")
    path.chmod(0)
    done = run_program(tmp_path / "library", "analyze", path, _empty(tmp_path / "bad.mp4"), before=_as_plain_user())
    assert done.returncode == 1, done.stderr
    assert "locked.mp4 may not be read." in done.stderr and "bad.mp4 is empty." in done.stderr


def test_a_bad_file_beside_one_recording_does_not_stop_the_others(tmp_path: Path) -> None:
    done = run_program(
        tmp_path / "library", "analyze", _bad_sidecar(tmp_path / "talk.mp4"), _empty(tmp_path / "bad.mp4")
    )
    assert done.returncode == 1, done.stderr
    assert "did you mean 'teacher'?" in done.stderr and "bad.mp4 is empty." in done.stderr
    assert "0 of 2 recordings were analysed." in done.stdout


def _as_plain_user() -> list[str]:
    """What takes from root the right to read everything."""
    if os.geteuid() != 0:
        return []
    if shutil.which("setpriv") is None:
        pytest.skip("root may read everything, and setpriv is not here")
    return ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_an_output_folder_that_is_a_file_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    done = run_program(tmp_path / "library", "analyze", SAMPLE, "--out", tmp_path / "out")
    assert done.returncode == 2 and "is a file, not a folder" in done.stderr
    assert (tmp_path / "out").read_text() == "mine"


def test_a_library_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "library").write_text("mine")
    done = run_program(tmp_path / "library", "lessons")
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.strip()


def test_a_damaged_database_is_named_and_kept(tmp_path: Path) -> None:
    assert run_program(tmp_path / "library", "lessons").returncode == 0
    database = tmp_path / "library" / "library.db"
    for extra in ("library.db-wal", "library.db-shm"):
        (tmp_path / "library" / extra).unlink(missing_ok=True)
    database.write_bytes(b"not a database, but somebody's file" * 100)
    done = run_program(tmp_path / "library", "lessons")
    assert done.returncode == 1 and "Traceback" not in done.stderr and done.stderr.strip()
    assert database.read_bytes().startswith(b"not a database")
