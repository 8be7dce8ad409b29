"""The files of a batch in the database: claimed once, given back, put aside, tried again."""

from __future__ import annotations

import csv
import io
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import psutil
import pytest
from sqlalchemy import update

from pipeline.batch.conductor import progress, retry
from pipeline.batch.night_report import Line, to_csv, to_html
from pipeline.errors import Cancelled
from pipeline.store import batches, schema
from pipeline.store.database import now
from pipeline.store.library import Library
from tests.store.store_samples import add_row

MANY = 10_000


def _batch(library: Library, *names: str) -> str:
    batch_id = library.database.write(batches.add)
    library.database.write(batches.add_items, batch_id, [(name, "") for name in names])
    return batch_id


def _silent_for(library: Library, seconds: float) -> None:
    def age(connection):  # type: ignore[no-untyped-def]
        past = now(connection) - timedelta(seconds=seconds)
        connection.execute(update(schema.batch_item).values(updated_at=past))

    library.database.write(age)


def test_each_file_is_claimed_once_by_many_workers(library: Library) -> None:
    batch_id = _batch(library, *(f"{number}.mp4" for number in range(40)))
    assert library.database.write(batches.add_items, batch_id, [("3.mp4", ""), ("new.mp4", "")]) == 1

    def work(name: str) -> list[str]:
        taken = []
        while item := library.database.write(batches.claim, batch_id, name):
            taken.append(item.path)
        return taken

    with ThreadPoolExecutor(4) as pool:
        taken = Counter(path for paths in pool.map(work, "abcd") for path in paths)
    assert len(taken) == 41 and set(taken.values()) == {1}


def test_what_a_dead_worker_had_goes_to_another_and_is_put_aside_the_third_time(library: Library) -> None:
    batch_id = _batch(library, "poison.mp4")
    for attempt in (1, 2, 3):
        item = library.database.write(batches.claim, batch_id, f"w{attempt}")
        assert item and item.attempts == attempt
        assert library.database.write(batches.claim, batch_id, "other") is None
        _silent_for(library, 61)
    assert library.database.write(batches.claim, batch_id, "w4") is None
    (item,) = library.database.read(batches.items, batch_id)
    assert item.state == "failed" and "put aside" in item.message
    far = progress(library, batch_id)
    assert (far.failed, far.ended) == (1, True)
    assert library.database.write(batches.retry, batch_id) == 1
    assert library.database.write(batches.claim, batch_id, "w5")


def test_a_worker_that_was_only_asked_to_stop_costs_no_attempt(library: Library) -> None:
    batch_id = _batch(library, "a.mp4")
    library.database.write(batches.claim, batch_id, "w")
    library.database.write(batches.release, "w", blameless=True)
    item = library.database.write(batches.claim, batch_id, "w")
    assert item and item.attempts == 1


def test_a_file_that_was_taken_away_is_not_settled_by_the_old_worker(library: Library) -> None:
    batch_id = _batch(library, "a.mp4")
    item = library.database.write(batches.claim, batch_id, "slow")
    assert item
    library.database.write(batches.release, "slow", blameless=False)
    library.database.write(batches.claim, batch_id, "quick")
    with pytest.raises(Cancelled):
        library.database.write(batches.report, item.number, "slow")
    said = {"lesson_id": None, "message": "no", "hint": ""}
    library.database.write(batches.settle, item.number, "slow", "failed", **said)
    assert library.database.read(batches.counts, batch_id) == {"running": 1}


def test_jobs_of_a_dead_worker_wait_again_at_once(library: Library) -> None:
    row = add_row(library, "a")
    library.enqueue(row.id, "analyze")
    assert library.claim_job("dead")
    library.release_jobs("dead", blameless=False)
    job = library.claim_job("alive")
    assert job and (job.worker, job.attempts) == ("alive", 2)
    library.release_jobs("alive", blameless=True)
    job = library.claim_job("last")
    assert job and job.attempts == 2


def test_thousands_are_lined_up_in_seconds_and_in_little_memory(library: Library) -> None:
    before, began_s = psutil.Process().memory_info().rss, time.monotonic()
    batch_id = _batch(library, *(f"/recordings/{number}.mp4" for number in range(MANY)))
    assert time.monotonic() - began_s < 20
    assert library.database.read(batches.counts, batch_id) == {"waiting": MANY}
    assert progress(library, batch_id).total == MANY
    assert psutil.Process().memory_info().rss - before < 100 * 2**20


def test_a_lesson_that_was_taken_off_the_queue_is_no_success(library: Library) -> None:
    batch_id = _batch(library, "a.mp4", "b.mp4")
    for key in "ab":
        item = library.database.write(batches.claim, batch_id, "w")
        assert item
        row = add_row(library, key)
        said = {"lesson_id": row.id, "message": "", "hint": ""}
        library.database.write(batches.settle, item.number, "w", "done", **said)
        library.enqueue(row.id, "analyze")
    job = library.claim_job("w")
    assert job and (progress(library, batch_id).done, progress(library, batch_id).ended) == (0, False)
    library.finish_job(job.id, worker="w")
    (waiting,) = [item for item in library.jobs() if item.state == "waiting"]
    library.cancel_job(waiting.id)
    far = progress(library, batch_id)
    assert (far.done, far.failed, far.ended) == (1, 1, True)
    retry(library, batch_id)
    assert not progress(library, batch_id).ended
    library.delete_lesson(waiting.lesson_id)
    retry(library, batch_id)
    assert progress(library, batch_id).ended


def test_cancelled_files_are_left_alone(library: Library) -> None:
    batch_id = _batch(library, "a.mp4", "b.mp4")
    assert library.database.write(batches.cancel, batch_id) == 2
    assert library.database.write(batches.claim, batch_id, "w") is None
    assert progress(library, batch_id).ended


def test_a_report_is_text_whatever_a_file_is_called() -> None:
    line = Line("=cmd()<script>.mp4", "failed", "", None, None, ("noisy",), "Broken.", "Copy it again.", 0)
    (row,) = csv.DictReader(io.StringIO(to_csv([line])))
    assert row["file"] == "'=cmd()<script>.mp4" and row["reason"] == "Broken."
    assert "<script>" not in to_html([line]) and "0 of 1 recordings" in to_html([line])
