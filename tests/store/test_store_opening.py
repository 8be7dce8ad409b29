from __future__ import annotations

import os
import sqlite3
import stat
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from pipeline.config import LibraryConfig
from pipeline.errors import DiskFullError, LessonMirrorError, StoreError
from pipeline.store import database, schema
from pipeline.store.library import Library
from pipeline.store.migration import alembic_config, version_of
from tests.store.store_processes import run_python, run_python_without_rights_of_root
from tests.store.store_samples import DETAILS, RECORD, add_row, files_below

ON_SQLITE = pytest.mark.parametrize("database_kind", ["sqlite"], indirect=True)
ON_POSTGRESQL = pytest.mark.parametrize("database_kind", ["postgresql"], indirect=True)

OPENING = """
import sys
from pipeline.config import LibraryConfig
from pipeline.errors import StoreError
from pipeline.store.library import Library
for folder in sys.argv[2:]:
    try:
        Library.open(LibraryConfig(folder, sys.argv[1])).close()
    except StoreError as error:
        print(error)
"""


def _refusal(folder: Path, database_url: str = "") -> LessonMirrorError:
    with pytest.raises(StoreError) as caught:
        Library.open(LibraryConfig(str(folder), database_url))
    assert caught.value.message.endswith(".")
    assert caught.value.hint
    return caught.value


def test_what_was_kept_is_there_when_the_library_is_opened_again(new_library_config: LibraryConfig) -> None:
    with Library.open(new_library_config) as library:
        row = add_row(library, "a")
    with Library.open(new_library_config) as library:
        assert [found.id for found in library.lessons()] == [row.id]


def test_the_migrations_lead_to_the_schema_of_the_code(library: Library) -> None:
    def differences(connection: sa.Connection) -> object:
        context = MigrationContext.configure(connection, opts={"version_table": schema.VERSION_TABLE})
        return compare_metadata(context, schema.metadata)

    assert library.database.read(differences) == []


def test_the_newest_migration_is_the_one_the_code_names(library: Library) -> None:
    config = library.database.read(alembic_config)
    assert ScriptDirectory.from_config(config).get_heads() == [schema.HEAD]
    assert library.database.read(version_of) == schema.HEAD


def test_a_library_of_a_newer_version_is_refused_and_left_alone(library_config: LibraryConfig) -> None:
    with Library.open(library_config) as library:
        row = add_row(library, "a")
        newer = sa.text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '9999'")
        library.database.write(lambda connection: connection.execute(newer))
    with pytest.raises(
        StoreError, match=rf"newer version of Lesson Mirror \(schema 9999, known is {schema.HEAD}\)"
    ) as caught:
        Library.open(library_config)
    assert "newest version" in caught.value.hint
    older = sa.text(f"UPDATE {schema.VERSION_TABLE} SET version_num = '{schema.HEAD}'")
    library.database.write(lambda connection: connection.execute(older))
    library.close()
    with Library.open(library_config) as library:
        assert library.find_lesson(row.id)


@ON_SQLITE
def test_sqlite_waits_for_other_writers_and_keeps_what_was_saved(library: Library) -> None:
    def settings(connection: sa.Connection) -> dict[str, object]:
        names = ("journal_mode", "foreign_keys", "busy_timeout", "synchronous", "secure_delete")
        return {name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in names}

    assert library.database.write(settings) == {
        "journal_mode": "wal",
        "foreign_keys": 1,
        "busy_timeout": 30_000,
        "synchronous": 2,
        "secure_delete": 1,
    }


@ON_SQLITE
def test_readers_are_not_kept_waiting_by_a_writer(library: Library) -> None:
    row = add_row(library, "a")

    def write_slowly(connection: sa.Connection) -> float:
        connection.execute(sa.update(schema.lesson).values(title="half way"))
        started = time.monotonic()
        assert library.find_lesson(row.id).details == DETAILS
        return time.monotonic() - started

    assert library.database.write(write_slowly) < 2


@ON_SQLITE
def test_a_new_library_is_closed_to_other_accounts(new_library_config: LibraryConfig) -> None:
    with Library.open(new_library_config) as library:
        add_row(library, "a")
        assert stat.S_IMODE(library.folder.stat().st_mode) == 0o700
        names = {path.name: stat.S_IMODE(path.stat().st_mode) for path in files_below(library.folder)}
    assert names == {"library.db": 0o600, "library.db-wal": 0o600, "library.db-shm": 0o600}


def test_the_environment_chooses_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LESSONMIRROR_LIBRARY", str(tmp_path / "chosen"))
    with Library.open(LibraryConfig()) as library:
        assert library.folder == tmp_path / "chosen"
        assert library.database_url == f"sqlite:///{tmp_path / 'chosen' / 'library.db'}"


@pytest.mark.parametrize("name", ["with space", "100%", "q?u#ery", "emoji 🎓", 'it\'s "quoted"', "%(here)s"])
def test_any_folder_name_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    with Library.open(LibraryConfig(str(tmp_path / name))) as library:
        add_row(library, "a")
    assert (tmp_path / name / "library.db").is_file()


def test_a_database_beside_the_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    config = LibraryConfig(str(tmp_path / "library"), f"sqlite:///{tmp_path}/elsewhere.db")
    with Library.open(config) as library:
        add_row(library, "a")
    assert (tmp_path / "elsewhere.db").is_file()
    assert not (tmp_path / "library" / "library.db").exists()


class TestRefusals:
    @pytest.fixture(autouse=True)
    def _own_folder(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)

    @pytest.mark.parametrize(
        "url",
        [
            "hunter2",
            "postgresql://user:hunter2@host:port/name",
            "mysql://user:hunter2@host/name",
            "sqlite://",
            "sqlite:///:memory:",
        ],
    )
    def test_what_is_no_database_is_refused_without_repeating_it(self, tmp_path: Path, url: str) -> None:
        error = _refusal(tmp_path / "library", url)
        assert "hunter2" not in str(error)
        assert error.__cause__ is None or "hunter2" not in str(error.__cause__)
        assert not (tmp_path / "library").exists()

    def test_a_server_that_is_not_there_is_named_without_the_password(self, tmp_path: Path) -> None:
        error = _refusal(tmp_path / "library", "postgresql://user:hunter2@127.0.0.1:1/name?application_name=hunter2")
        assert "postgresql://user:***@127.0.0.1:1/name cannot be reached" in error.message
        assert "hunter2" not in str(error)

    def test_a_database_that_the_server_does_not_have_is_named(self, tmp_path: Path, postgres) -> None:
        error = _refusal(tmp_path / "library", postgres.url("nope"))
        assert "cannot be reached" in error.message
        assert '"nope" does not exist' in error.message

    def test_the_old_name_of_postgresql_is_understood(self, tmp_path: Path) -> None:
        error = _refusal(tmp_path / "library", "postgres://user@127.0.0.1:1/name")
        assert "postgresql://user@127.0.0.1:1/name cannot be reached" in error.message

    def test_without_its_driver_postgresql_says_what_to_install(self, tmp_path: Path) -> None:
        url = "postgresql://user:hunter2@127.0.0.1:1/name"
        said = run_python("import sys; sys.modules['psycopg'] = None\n" + OPENING, url, str(tmp_path / "library"))
        assert said == 'PostgreSQL needs the package psycopg. Install it: pip install "lessonmirror[postgresql]"\n'

    def test_a_file_in_place_of_the_folder_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        assert "file cannot be written" in _refusal(tmp_path / "file").message
        _refusal(tmp_path / "file" / "below")
        _refusal(tmp_path / "x\0y")

    @pytest.mark.parametrize("content", [b"This is not a database. " * 100, b"SQLite format 3\0" + b"\xff" * 4000])
    def test_a_file_that_is_no_database_is_left_alone(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "library.db").write_bytes(content)
        assert "is damaged or not a library's database" in _refusal(tmp_path).message
        assert (tmp_path / "library.db").read_bytes() == content

    def test_a_folder_that_may_not_be_written_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "closed").mkdir(mode=0o500)
        folders = [str(tmp_path / "closed"), str(tmp_path / "closed" / "library")]
        lines = run_python_without_rights_of_root(OPENING, "", *folders).splitlines()
        assert len(lines) == 2
        for line in lines:
            assert "cannot be written: Permission denied. Choose a folder that this account may write to" in line

    def test_a_database_that_may_only_be_read_is_refused(self, tmp_path: Path) -> None:
        with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
            row = add_row(library, "a")
            library.database.close()
            uri = f"file:{tmp_path / 'library' / 'library.db'}?mode=ro"
            engine = sa.create_engine("sqlite://", creator=lambda: sqlite3.connect(uri, uri=True))
            library.database._engine = engine
            with pytest.raises(StoreError, match="cannot be written") as caught:
                library.set_state(row.id, "done")
            assert caught.value.hint

    def test_a_database_that_others_keep_busy_is_called_busy(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
            blocker = sqlite3.connect(tmp_path / "library" / "library.db", isolation_level=None)
            blocker.execute("BEGIN IMMEDIATE")
            monkeypatch.setattr(database, "BUSY_TIMEOUT_S", 0.1)
            with pytest.raises(StoreError, match="busy") as caught:
                add_row(library, "a")
            assert "try again" in caught.value.hint
            blocker.close()


def test_a_full_disk_refuses_what_is_new_and_keeps_what_is_old(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LESSONMIRROR_LIBRARY", raising=False)
    mounted = os.path.ismount(small_disk)
    with Library.open(LibraryConfig(str(small_disk / "library"))) as library:
        row = add_row(library, "a")
        library.add_note(row.id, 1.0, "kept")
        with pytest.raises(DiskFullError if mounted else StoreError):
            library.save_stage_output(row.sha256, "transcribe", "k", RECORD, os.urandom(4 * 2**20))
        assert library.stage_output(row.sha256, "transcribe", "k") is None
        assert [note.text for note in library.notes(row.id)] == ["kept"]
        library.add_note(row.id, 2.0, "goes on")
        with pytest.raises(DiskFullError):
            library.media.take_in(small_disk.parent / "long.mp4")
        assert files_below(library.folder / "media") + files_below(library.folder / "scratch") == []
    with Library.open(LibraryConfig(str(small_disk / "library"))) as library:
        assert [note.text for note in library.notes(row.id)] == ["kept", "goes on"]


@ON_POSTGRESQL
def test_a_full_disk_of_the_server_is_called_full(library: Library) -> None:
    complaint = sa.text("DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$")
    with pytest.raises(DiskFullError, match="postgresql://postgres@/made"):
        library.database.write(lambda connection: connection.execute(complaint))


@ON_POSTGRESQL
def test_a_server_that_drops_its_connections_is_found_again(library: Library, postgres) -> None:
    row = add_row(library, "a")

    def interrupt(connection: sa.Connection) -> None:
        mine = connection.execute(sa.text("SELECT pg_backend_pid()")).scalar_one()
        postgres.run(f"SELECT pg_terminate_backend({mine})")
        connection.execute(sa.update(schema.lesson).values(title="half way"))

    with pytest.raises(StoreError, match="cannot be reached") as caught:
        library.database.write(interrupt)
    assert caught.value.hint
    assert library.find_lesson(row.id).details == DETAILS


def test_a_fault_of_the_program_is_not_hidden(library: Library) -> None:
    with pytest.raises(ZeroDivisionError):
        library.database.write(lambda connection: 1 / 0)
    with pytest.raises(StoreError, match="refuses"):
        library.database.write(lambda connection: connection.execute(sa.text("SELECT nonsense FROM nowhere")))
    assert add_row(library, "a").created


def test_an_error_does_not_tell_what_lessons_hold(library: Library) -> None:
    add_row(library, "a")

    def insert_it_again(connection: sa.Connection) -> None:
        values = connection.execute(sa.select(schema.lesson)).mappings().one()
        connection.execute(sa.insert(schema.lesson).values(**values))

    with pytest.raises(StoreError, match="refuses") as caught:
        library.database.write(insert_it_again)
    assert DETAILS.teacher not in str(caught.value)
    assert DETAILS.teacher not in str(caught.value.__cause__)
    assert len(library.lessons()) == 1
