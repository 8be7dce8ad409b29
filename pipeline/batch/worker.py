"""The viewer's work in the background: takes jobs from the library's queue, one after the other, until told to stop."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time

from pipeline.config import Config
from pipeline.errors import Cancelled, LessonMirrorError, NotFoundError
from pipeline.runner import Runner
from pipeline.store.library import Library
from pipeline.store.rows import JobKind, JobRow

IDLE_S = 1.0  # how long to look away from an empty queue
HEARTBEAT_S = 10.0  # a sign of life; the queue gives a job to another worker after six missing ones
REPORT_EVERY_S = 0.5  # people don't see more, and each report is a write

URGENT: tuple[JobKind, ...] = ("analyze",)

_log = logging.getLogger(__name__)


def run_worker(library: Library, config: Config, stop: threading.Event, *, until_idle: bool = False) -> int:
    """Works through the queue until ``stop`` is set (or the queue is empty, with ``until_idle``); returns the jobs done.

    A job that fails says why in the library; the worker goes on with the next.
    """
    worker = f"{socket.gethostname()}-{os.getpid()}"
    runner = Runner(library, config)
    done = 0
    while not stop.is_set():
        # Encoding a video for the browser must never delay an analysis.
        job = library.claim_job(worker, kinds=URGENT) or library.claim_job(worker)
        if job is None:
            if until_idle:
                break
            stop.wait(IDLE_S)
            continue
        work_on(library, runner, job, worker, stop)
        done += 1
    return done


def work_on(library: Library, runner: Runner, job: JobRow, worker: str, stop: threading.Event) -> None:
    """Does one job that this worker has claimed; what goes wrong is said in the library."""
    heart = _Heart(library, job, worker, stop)
    try:
        with heart:
            _do(library, runner.reporting_to(heart.report), job)
        library.finish_job(job.id, worker=worker)
        if job.kind == "analyze":
            library.enqueue(job.lesson_id, "proxy")
    except Cancelled:
        _log.info("job %s stopped", job.id)
    except NotFoundError:
        _log.info("the lesson of job %s is gone", job.id)
    except LessonMirrorError as error:
        library.fail_job(job.id, error.message, error.hint, worker=worker)
    except Exception as error:  # a fault of ours must not end the night's other work
        _log.exception("job %s failed", job.id)
        said = explained(error)
        library.fail_job(job.id, said.message, said.hint, worker=worker)


def explained(error: Exception) -> LessonMirrorError:
    """A failure that nobody foresaw, in words."""
    if isinstance(error, MemoryError):
        hint = "Close other programs, or choose a smaller model in the settings, and try again."
        return LessonMirrorError("There was not enough memory.", hint=hint)
    hint = "Try again. If it happens again, please report it with this text."
    return LessonMirrorError(f"Something unexpected happened ({type(error).__name__}: {error}).", hint=hint)


def _do(library: Library, runner: Runner, job: JobRow) -> None:
    row = library.find_lesson(job.lesson_id)
    if job.kind == "proxy":
        runner.make_proxy(row)
        return
    runner.prepare_view(row)
    runner.analyze(row)


class _Heart:
    """Reports progress, and signs of life while a stage is silent; carries a cancellation back into the work."""

    def __init__(self, library: Library, job: JobRow, worker: str, stop: threading.Event) -> None:
        self._library, self._job, self._worker, self._stop = library, job, worker, stop
        self._latest: tuple[str, float, float | None] = ("", 0.0, None)
        self._written_s = 0.0
        self._ended = threading.Event()
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self) -> _Heart:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def report(self, stage: str, done: float, left_s: float | None) -> None:
        """Fits :data:`pipeline.runner.Report`. Raises Cancelled where the work is no longer wanted."""
        if self._stop.is_set() or self._cancelled.is_set():
            raise Cancelled("The analysis was stopped.", hint="It goes on where it stopped when you start it again.")
        changed = stage != self._latest[0]
        self._latest = (stage, done, left_s)
        if changed or time.monotonic() - self._written_s >= REPORT_EVERY_S:
            self._write()

    def _write(self) -> None:
        self._written_s = time.monotonic()
        self._library.report_job(self._job.id, *self._latest, worker=self._worker)

    def _beat(self) -> None:
        while not self._ended.wait(HEARTBEAT_S):
            try:
                self._write()
            except LessonMirrorError:
                self._cancelled.set()
                return
