"""A worker of a batch: finishes what was begun, then takes the next file in and analyses it, until nothing is left."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Mapping
from pathlib import Path

from pipeline.batch.worker import IDLE_S, URGENT, explained, work_on
from pipeline.config import Config
from pipeline.errors import Cancelled, LessonMirrorError
from pipeline.intake import take_in
from pipeline.lesson import LessonDetails
from pipeline.lesson_json import details_from_json, details_to_json
from pipeline.runner import Runner
from pipeline.store import batches, people, sharing
from pipeline.store.library import Library
from pipeline.store.rows import ItemRow, ItemState, JobKind, LessonRow

SIGN_OF_LIFE_S = 5.0
LATER: tuple[JobKind, ...] = ("proxy",)
_log = logging.getLogger(__name__)


def run_batch_worker(
    library: Library, config: Config, batch_id: str, name: str, stop: threading.Event, *, proxies: bool = True
) -> None:
    """Works until the batch has no file left that this worker could take, or ``stop`` is set.

    A file is taken in and its lesson lined up; the lesson is a job like any other, so that a killed worker loses one
    stage of one lesson. Copies for the browser come last, where ``proxies``.
    """
    try:
        _work_through(library, config, batch_id, name, stop, proxies)
    finally:  # where the conductor is gone too, nobody else would know that this worker is
        library.release_jobs(name, blameless=True)
        library.database.write(batches.release, name, blameless=True)


def _work_through(
    library: Library, config: Config, batch_id: str, name: str, stop: threading.Event, proxies: bool
) -> None:
    runner, read, write = Runner(library, config), library.database.read, library.database.write
    while not stop.is_set() and read(batches.state_of, batch_id) == "running":
        job = library.claim_job(name, kinds=URGENT)
        if job is not None:
            work_on(library, runner, job, name, stop)
            continue
        item = write(batches.claim, batch_id, name)
        if item is not None:
            _Item(library, config, item, name).take_in()
            continue
        job = library.claim_job(name, kinds=LATER) if proxies else None
        if job is not None:
            work_on(library, runner, job, name, stop)
        elif not left_to_do(read(batches.counts, batch_id), read(batches.lesson_counts, batch_id)):
            return
        else:
            stop.wait(IDLE_S)


def left_to_do(items: Mapping[str, int], lessons: Mapping[str, int]) -> int:
    """How many files of a batch somebody still works on, or has to, by the counts of files and of their lessons."""
    return sum(states.get(name, 0) for states in (items, lessons) for name in ("waiting", "running"))


def packed(details: LessonDetails | None) -> str:
    """The details as a file of the batch keeps them; "" for none."""
    if details is None:
        return ""
    return json.dumps(details_to_json(details))


def unpacked(text: str) -> LessonDetails | None:
    """The other way round."""
    return details_from_json(json.loads(text)) if text else None


class _Item:
    def __init__(self, library: Library, config: Config, item: ItemRow, worker: str) -> None:
        self._library, self._config, self._item, self._worker = library, config, item, worker
        self._said_s = time.monotonic()

    def take_in(self) -> None:
        """Brings the file into the library and lines its lesson up, or says why not."""
        try:
            row = take_in(
                self._library,
                Path(self._item.path),
                self._config,
                details=unpacked(self._item.details),
                progress=self._lives,
            )
            self._library.database.write(batches.know_lesson, self._item.number, row.id)
            if row.created:
                self._give_to_its_teacher(row)
            if row.state != "done":
                self._library.enqueue(row.id, "analyze")
        except Cancelled:
            _log.info("a file of batch %s is not this worker's any more", self._item.batch_id)
        except LessonMirrorError as error:
            self._settle("failed", error)
        except Exception as error:  # a fault of ours must not end the night's other work
            _log.exception("a file of batch %s failed", self._item.batch_id)
            self._settle("failed", explained(error))
        else:
            self._settle("done", None, row.id)

    def _give_to_its_teacher(self, row: LessonRow) -> None:
        """Where there are accounts, the lesson belongs to the teacher whom its details name."""
        teacher = self._library.database.read(people.teacher_named, row.details.teacher)
        if teacher is not None:
            self._library.database.write(sharing.settle, row.id, owner_id=teacher.id, uploader_id=teacher.id)

    def _settle(self, state: ItemState, error: LessonMirrorError | None, lesson_id: str | None = None) -> None:
        said = {"message": error.message if error else "", "hint": error.hint if error else ""}
        item = self._item
        self._library.database.write(batches.settle, item.number, self._worker, state, lesson_id=lesson_id, **said)

    def _lives(self, _share: float) -> None:
        if time.monotonic() - self._said_s >= SIGN_OF_LIFE_S:
            self._said_s = time.monotonic()
            self._library.database.write(batches.report, self._item.number, self._worker)
