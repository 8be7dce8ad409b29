"""Processes that work on a library, and that tests can kill at a moment of their choice."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NoReturn

import pipeline
from pipeline.config import LibraryConfig
from pipeline.store.library import Library

PATIENCE_S = 60.0
# Children of a server that has the imports done start in some milliseconds, and unlike those of a fork they are clean.
_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["__main__", "alembic.command", "psycopg", __name__])


class Line:
    """A process's line to the test."""

    def __init__(self, pipe: Connection) -> None:
        self._pipe = pipe

    def say(self, what: object) -> None:
        self._pipe.send(what)

    def wait(self) -> None:
        """Says that it is ready, and goes on when the test says so."""
        self._pipe.send("ready")
        self._pipe.recv()

    def stop_here(self, what: object) -> NoReturn:
        """Says where it is, and waits for its death."""
        self._pipe.send(what)
        time.sleep(PATIENCE_S)
        raise AssertionError("nobody came to kill this process")


class Worker:
    """A process that opens the library, does ``work(library, line, ...)`` and hands back what it gives."""

    def __init__(self, work: Callable[..., object], config: LibraryConfig, *arguments: object) -> None:
        self._pipe, theirs = _CONTEXT.Pipe()
        self._process = _CONTEXT.Process(target=_work, args=(theirs, work, config, arguments))
        self._process.start()
        theirs.close()

    def hear(self) -> Any:
        """What the process says next."""
        assert self._pipe.poll(PATIENCE_S), "this process says nothing"
        return self._pipe.recv()

    def go(self) -> None:
        self._pipe.send("go")

    def kill(self) -> None:
        """Ends it at once, by SIGKILL."""
        self._process.kill()
        self._close()
        assert self._process.exitcode == -9

    def result(self) -> Any:
        """What the work gave."""
        value = self.hear()
        self._close()
        assert self._process.exitcode == 0
        return value

    def _close(self) -> None:
        self._process.join(PATIENCE_S)
        self._pipe.close()


def at_once(workers: list[Worker]) -> list[Any]:
    """Lets workers that wait go on together; what each of them gave."""
    for worker in workers:
        assert worker.hear() == "ready"
    for worker in workers:
        worker.go()
    return [worker.result() for worker in workers]


def run_python(script: str, *arguments: str) -> str:
    """What a Python script prints; it may not complain."""
    return _run([sys.executable, "-c", script, *arguments])


def run_python_without_rights_of_root(script: str, *arguments: str) -> str:
    """The same for a script that has to obey permissions even where it runs as root."""
    give_up = "import ctypes, os, sys\n"
    give_up += "for right in (1, 2) if os.geteuid() == 0 else ():\n"  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    give_up += "    assert ctypes.CDLL(None).prctl(24, right, 0, 0, 0) == 0\n"  # PR_CAPBSET_DROP, in force after exec
    give_up += "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])\n"
    return _run([sys.executable, "-c", give_up, "-c", script, *arguments])


def _run(command: list[str]) -> str:
    paths = (Path(pipeline.__path__[0]).parent, Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(str(path) for path in paths)}
    environment.pop("LESSONMIRROR_LIBRARY", None)
    answer = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE_S)
    assert answer.stderr == ""
    return answer.stdout


def _work(pipe: Connection, work: Callable[..., object], config: LibraryConfig, arguments: tuple[object, ...]) -> None:
    os.environ.pop("LESSONMIRROR_LIBRARY", None)
    with Library.open(config) as library:
        pipe.send(work(library, Line(pipe), *arguments))
