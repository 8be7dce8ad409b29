"""Processes that really die, by SIGKILL, and what the library is like afterwards."""

from __future__ import annotations

import os
import random
import time
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from pipeline.config import LibraryConfig
from pipeline.errors import NotFoundError
from pipeline.lesson import Lesson
from pipeline.store import schema
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from tests.store.store_processes import Line, Worker
from tests.store.store_samples import RECORD, add_row, add_with_media, analysed, files_below, sha256_of


def _intact(library: Library) -> None:
    def check(connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"
            assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []

    library.database.read(check)


def _take_in_half(library: Library, line: Line, source: Path, move: bool) -> None:
    library.media.take_in(source, move=move, progress=lambda share: share < 0.5 or line.stop_here("half way"))


@pytest.mark.parametrize("move", [False, True], ids=["copy", "move"])
def test_killed_while_taking_in_a_recording(library_config: LibraryConfig, tmp_path: Path, move: bool) -> None:
    source = tmp_path / "long.mp4"
    source.write_bytes(os.urandom(20 * 2**20))
    worker = Worker(_take_in_half, library_config, source, move)
    assert worker.hear() == "half way"
    worker.kill()
    folder = Path(library_config.folder)
    assert files_below(folder / "scratch")
    assert files_below(folder / "media") == []
    with Library.open(library_config) as library:
        assert files_below(folder / "scratch") + files_below(folder / "media") == []
        taken = library.media.take_in(source, move=move)
        assert not taken.already_known
        assert sha256_of(taken.path.read_bytes()) == taken.sha256


def _result(row: LessonRow, number: int) -> Lesson:
    return analysed(row, teacher_share=number / 10**6, language=str(number))


def _save_for_ever(library: Library, line: Line, lesson_id: str) -> None:
    row = library.find_lesson(lesson_id)
    for number in count(int(row.language or 0) + 1):
        library.save_result(row.id, _result(row, number))
        line.say("saved")
        library.save_stage_output(row.sha256, "transcribe", "k", RECORD, str(number).encode() * 50_000)


def test_killed_while_saving_results(library_config: LibraryConfig) -> None:
    with Library.open(library_config) as library:
        row = add_row(library, "a")
    rng = random.Random(4)
    saved = 0
    for _ in range(3):
        worker = Worker(_save_for_ever, library_config, row.id)
        assert worker.hear() == "saved"
        time.sleep(rng.uniform(0.05, 0.3))
        worker.kill()
        with Library.open(library_config) as library:
            _intact(library)
            lesson = library.load_result(row.id)
            number = int(lesson.language)
            assert lesson == _result(row, number)
            shown = library.find_lesson(row.id)
            assert (shown.language, shown.teacher_share) == (str(number), number / 10**6)
            values = sa.select(schema.metric.c.value).where(schema.metric.c.name == "teacher_share")
            kept = library.database.read(lambda connection, query=values: connection.execute(query).all())
            assert kept == [(number / 10**6,)]
            output = library.stage_output(row.sha256, "transcribe", "k")
            if output is not None:
                whole = output.payload[: len(output.payload) // 50_000]
                assert output.payload == whole * 50_000
                assert int(whole) <= number
            assert number > saved
            saved = number


def _delete_rows_only(library: Library, line: Line, lesson_id: str) -> None:
    library.media.remove_uploads = lambda *_: line.stop_here("rows are gone")
    library.delete_lesson(lesson_id)


def test_killed_between_the_rows_and_the_files(library_config: LibraryConfig, tmp_path: Path) -> None:
    with Library.open(library_config) as library:
        row = add_with_media(library, tmp_path, b"content")
        library.media.audio(row.sha256).write_bytes(b"voices")
        (library.media.uploads / "half.part").write_bytes(b"cont")
        kept = add_with_media(library, tmp_path, b"other content")
    worker = Worker(_delete_rows_only, library_config, row.id)
    assert worker.hear() == "rows are gone"
    worker.kill()
    media = Path(library_config.folder) / "media"
    assert len(files_below(media)) == 3
    with Library.open(library_config) as library:
        _intact(library)
        with pytest.raises(NotFoundError):
            library.find_lesson(row.id)
        assert [(stone.lesson_id, stone.files_gone) for stone in library.tombstones()] == [(row.id, True)]
        assert files_below(media) == [library.media.original(kept.sha256)]
        assert files_below(library.media.uploads) == []


def test_killed_between_the_rows_and_the_files_but_added_again_meanwhile(
    library_config: LibraryConfig, tmp_path: Path
) -> None:
    with Library.open(library_config) as library:
        row = add_with_media(library, tmp_path, b"content")
        stopped = Library.open(library_config)
        stopped.sweep = lambda: None  # as if the process had died there
        stopped.delete_lesson(row.id)
        stopped.close()
        again = add_with_media(library, tmp_path, b"content")
        assert again.created
    with Library.open(library_config) as library:
        assert library.media.original(again.sha256).read_bytes() == b"content"
        assert library.tombstones()[0].files_gone


def _delete_all(library: Library, line: Line) -> None:
    for row in library.lessons():
        library.delete_lesson(row.id)
        line.say("deleted one")


def test_killed_at_random_while_deleting(library_config: LibraryConfig, tmp_path: Path) -> None:
    contents = [f"recording {number}".encode() for number in range(40)]
    with Library.open(library_config) as library:
        rows = [add_with_media(library, tmp_path, content) for content in contents]
        for row in rows:
            library.add_note(row.id, 1.0, "note")
    rng = random.Random(7)
    for death in range(1, 4):
        worker = Worker(_delete_all, library_config)
        assert worker.hear() == "deleted one"
        time.sleep(rng.uniform(0.0, 0.1))
        worker.kill()
        with Library.open(library_config) as library:
            _intact(library)
            left = {row.sha256: row.id for row in library.lessons()}
            for row in rows:
                if row.sha256 in left:
                    assert library.media.original(row.sha256).read_bytes() in contents
                    assert [note.text for note in library.notes(row.id)] == ["note"]
                else:
                    assert not library.media.folder_of(row.sha256).exists()
            assert {stone.lesson_id for stone in library.tombstones()} == {row.id for row in rows} - set(left.values())
            assert files_below(library.folder / "scratch") == []
        assert len(left) <= len(rows) - death


def _claim_and_hang(library: Library, line: Line) -> None:
    job = library.claim_job("dead")
    line.stop_here(job and job.id)


def test_the_job_of_a_killed_worker_is_claimed_again(library_config: LibraryConfig) -> None:
    with Library.open(library_config) as library:
        job = library.enqueue(add_row(library, "a").id, "analyze")
    worker = Worker(_claim_and_hang, library_config)
    assert worker.hear() == job.id
    worker.kill()
    with Library.open(library_config) as library:
        assert library.claim_job("w") is None
        a_minute_ago = sa.update(schema.job).values(updated_at=job.updated_at.replace(year=job.updated_at.year - 1))
        library.database.write(lambda connection: connection.execute(a_minute_ago))
        assert library.claim_job("w").attempts == 2


def _hang(library: Library, line: Line) -> None:
    line.stop_here("open")


def test_killed_while_a_new_library_is_made(new_library_config: LibraryConfig) -> None:
    rng = random.Random(2)
    for _ in range(6):  # opening a new library takes some 0.1 s
        worker = Worker(_hang, new_library_config)
        time.sleep(rng.uniform(0.0, 0.15))
        worker.kill()
    with Library.open(new_library_config) as library:
        _intact(library)
        add_row(library, "a")
