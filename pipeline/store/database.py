"""The database behind the library: SQLite in a file, or PostgreSQL by URL, with the same promises.

Work is a function whose first argument is the connection; :meth:`Database.read` and :meth:`Database.write` run it in
one transaction. A write is alone on SQLite (``BEGIN IMMEDIATE``); on PostgreSQL it locks rows, and runs again after a
deadlock.
"""

from __future__ import annotations

import os
import random
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url

from pipeline.errors import StoreError
from pipeline.store.database_errors import explained
from pipeline.store.files import disk_errors

P = ParamSpec("P")
T = TypeVar("T")

BUSY_TIMEOUT_S = 30.0  # how long a writer waits for the others
_POLL_S = (0.002, 0.02)  # between two tries; a write takes some 5 ms, and chance makes the waiting equal
CONNECT_TIMEOUT_S = 10  # a server that is there answers long before
_WIPE_TIMEOUT_MS = 1000  # nobody wants to wait for readers just to delete
_TRIES = 6  # deadlocks are rare and short; six in a row mean something else
_TRY_AGAIN = ("40001", "40P01")  # PostgreSQL: serialization failure, deadlock
_DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}


class Database:
    """Connections to one database. Usable from several threads, and after a fork in the child too."""

    def __init__(self, url: URL, *, foreign_keys: bool = True) -> None:
        self.url = url
        self.is_sqlite = url.drivername == "sqlite"
        self._foreign_keys = foreign_keys
        self._pid = os.getpid()
        self._engine = self._make_engine()

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``work(connection, ...)`` gives. Raises StoreError or DiskFullError."""
        return self._run(lambda connection: work(connection, *args, **kwargs), writes=False)

    def write(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same for work that changes something: all of it is kept, or nothing. It may run more than once."""
        return self._run(lambda connection: work(connection, *args, **kwargs), writes=True)

    def wipe(self) -> None:
        """Takes what was deleted out of SQLite's write-ahead log too, or leaves that to it while somebody reads.

        PostgreSQL's vacuum does the like by itself in its own time.
        """
        if not self.is_sqlite:
            return
        try:
            connection = self._here().raw_connection()
            try:
                cursor = connection.cursor()
                cursor.execute(f"PRAGMA busy_timeout = {_WIPE_TIMEOUT_MS}")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.close()
            finally:
                connection.invalidate()  # it is not to go back with that short patience
        except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
            raise explained(error, self.url) from error

    def close(self) -> None:
        """Closes all connections."""
        self._here().dispose()

    def _run(self, work: Callable[[Connection], T], *, writes: bool) -> T:
        for attempt in count(1):
            try:
                with self._here().execution_options(writes=writes).begin() as connection:
                    return work(connection)
            except (sa.exc.SQLAlchemyError, sqlite3.Error) as error:
                again = getattr(getattr(error, "orig", None), "sqlstate", None) in _TRY_AGAIN
                if not again or attempt == _TRIES:
                    raise explained(error, self.url) from error
            time.sleep(random.uniform(0.01, 0.05) * attempt)
        raise AssertionError  # counting has no end

    def _here(self) -> Engine:
        if self._pid != os.getpid():  # a forked child must not talk over its parent's connections
            self._engine.dispose(close=False)
            self._pid, self._engine = os.getpid(), self._make_engine()
        return self._engine

    def _make_engine(self) -> Engine:
        if self.is_sqlite:
            engine = sa.create_engine(self.url, hide_parameters=True, connect_args={"timeout": BUSY_TIMEOUT_S})
            event.listen(engine, "connect", self._prepare_sqlite)
            event.listen(engine, "begin", _begin_sqlite)
            return engine
        try:
            options = {} if "connect_timeout" in self.url.query else {"connect_timeout": CONNECT_TIMEOUT_S}
            engine = sa.create_engine(self.url, hide_parameters=True, pool_pre_ping=True, connect_args=options)
        except ModuleNotFoundError as error:
            raise StoreError(
                "PostgreSQL needs the package psycopg.", hint='Install it: pip install "lessonmirror[postgresql]"'
            ) from error
        event.listen(engine, "connect", _prepare_postgresql)
        return engine

    def _prepare_sqlite(self, connection: sa.engine.interfaces.DBAPIConnection, record: object) -> None:
        connection.isolation_level = None  # so that BEGIN is ours to say
        cursor = connection.cursor()
        _wait_for(cursor, "PRAGMA journal_mode = WAL")  # SQLite gives up at once where two make that switch
        cursor.execute("PRAGMA synchronous = FULL")  # what was saved survives a power cut
        cursor.execute("PRAGMA secure_delete = ON")  # what was deleted is overwritten
        cursor.execute(f"PRAGMA foreign_keys = {'ON' if self._foreign_keys else 'OFF'}")
        cursor.close()


def open_url(folder: Path, database_url: str) -> URL:
    """Where the database is: ``database_url``, or the file ``library.db`` in the folder where it is empty.

    Raises StoreError for what is not the URL of a SQLite file or of a PostgreSQL database. Its text is never repeated,
    as it may hold a password.
    """
    if not database_url:
        return URL.create("sqlite", database=str(folder / "library.db"))
    hint = "Write it as postgresql://user:password@host/database, or leave it empty for SQLite."
    try:
        url = make_url(database_url)
    except (sa.exc.ArgumentError, ValueError):
        raise StoreError("[library] database_url is not a database's URL.", hint=hint) from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise StoreError(f"A library cannot lie in {url.get_backend_name()!r}.", hint=hint)
    if driver == "sqlite" and url.database in (None, "", ":memory:"):
        raise StoreError(
            "A library needs a database in a file, not in memory.", hint="Write it as sqlite:////folder/file."
        )
    return url.set(drivername=driver)


def make_sqlite_file(url: URL) -> None:
    """Makes the database's file if it is missing, closed to other accounts; its journals follow its permissions."""
    path = Path(url.database or "")
    with disk_errors(path):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))


def lock(connection: Connection, name: str) -> None:
    """Makes others who lock the same name wait until this transaction ends. On SQLite every writer is alone anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(name, 0))))


def insert_new(connection: Connection, table: sa.Table, rows: Sequence[Mapping[str, object]]) -> None:
    """Adds the rows whose key is not there yet; others who add the same at once are no error."""
    make = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    connection.execute(make(table).on_conflict_do_nothing(), [dict(row) for row in rows])


def now(connection: Connection) -> datetime:
    """The time, by the database's clock where several machines share one."""
    if connection.dialect.name == "postgresql":
        moment: datetime = connection.execute(sa.select(sa.func.clock_timestamp())).scalar_one()
        return moment.astimezone(UTC)
    return datetime.now(UTC)


def _begin_sqlite(connection: Connection) -> None:
    cursor = connection.connection.cursor()
    if connection.get_execution_options().get("writes", False):
        # SQLite's own waiting grows with each try, so that whoever waited longest has the worst chance of all.
        cursor.execute("PRAGMA busy_timeout = 0")
        try:
            _wait_for(cursor, "BEGIN IMMEDIATE")
        finally:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_S * 1000:.0f}")
    else:
        cursor.execute("BEGIN")
    cursor.close()


def _wait_for(cursor: sa.engine.interfaces.DBAPICursor, statement: str) -> None:
    deadline = time.monotonic() + BUSY_TIMEOUT_S
    while True:
        try:
            cursor.execute(statement)
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(random.uniform(*_POLL_S))


def _prepare_postgresql(connection: sa.engine.interfaces.DBAPIConnection, record: object) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{BUSY_TIMEOUT_S:.0f}s'")
    cursor.close()
    connection.commit()
