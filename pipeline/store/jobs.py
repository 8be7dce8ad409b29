"""The durable queue of background work. A job is claimed by one worker at a time and lives by its reports.

The state of a lesson follows its job of kind ``analyze``: waiting, running, then done or failed with the reason.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import Cancelled, NotFoundError
from pipeline.store import lessons, schema
from pipeline.store.database import now
from pipeline.store.rows import JobKind, JobRow, JobState

STALE_S = 60.0  # a worker reports every second or so; after a minute of silence it is dead
MAX_ATTEMPTS = 3  # a recording that brings down three workers brings down the fourth
KINDS: tuple[JobKind, ...] = ("analyze", "proxy")
_ACTIVE = ("waiting", "running")
_COLUMNS = tuple(name for name in JobRow.__slots__)


def enqueue(connection: Connection, lesson_id: str, kind: JobKind) -> JobRow:
    """A waiting job, or the one of that kind that is waiting or running already. Raises NotFoundError."""
    lessons.hold(connection, lesson_id)
    active = _active(connection, lesson_id, kind)
    if active:
        return active
    moment = now(connection)
    values = {"id": lessons.new_id(), "lesson_id": lesson_id, "kind": kind, "state": "waiting"}
    blank = {"stage": "", "share_done": 0.0, "attempts": 0, "worker": "", "message": "", "hint": ""}
    connection.execute(insert(schema.job).values(**values, **blank, created_at=moment, updated_at=moment))
    _tell_lesson(connection, lesson_id, kind, "waiting")
    return _get(connection, values["id"])


def claim(connection: Connection, worker: str, *, lesson_id: str | None, kinds: Collection[JobKind]) -> JobRow | None:
    """Gives the oldest job that waits, or whose worker fell silent, to ``worker``; None where there is none."""
    table = schema.job
    while True:
        silent_since = now(connection) - timedelta(seconds=STALE_S)
        stale = and_(table.c.state == "running", table.c.updated_at < silent_since)
        query = select(table).where(or_(table.c.state == "waiting", stale), table.c.kind.in_(kinds))
        if lesson_id is not None:
            query = query.where(table.c.lesson_id == lesson_id)
        row = connection.execute(query.order_by(table.c.number).limit(1).with_for_update(skip_locked=True)).first()
        if row is None:
            return None
        if row.attempts < MAX_ATTEMPTS:
            claimed = {"worker": worker, "attempts": row.attempts + 1, "stage": "", "share_done": 0.0, "eta_s": None}
            return _settle(connection, row, "running", **claimed)
        reason = f"The program stopped {MAX_ATTEMPTS} times while it worked on this lesson."
        hint = "See whether this computer has enough memory, then try again."
        _settle(connection, row, "failed", eta_s=None, message=reason, hint=hint)


def release(connection: Connection, worker: str, *, blameless: bool) -> None:
    """Lets the jobs of a worker that is gone wait again at once; one that was asked to stop costs no attempt."""
    mine = select(schema.job).where(schema.job.c.worker == worker, schema.job.c.state == "running").with_for_update()
    for row in connection.execute(mine).all():
        left = {"stage": "", "share_done": 0.0, "eta_s": None, "attempts": row.attempts - blameless}
        _settle(connection, row, "waiting", **left)


def report(
    connection: Connection, job_id: str, worker: str | None, stage: str, share: float, eta_s: float | None
) -> None:
    """Says how far the job is, and that its worker lives.

    Raises Cancelled where it runs no longer: somebody cancelled it or deleted its lesson, or another worker has it.
    """
    running = [schema.job.c.id == job_id, schema.job.c.state == "running"]
    if worker is not None:
        running.append(schema.job.c.worker == worker)
    values = {"stage": stage, "share_done": min(1.0, max(0.0, share)), "eta_s": eta_s, "updated_at": now(connection)}
    if connection.execute(update(schema.job).where(*running).values(**values)).rowcount == 0:
        raise Cancelled("This work was cancelled, or its lesson was deleted.")


def finish(connection: Connection, job_id: str, worker: str | None) -> None:
    """Calls a running job done; nothing happens to one that runs no longer."""
    row = _hold(connection, job_id)
    if row and row.state == "running" and worker in (None, row.worker):
        _settle(connection, row, "done", share_done=1.0, eta_s=None)


def fail(connection: Connection, job_id: str, worker: str | None, message: str, hint: str) -> None:
    """Calls a running job failed, with the reason; nothing happens to one that runs no longer."""
    row = _hold(connection, job_id)
    if row and row.state == "running" and worker in (None, row.worker):
        _settle(connection, row, "failed", eta_s=None, message=message, hint=hint)


def cancel(connection: Connection, job_id: str) -> JobRow:
    """Stops a job that waits or runs; its worker hears of it at its next report. Raises NotFoundError."""
    row = _hold(connection, job_id)
    if row is None:
        raise _unknown(job_id)
    return _settle(connection, row, "cancelled", eta_s=None) if row.state in _ACTIVE else _job_row(row)


def retry(connection: Connection, job_id: str) -> JobRow:
    """Lets a failed or cancelled job wait once more, with all its attempts. Raises NotFoundError.

    One that waits, runs or is done stays as it is; where another of its kind is active, that one is the answer.
    """
    row = _hold(connection, job_id)
    if row is None:
        raise _unknown(job_id)
    if row.state not in ("failed", "cancelled"):
        return _job_row(row)
    active = _active(connection, row.lesson_id, row.kind)
    return active or _settle(connection, row, "waiting", attempts=0, stage="", share_done=0.0, message="", hint="")


def newest(connection: Connection, lesson_id: str | None) -> tuple[JobRow, ...]:
    """Jobs of one lesson or of all, newest first."""
    query = select(schema.job).order_by(schema.job.c.number.desc())
    if lesson_id is not None:
        query = query.where(schema.job.c.lesson_id == lesson_id)
    return tuple(_job_row(row) for row in connection.execute(query))


def _get(connection: Connection, job_id: str) -> JobRow:
    return _job_row(connection.execute(select(schema.job).where(schema.job.c.id == job_id)).one())


def _hold(connection: Connection, job_id: str) -> Row[Any] | None:
    return connection.execute(select(schema.job).where(schema.job.c.id == job_id).with_for_update()).first()


def _active(connection: Connection, lesson_id: str, kind: str) -> JobRow | None:
    same: tuple[ColumnElement[bool], ...] = (schema.job.c.lesson_id == lesson_id, schema.job.c.kind == kind)
    row = connection.execute(select(schema.job).where(*same, schema.job.c.state.in_(_ACTIVE))).first()
    return None if row is None else _job_row(row)


def _settle(connection: Connection, row: Row[Any], state: JobState, **values: object) -> JobRow:
    change = update(schema.job).where(schema.job.c.id == row.id)
    connection.execute(change.values(state=state, updated_at=now(connection), **values))
    settled = _get(connection, row.id)
    _tell_lesson(connection, row.lesson_id, row.kind, state, settled.message, settled.hint)
    return settled


def _tell_lesson(
    connection: Connection, lesson_id: str, kind: str, state: JobState, message: str = "", hint: str = ""
) -> None:
    if kind != "analyze":
        return
    if state == "cancelled":
        has_result = connection.execute(
            select(schema.lesson_result.c.lesson_id).where(schema.lesson_result.c.lesson_id == lesson_id)
        ).first()
        lessons.set_state(connection, lesson_id, "done" if has_result else "new", "", "")
    else:
        lessons.set_state(connection, lesson_id, state, message, hint)


def _unknown(job_id: str) -> NotFoundError:
    return NotFoundError(f"There is no job {job_id[:80]!r}.", hint="Its lesson may have been deleted.")


def _job_row(row: Row[Any]) -> JobRow:
    return JobRow(**{name: getattr(row, name) for name in _COLUMNS})
