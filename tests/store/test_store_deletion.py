from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from pipeline.config import LibraryConfig
from pipeline.errors import NotFoundError, StoreError
from pipeline.lesson import Recording
from pipeline.store import schema
from pipeline.store.library import Library
from pipeline.store.rows import LessonRow
from tests.store.store_processes import run_python_without_rights_of_root
from tests.store.store_samples import DETAILS, RECORD, add_row, add_with_media, analysed, files_below

SECRET = "Zebrafinken-4711"


def _full_lesson(library: Library, folder: Path) -> LessonRow:
    """A lesson with everything that a lesson can have."""
    row = add_with_media(library, folder, b"original " * 1000)
    media = library.media.folder_of(row.sha256)
    (media / "thumbs").mkdir()
    for name in ("audio.wav", "proxy.mp4", "poster.jpg", "thumbs/000001500.jpg"):
        (media / name).write_bytes(b"x" * 100)
    library.save_result(row.id, analysed(row))
    library.save_stage_output(row.sha256, "transcribe", "k", RECORD, SECRET.encode())
    library.add_note(row.id, 1.0, SECRET)
    library.delete_note(library.add_note(row.id, 2.0, SECRET).id)
    library.enqueue(row.id, "proxy")
    return row


def test_the_plan_names_every_file_and_row(library: Library, tmp_path: Path) -> None:
    row = _full_lesson(library, tmp_path)
    plan = library.deletion_plan(row.id)
    names = [file.path.relative_to(library.media.folder_of(row.sha256)).as_posix() for file in plan.files]
    assert names == ["audio.wav", "original.mp4", "poster.jpg", "proxy.mp4", "thumbs/000001500.jpg"]
    assert plan.total_bytes == 9000 + 400
    assert dict(plan.rows) == {"lesson": 1, "lesson_result": 1, "metric": 2, "stage_output": 1, "job": 1, "note": 2}
    assert library.find_lesson(row.id)  # planning changes nothing


def test_deleting_leaves_a_tombstone_and_nothing_else(library: Library, tmp_path: Path) -> None:
    kept = add_with_media(library, tmp_path, b"another lesson")
    library.add_note(kept.id, 1.0, "stays")
    row = _full_lesson(library, tmp_path)
    plan = library.deletion_plan(row.id)
    assert library.delete_lesson(row.id) == plan
    assert not library.media.folder_of(row.sha256).exists()
    with pytest.raises(NotFoundError):
        library.find_lesson(row.id)
    assert library.jobs() == ()
    assert library.stage_records(row.sha256) == ()
    (stone,) = library.tombstones()
    assert (stone.lesson_id, stone.sha256, stone.files_gone) == (row.id, row.sha256, True)
    assert [found.id for found in library.lessons()] == [kept.id]
    assert [note.text for note in library.notes(kept.id)] == ["stays"]
    assert library.media.original(kept.sha256).read_bytes() == b"another lesson"


def test_every_table_of_content_goes_with_its_lesson() -> None:
    for table in schema.metadata.tables.values():
        if "lesson_id" in table.c and table is not schema.tombstone:
            (key,) = table.c.lesson_id.foreign_keys
            assert key.column is schema.lesson.c.id
            assert key.ondelete == "CASCADE"


@pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
def test_no_byte_of_what_was_written_stays_in_the_library(library: Library, library_config: LibraryConfig) -> None:
    def holders() -> list[str]:
        return [path.name for path in files_below(library.folder) if SECRET.encode() in path.read_bytes()]

    with Library.open(library_config) as other:  # while it is open, SQLite does not tidy up by itself
        row = add_row(other, "a")
        library.add_note(row.id, 1.0, SECRET * 50)
        assert holders() == ["library.db-wal"]
        library.delete_lesson(row.id)
        assert holders() == []
        assert other.lessons() == ()


def test_uploads_of_the_lesson_go_too(library: Library, tmp_path: Path) -> None:
    row = add_with_media(library, tmp_path, b"original " * 1000)
    uploads = library.media.uploads
    (uploads / "same.part").write_bytes((b"original " * 1000)[:5000])
    (uploads / "same.json").write_text(json.dumps({"name": SECRET, "lesson_id": None}))
    (uploads / "arrived.json").write_text(json.dumps({"name": SECRET, "lesson_id": row.id}))
    kept = {"other.part": b"originaX", "empty.part": b"", "longer.part": b"original " * 2000, "other.json": b"{}"}
    for name, content in kept.items():
        (uploads / name).write_bytes(content)
    (uploads / "broken.json").write_bytes(b"\xff[")
    (uploads / "list.json").write_bytes(b"[]")
    planned = {file.path.name for file in library.deletion_plan(row.id).files}
    assert planned == {"original.mp4", "same.part", "same.json", "arrived.json"}
    library.delete_lesson(row.id)
    assert {path.name for path in uploads.iterdir()} == {*kept, "broken.json", "list.json"}


def test_deleting_an_unknown_lesson_says_so(library: Library) -> None:
    for change in (library.deletion_plan, library.delete_lesson):
        with pytest.raises(NotFoundError, match="There is no lesson 'nope'"):
            change("nope")
    assert library.tombstones() == ()


def test_a_deleted_recording_may_come_back_as_a_new_lesson(library: Library, tmp_path: Path) -> None:
    old = add_with_media(library, tmp_path, b"content")
    library.delete_lesson(old.id)
    new = add_with_media(library, tmp_path, b"content")
    assert new.created
    assert new.id != old.id
    library.sweep()
    assert library.media.original(new.sha256).read_bytes() == b"content"
    library.delete_lesson(new.id)
    assert [stone.sha256 for stone in library.tombstones()] == [old.sha256, old.sha256]


def test_a_lesson_cannot_be_added_on_media_that_were_deleted_meanwhile(library: Library, tmp_path: Path) -> None:
    row = add_with_media(library, tmp_path, b"content")
    taken = library.media.take_in(tmp_path / "lesson.mp4")  # known, so nothing is copied
    library.delete_lesson(row.id)
    with pytest.raises(NotFoundError, match="not there any more"):
        library.add_lesson(Recording(taken.sha256, "lesson.mp4", 1.0, str(taken.path)), row.info, DETAILS)


def test_work_that_goes_on_cannot_bring_files_back(library: Library, tmp_path: Path) -> None:
    row = add_with_media(library, tmp_path, b"content")
    audio = library.media.audio(row.sha256)
    with audio.open("wb") as half_written:
        library.delete_lesson(row.id)
        half_written.write(b"more")
    with pytest.raises(FileNotFoundError):
        audio.write_bytes(b"again")
    assert files_below(library.folder / "media") == []


def test_a_hundred_deletions_by_two_threads_leave_nothing(library: Library, tmp_path: Path) -> None:
    ids = [add_with_media(library, tmp_path, str(number).encode()).id for number in range(20)]
    failures: list[StoreError] = []

    def delete_all() -> None:
        for lesson_id in ids:
            try:
                library.delete_lesson(lesson_id)
            except NotFoundError:
                continue
            except StoreError as error:
                failures.append(error)

    threads = [threading.Thread(target=delete_all) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(library.tombstones()) == len(ids)
    assert files_below(library.folder / "media") == []


def test_sweeping_spares_what_is_being_taken_in(library: Library, tmp_path: Path) -> None:
    source = tmp_path / "long.mp4"
    source.write_bytes(os.urandom(9 * 2**20))
    swept: list[float] = []

    def progress(share: float) -> None:
        library.sweep()
        swept.append(time.monotonic())

    taken = library.media.take_in(source, progress=progress)
    assert len(swept) == 3
    assert taken.path.read_bytes() == source.read_bytes()
    moved = library.media.take_in(source, move=True, progress=progress)
    assert moved.already_known


def test_a_file_that_resists_is_named_and_keeps_nobody_out(tmp_path: Path) -> None:
    script = """
import logging, sys
from pathlib import Path
from pipeline.config import LibraryConfig
from pipeline.errors import StoreError
from pipeline.store.library import Library
from tests.store.store_samples import add_with_media
logging.disable()
folder = Path(sys.argv[1])
config = LibraryConfig(str(folder / "library"))
with Library.open(config) as library:
    row = add_with_media(library, folder, b"content")
    thumbs = library.media.folder_of(row.sha256) / "thumbs"
    thumbs.mkdir()
    (thumbs / "000000000.jpg").touch()
    thumbs.chmod(0o500)
    try:
        library.delete_lesson(row.id)
    except StoreError as error:
        print(error)
with Library.open(config) as library:
    print(len(library.lessons()), library.media.folder_of(row.sha256).exists())
    (thumbs,) = (folder / "library" / "scratch").glob("*/thumbs")
    thumbs.chmod(0o700)
with Library.open(config) as library:
    print(list((folder / "library" / "scratch").iterdir()))
"""
    said = run_python_without_rights_of_root(script, str(tmp_path)).splitlines()
    assert "cannot be removed. Remove that folder by hand." in said[0]
    assert said[1:] == ["0 False", "[]"]
