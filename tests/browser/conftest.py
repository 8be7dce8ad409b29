"""A real server on a library of its own, and a real Chromium that may talk to it alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

CHROMIUM_OPTIONS = (
    "--headless=new",
    "--no-sandbox",  # containers and root have none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
)
PATIENCE_MS = 60_000  # two cores that others use too; what is slower than this is broken
START_S = 90.0
expect.set_options(timeout=PATIENCE_MS)
# The server without the process that analyses: for tests of what is shown.
ALONE = (
    "import sys; from pipeline.config import load_config; from pipeline.viewer.server import serve; "
    "serve(load_config(overrides={'library': {'folder': sys.argv[1]}}), port=0, worker=None, "
    "say=lambda text: print(text, flush=True))"
)


@dataclass
class Server:
    """A running viewer: its address, its library's folder, and its process."""

    address: str
    folder: Path
    process: subprocess.Popen[str]


@dataclass
class Watched:
    """A page, and all that it asked for or complained about."""

    page: Page
    server: Server
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, path: str = "/") -> Page:
        """Goes to a page of the viewer."""
        self.page.goto(self.server.address + path)
        return self.page

    def foreign(self) -> list[str]:
        """Requests to anything else than this machine."""
        inside = ("blob:", "data:", "about:")
        return [url for url in self.requests if not url.startswith(inside) and urlsplit(url).hostname != "127.0.0.1"]


def chromium_path() -> str | None:
    """The browser of the tests: as told, Debian's, the PATH's; None lets Playwright use its own."""
    told = os.environ.get("LESSONMIRROR_CHROMIUM")
    debian = "/usr/bin/chromium"
    return told or (debian if Path(debian).is_file() else shutil.which("chromium"))


@contextmanager
def running(command: list[str], folder: Path) -> Iterator[Server]:
    """The viewer in a process of its own, ended in order."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=_environment())
    assert process.stdout
    try:
        address = ""
        for line in process.stdout:
            if "http://" in line:
                address = "http://" + line.split("http://")[1].strip()
                break
        assert address, "the server ended before it answered"
        yield Server(address, folder, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=START_S)


def _environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name != "LESSONMIRROR_LIBRARY"}
    return {**kept, "PYTHONUNBUFFERED": "1", "OMP_NUM_THREADS": "2"}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def whole_server(tmp_path: Path) -> Iterator[Server]:
    """The command `lessonmirror serve` on an empty library, with the process that analyses."""
    folder = tmp_path / "library"
    command = [sys.executable, "-m", "pipeline.cli", "--library", str(folder), "serve", "--port", "18501"]
    with running(command, folder) as server:
        yield server


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """The viewer on an empty library, without analysis."""
    folder = tmp_path / "library"
    with running([sys.executable, "-c", ALONE, str(folder)], folder) as server:
        yield server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The viewer without analysis, shared by tests that bring lessons of their own."""
    folder = tmp_path_factory.mktemp("shared") / "library"
    with running([sys.executable, "-c", ALONE, str(folder)], folder) as server:
        yield server


@pytest.fixture
def visit(chromium: Browser) -> Iterator[Callable[..., Watched]]:
    """Opens windows: ``visit(server, width=390, dark=True)``. Whatever they ask for has to be on this machine."""
    windows: list[tuple[BrowserContext, Watched]] = []

    def open_window(server: Server, *, width: int = 1280, height: int = 900, dark: bool = False) -> Watched:
        context = chromium.new_context(
            viewport={"width": width, "height": height}, color_scheme="dark" if dark else "light"
        )
        context.set_default_timeout(PATIENCE_MS)
        watched = Watched(context.new_page(), server)
        watched.page.on("request", lambda request: watched.requests.append(request.url))
        watched.page.on("websocket", lambda socket: watched.requests.append(socket.url))
        watched.page.on("pageerror", lambda error: watched.complaints.append(str(error)))
        watched.page.on("console", lambda message: _complain(watched, message.type, message.text))
        windows.append((context, watched))
        return watched

    yield open_window
    for context, watched in windows:
        context.close()
        assert watched.foreign() == []
        assert watched.complaints == []


def _complain(watched: Watched, kind: str, text: str) -> None:
    # A refusal by the content policy is an error of ours; a 404 is how Streamlit finds out below which path it lives.
    if kind == "error" and "Failed to load resource" not in text:
        watched.complaints.append(text)
