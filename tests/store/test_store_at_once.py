"""Several processes and threads on one library: nothing is lost, nothing happens twice."""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.config import LibraryConfig
from pipeline.store import schema
from pipeline.store.library import Library
from tests.store.store_processes import Line, Worker, at_once
from tests.store.store_samples import DETAILS, add_row

ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)


def _count_lessons(library: Library, line: Line) -> int:
    return len(library.lessons())


def test_several_processes_may_open_a_new_library_at_once(new_library_config: LibraryConfig) -> None:
    workers = [Worker(_count_lessons, new_library_config) for _ in range(4)]
    assert [worker.result() for worker in workers] == [0, 0, 0, 0]


def _in_threads(configs: list[LibraryConfig]) -> list[BaseException]:
    failures: list[BaseException] = []

    def open_and_close(config: LibraryConfig) -> None:
        try:
            Library.open(config).close()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=open_and_close, args=(config,)) for config in configs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


def test_several_threads_may_open_a_new_library_at_once(new_library_config: LibraryConfig) -> None:
    assert _in_threads([new_library_config] * 6) == []


def test_several_threads_may_open_libraries_of_their_own_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    assert _in_threads([LibraryConfig(str(tmp_path / str(number))) for number in range(6)]) == []


def test_opening_waits_for_whoever_makes_the_database_just_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    other = sqlite3.connect(tmp_path / "library.db", isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    done = threading.Timer(0.3, other.close)
    done.start()
    with Library.open(LibraryConfig(str(tmp_path))) as library:
        assert library.lessons() == ()
    done.join()


def _fork_and_write(library: Library, line: Line, lesson_id: str) -> list[str]:
    child = os.fork()
    for _ in range(30):
        library.add_note(lesson_id, 1.0, "parent" if child else "child")
    if not child:
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    return [note.text for note in library.notes(lesson_id)]


def test_a_forked_child_and_its_parent_do_not_disturb_each_other(
    library: Library, library_config: LibraryConfig
) -> None:
    texts = Worker(_fork_and_write, library_config, add_row(library, "a").id).result()
    assert (texts.count("parent"), texts.count("child")) == (30, 30)


def _write_notes(library: Library, line: Line, lesson_id: str, text: str) -> None:
    line.wait()
    for number in range(200):
        library.add_note(lesson_id, float(number), text)


def test_writers_in_two_processes_lose_nothing(library: Library, library_config: LibraryConfig) -> None:
    row = add_row(library, "a")
    at_once([Worker(_write_notes, library_config, row.id, name) for name in ("one", "two")])
    notes = library.notes(row.id)
    expected = [(float(number), name) for number in range(200) for name in ("one", "two")]
    assert sorted((note.at_s, note.text) for note in notes) == expected
    assert [note.at_s for note in notes] == sorted(note.at_s for note in notes)


def _claim_all(library: Library, line: Line, name: str) -> list[str]:
    line.wait()
    claimed = []
    while job := library.claim_job(name):
        library.report_job(job.id, "transcribe", 0.5, worker=name)
        time.sleep(0.01)  # some work, so that the others have their turn
        library.finish_job(job.id, worker=name)
        claimed.append(job.id)
    return claimed


def test_every_job_is_claimed_by_one_of_several_processes(library: Library, library_config: LibraryConfig) -> None:
    jobs = [library.enqueue(add_row(library, str(number)).id, "analyze").id for number in range(40)]
    shares = at_once([Worker(_claim_all, library_config, f"worker {number}") for number in range(4)])
    assert sorted(job for share in shares for job in share) == sorted(jobs)
    assert {(job.state, job.attempts) for job in library.jobs()} == {("done", 1)}


@ON_POSTGRESQL
def test_a_deadlock_is_tried_again(library: Library) -> None:
    rows = [add_row(library, key) for key in "ab"]
    both_hold_one = threading.Barrier(2)
    first_time = {"x": True, "y": True}

    def rename(connection: sa.Connection, name: str, order: tuple[str, str]) -> None:
        for place, lesson_id in enumerate(order):
            change = sa.update(schema.lesson).where(schema.lesson.c.id == lesson_id)
            connection.execute(change.values(title=schema.lesson.c.title + name))
            if place == 0 and first_time[name]:
                first_time[name] = False
                both_hold_one.wait(10)

    ids = (rows[0].id, rows[1].id)
    thread = threading.Thread(target=library.database.write, args=(rename, "x", ids))
    thread.start()
    library.database.write(rename, "y", ids[::-1])
    thread.join()
    for row in library.lessons():
        assert sorted(row.details.title.removeprefix(DETAILS.title)) == ["x", "y"]
