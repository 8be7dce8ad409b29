"""Runs a batch: as many workers as fit, new ones for those that die, within the hours that are allowed, until all is done.

The conductor itself holds no model and no list of files: all it knows stands in the library, so it may die too.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from pipeline.batch.files import collect, walk
from pipeline.batch.hours import Hours
from pipeline.batch.queue_worker import left_to_do, packed
from pipeline.errors import NotFoundError
from pipeline.machine import memory_bytes, usable_cores
from pipeline.store import batches
from pipeline.store.library import Library

LOOK_S = 1.0
WHOLE_AFTER_S = 10.0  # a file that did not change for so long is not being copied any more
ENDING_S = 30.0  # a worker puts its work down at its next report
_MEMORY_EACH_BYTES = 2.5 * 2**30  # what an analysis takes at most, see docs/speed.md
_YOUNG_S, _MOST_WAIT_S = 20.0, 60.0  # a worker that dies young again and again is started less and less often
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a batch is: files by what became of them, and seconds left where that can be told."""

    total: int
    done: int
    failed: int
    left_s: float | None

    @property
    def ended(self) -> bool:
        """Whether nothing is left to do."""
        return self.done + self.failed >= self.total


@dataclass(frozen=True, slots=True)
class Plan:
    """How a batch is worked on. ``command`` starts a worker, given the batch and a name; ``watch`` takes new files in."""

    command: Sequence[str]
    workers: int = 1
    hours: Hours | None = None
    watch: Sequence[Path] = ()
    now: Callable[[], datetime] = field(default=lambda: datetime.now().astimezone())


def fitting_workers() -> int:
    """One worker for two cores and for the memory of an analysis, at least one."""
    memory = memory_bytes() or int(_MEMORY_EACH_BYTES)
    return max(1, min(usable_cores() // 2, int(memory // _MEMORY_EACH_BYTES)))


def begin(library: Library, sources: Sequence[Path]) -> str:
    """Lines up what the sources name as a new batch. Raises UsageError before anything is lined up."""
    files = [(str(item.path), packed(item.details)) for item in collect(sources)]
    batch_id = library.database.write(batches.add)
    library.database.write(batches.add_items, batch_id, files)
    return batch_id


def progress(library: Library, batch_id: str, *, since_s: float | None = None, at_first: int = 0) -> Progress:
    """How far the batch is. ``at_first`` were done when this run began, ``since_s`` seconds ago."""
    items = library.database.read(batches.counts, batch_id)
    lessons = library.database.read(batches.lesson_counts, batch_id)
    total, open_files = sum(items.values()), left_to_do(items, lessons)
    # A lesson that waits for nobody was taken off the queue; one that is deleted meanwhile is done with.
    failed = items.get("failed", 0) + items.get("cancelled", 0) + lessons.get("failed", 0) + lessons.get("new", 0)
    done = total - open_files - failed
    fresh = done + failed - at_first
    left_s = since_s / fresh * open_files if since_s and fresh > 0 else None
    return Progress(total, done, failed, left_s)


def retry(library: Library, batch_id: str) -> None:
    """Lines up once more what failed in the batch, files and lessons."""
    library.database.write(batches.retry, batch_id)
    for item in library.database.read(batches.items, batch_id):
        with suppress(NotFoundError):  # a lesson that was deleted meanwhile
            if item.of_lesson and library.find_lesson(item.of_lesson).state in ("failed", "new"):
                library.enqueue(item.of_lesson, "analyze")


class Conductor:
    """One run of a batch, from :meth:`run` to its end or to :meth:`stop`."""

    def __init__(self, library: Library, batch_id: str, plan: Plan, tell: Callable[[Progress, float], None]) -> None:
        self._library, self._batch_id, self._plan, self._tell = library, batch_id, plan, tell
        self._workers: dict[str, tuple[subprocess.Popen[bytes], float]] = {}
        self._stopping = threading.Event()
        self._wait_until_s, self._wait_s, self._started = 0.0, 1.0, 0
        self._sizes: dict[Path, tuple[int, int, float]] = {}
        self._taken: set[Path] = set()

    def stop(self) -> None:
        """Asks for an orderly end; what is done is kept."""
        self._stopping.set()

    def run(self) -> Progress:
        """Works until nothing is left (with ``watch``: until stopped); says how far it came."""
        read, began_s = self._library.database.read, time.monotonic()
        self._library.database.write(batches.set_state, self._batch_id, "running")
        first = progress(self._library, self._batch_id)
        try:
            while not self._stopping.is_set() and read(batches.state_of, self._batch_id) == "running":
                self._take_new_files()
                now_s = time.monotonic()
                far = progress(
                    self._library, self._batch_id, since_s=now_s - began_s, at_first=first.done + first.failed
                )
                wait_s = self._plan.hours.wait_s(self._plan.now()) if self._plan.hours else 0.0
                self._tell(far, wait_s)
                if far.ended and not self._plan.watch:
                    break
                self._keep_workers(0 if wait_s or far.ended else self._plan.workers)
                self._stopping.wait(LOOK_S)
        finally:
            self._keep_workers(0)
        far = progress(self._library, self._batch_id)
        self._library.database.write(batches.set_state, self._batch_id, "ended" if far.ended else "stopped")
        return far

    def _keep_workers(self, wanted: int) -> None:
        for name, (process, began_s) in list(self._workers.items()):
            if process.poll() is not None:
                self._bury(name, process, young=time.monotonic() - began_s < _YOUNG_S)
        if not wanted:
            self._end_all()
        while len(self._workers) < wanted and time.monotonic() >= self._wait_until_s:
            self._start()

    def _start(self) -> None:
        self._started += 1
        name = f"{socket.gethostname()}-{os.getpid()}-{self._started}"
        # A session of its own: Ctrl-C in the terminal reaches the conductor alone, which then ends them in order.
        process = subprocess.Popen(
            [*self._plan.command, self._batch_id, "--name", name], stdin=subprocess.PIPE, start_new_session=True
        )
        self._workers[name] = (process, time.monotonic())

    def _bury(self, name: str, process: subprocess.Popen[bytes], *, young: bool) -> None:
        del self._workers[name]
        asked = process.returncode in (0, -signal.SIGTERM)
        if process.stdin:
            process.stdin.close()
        self._library.release_jobs(name, blameless=asked)
        self._library.database.write(batches.release, name, blameless=asked)
        if not asked:
            _log.warning("worker %s ended with code %s; what it worked on is taken up again", name, process.returncode)
        self._wait_s = min(_MOST_WAIT_S, self._wait_s * 2) if young and not asked else 1.0
        if not asked and young:
            self._wait_until_s = time.monotonic() + self._wait_s / 2

    def _end_all(self) -> None:
        for process, _ in self._workers.values():
            process.terminate()
        for name, (process, _) in list(self._workers.items()):
            try:
                process.wait(ENDING_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            self._bury(name, process, young=False)

    def _take_new_files(self) -> None:
        """Files of the watched folders that did not change for a while; an unfinished copy would only fail."""
        now_s, whole = time.monotonic(), []
        for folder in self._plan.watch:
            for path in walk(folder):
                if path in self._taken:
                    continue
                try:
                    found = path.stat()
                except OSError:
                    continue
                size, changed_ns, since_s = self._sizes.get(path, (-1, -1, now_s))
                if (size, changed_ns) != (found.st_size, found.st_mtime_ns):
                    self._sizes[path] = (found.st_size, found.st_mtime_ns, now_s)
                elif now_s - since_s >= WHOLE_AFTER_S and found.st_size:
                    whole.append((str(path.absolute()), ""))
                    self._taken.add(path)
        if whole:
            self._library.database.write(batches.add_items, self._batch_id, whole)
