"""What a database's complaint means for the user. Passwords and the lesson's content never appear in it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL

from pipeline.errors import StoreError
from pipeline.store.files import disk_full_error

_ALMOST_FULL_BYTES = 2**20  # SQLite calls a full disk an input/output error in some places
_CHECK_URL = "Check [library] database_url, and that the server runs and lets this account in."
_NO_SERVER = ("08", "28", "3D", "57P")  # PostgreSQL's classes: connection, log-in, no such database, shut down


def masked(url: URL) -> str:
    """The URL as it may be shown: without password and options."""
    return url.set(drivername=url.get_backend_name(), query={}).render_as_string(hide_password=True)


def explained(error: Exception, url: URL) -> StoreError:
    """The StoreError or DiskFullError to raise instead."""
    if isinstance(error, sa.exc.TimeoutError):
        return StoreError("Too many use the library at once.", hint="Try again in a moment.")
    cause = getattr(error, "orig", None) or error
    if url.drivername == "sqlite":
        return _sqlite(str(cause), url)
    lost = isinstance(error, (sa.exc.OperationalError, sa.exc.InterfaceError))
    return _postgresql(cause, url, lost=lost)


def _sqlite(reason: str, url: URL) -> StoreError:
    path = Path(url.database or "")
    if "disk is full" in reason or ("disk I/O error" in reason and _almost_full(path)):
        return disk_full_error(path)
    if "locked" in reason or "busy" in reason:
        return StoreError(f"Another program keeps {path} busy.", hint="Close it, or try again in a moment.")
    if "not a database" in reason or "malformed" in reason:
        return StoreError(f"{path} is damaged or not a library's database.", hint="Put back a backup of that file.")
    if "readonly" in reason or "unable to open" in reason:
        hint = "Choose a folder that this account may write to, or change its permissions."
        return StoreError(f"{path} cannot be written.", hint=hint)
    return StoreError(f"The database {path} refuses: {reason}.", hint="Check the disk that it lies on.")


def _almost_full(path: Path) -> bool:
    import shutil

    return shutil.disk_usage(path.parent).free < _ALMOST_FULL_BYTES


def _postgresql(cause: BaseException, url: URL, *, lost: bool) -> StoreError:
    state = getattr(cause, "sqlstate", None) or ""
    reason = (str(cause).strip().splitlines() or [type(cause).__name__])[0]
    if state == "53100":
        return disk_full_error(masked(url))
    if state == "55P03":
        return StoreError(f"Others keep the database {masked(url)} busy.", hint="Try again in a moment.")
    if state.startswith(_NO_SERVER) or (lost and not state):
        return StoreError(f"The database {masked(url)} cannot be reached: {reason}.", hint=_CHECK_URL)
    return StoreError(f"The database {masked(url)} refuses: {reason}.", hint="Ask whoever looks after that server.")
