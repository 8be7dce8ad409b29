"""Brings a library's database to the newest schema, under a lock, all of it or nothing."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from pipeline.errors import StoreError
from pipeline.store import schema
from pipeline.store.database import Database, lock

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).with_name("migrations")
_ONE_AT_A_TIME = threading.Lock()  # Alembic keeps the running migration in module globals


def migrate(database: Database) -> None:
    """Migrates to the newest schema; waits where another process is at it.

    Raises StoreError for a library that a newer version of the program has written, and leaves it as it is.
    """
    if database.read(version_of) == schema.HEAD:
        return
    with _ONE_AT_A_TIME:
        # Rebuilding a table on SQLite must not cascade to the tables that point to it; links are checked at the end.
        unchecked = Database(database.url, foreign_keys=False)
        try:
            unchecked.write(_upgrade)
        finally:
            unchecked.close()


def version_of(connection: Connection) -> str | None:
    """The version of the schema, None for an empty database."""
    if not sa.inspect(connection).has_table(schema.VERSION_TABLE):
        return None
    version: str | None = connection.execute(sa.text(f"SELECT version_num FROM {schema.VERSION_TABLE}")).scalar()
    return version


def alembic_config(connection: Connection) -> Config:
    """Alembic's settings for this connection, in place of an ``alembic.ini``."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.script import ScriptDirectory

    lock(connection, "lessonmirror schema")
    config = alembic_config(connection)
    version = version_of(connection)
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if version is not None and version not in known:
        raise StoreError(
            f"This library was written by a newer version of Lesson Mirror (schema {version}, known is {schema.HEAD}).",
            hint="Install the newest version, or choose another library folder.",
        )
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first():
        message = "After the upgrade some rows would belong to no lesson, so it was undone."
        raise StoreError(message, hint="Report this as a bug.")
