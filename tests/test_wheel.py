"""The wheel carries all it needs: built, installed away from the checkout, it analyses the sample and serves it.

The wheel's environment borrows the installed dependencies of this one, so that the test takes seconds and not minutes; the program
itself comes from the wheel alone, which is checked.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of a fresh environment that holds the wheel, and sees this environment's dependencies after it."""
    home = tmp_path_factory.mktemp("elsewhere") / "venv"
    subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
    install = [str(home / "bin" / "python"), "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True)
    (site,) = home.glob("lib/python*/site-packages")
    # A plain path in a .pth file adds dependencies; it does not run the editable install's own .pth of this environment.
    (site / "borrowed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    return home / "bin" / "lessonmirror"


def test_the_wheel_puts_nothing_but_pipeline_into_site_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
        names = set(archive.namelist())
    assert {top for top in tops if not top.endswith(".dist-info")} == {"pipeline"}
    assert "pipeline/_data/data/samples/lesson.mp4" in names
    assert "pipeline/_data/models/registry.toml" in names
    assert "pipeline/_data/configs/default.toml" in names
    assert any(name.startswith("pipeline/store/migrations/versions/") for name in names)


def test_the_installed_program_comes_from_the_wheel(program: Path, tmp_path: Path) -> None:
    code = "import pipeline; print(pipeline.__file__)"
    found = subprocess.run(
        [program.with_name("python"), "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert Path(found.stdout.strip()).is_relative_to(program.parent.parent)


def test_the_installed_program_analyses_the_sample_away_from_the_checkout(program: Path, tmp_path: Path) -> None:
    done = _run(program, tmp_path, "demo")
    assert done.returncode == 0, done.stderr
    assert "Teacher's share of the talk" in done.stdout and "lessonmirror serve" in done.stdout


def _environment(folder: Path) -> dict[str, str]:
    return {**os.environ, "LESSONMIRROR_LIBRARY": str(folder / "library"), "PYTHONUNBUFFERED": "1"}


def _run(program: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [program, *arguments],
        cwd=folder,
        env=_environment(folder),
        capture_output=True,
        text=True,
        timeout=300,
        stdin=subprocess.DEVNULL,
    )


@pytest.fixture
def server(program: Path, tmp_path: Path) -> Iterator[str]:
    process = subprocess.Popen(
        [program, "serve", "--port", "18541"],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if "http://" in line:
            yield line.split("http://")[1].strip()
            break
    else:
        pytest.fail("the server printed no address")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode in (0, 130)


def test_the_installed_server_answers(server: str) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with urllib.request.urlopen(f"http://{server}/", timeout=10) as answer:
                assert answer.status == 200
                return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
