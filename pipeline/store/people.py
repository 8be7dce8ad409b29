"""People with accounts, and their sessions. Hashes stay in here; what is handed out holds no secret."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.engine import Connection

from pipeline.errors import NotFoundError, StoreError
from pipeline.store import lessons, schema
from pipeline.store.database import lock, now
from pipeline.store.rows import PersonRole, PersonRow

_USED_EVERY = timedelta(minutes=1)  # a session's last use is written no finer than this: each one is a write


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a log-in is checked against."""

    password_hash: str
    code_hash: str
    code_until: datetime | None
    failures: int
    locked_until: datetime | None


def folded(text: str) -> str:
    """A log-in or a name as it is compared: any case, any way of writing an accent, no extra spaces."""
    return " ".join(lessons.folded(text).split())


def add(
    connection: Connection, login: str, name: str, roles: Iterable[PersonRole], *, sign_on: str | None = None
) -> PersonRow:
    """A new person. Raises StoreError where the log-in is taken."""
    key = folded(login)
    lock(connection, f"person {key}")
    if by_login(connection, login) is not None:
        raise StoreError(f"{login!r} is taken.", hint="Choose another log-in, or change the account that has it.")
    values = {
        "id": lessons.new_id(),
        "login": key,
        "name": name,
        "roles": " ".join(sorted(roles)),
        "state": "active",
        "password_hash": "",
        "code_hash": "",
        "failures": 0,
        "sign_on": sign_on,
        "notice": "",
        "created_at": now(connection),
    }
    connection.execute(insert(schema.person).values(**values))
    return get(connection, str(values["id"]))


def get(connection: Connection, person_id: str) -> PersonRow:
    """The person of that id. Raises NotFoundError."""
    row = connection.execute(select(schema.person).where(schema.person.c.id == person_id)).first()
    if row is None:
        raise NotFoundError("There is no such person.", hint="The list of people shows who has an account.")
    return _person(row)


def by_login(connection: Connection, login: str) -> PersonRow | None:
    """The person with that log-in, or None."""
    row = connection.execute(select(schema.person).where(schema.person.c.login == folded(login))).first()
    return _person(row) if row else None


def by_sign_on(connection: Connection, sign_on: str) -> PersonRow | None:
    """The person whom the school's provider knows by that issuer and subject, or None."""
    row = connection.execute(select(schema.person).where(schema.person.c.sign_on == sign_on)).first()
    return _person(row) if row else None


def teacher_named(connection: Connection, name: str) -> PersonRow | None:
    """The active teacher of that name or log-in, where exactly one fits; None else."""
    wanted = folded(name)
    fits = [item for item in everybody(connection) if wanted in (item.login, folded(item.name))]
    found = next((item for item in fits if item.login == wanted), fits[0] if len(fits) == 1 else None)
    return found if found and found.state == "active" and "teacher" in found.roles else None


def everybody(connection: Connection) -> tuple[PersonRow, ...]:
    """All people by name."""
    rows = connection.execute(select(schema.person).order_by(schema.person.c.name, schema.person.c.number))
    return tuple(_person(row) for row in rows)


def any_active(connection: Connection) -> bool:
    """Whether somebody can log in here at all."""
    query = select(schema.person.c.id).where(schema.person.c.state == "active").limit(1)
    return connection.execute(query).first() is not None


def count_active(connection: Connection, role: PersonRole) -> int:
    """How many active people have the role."""
    rows = connection.execute(select(schema.person.c.roles).where(schema.person.c.state == "active"))
    return sum(role in row.roles.split() for row in rows)


def change(connection: Connection, /, person_id: str, **values: object) -> PersonRow:
    """The person with other values. Raises NotFoundError."""
    changed = connection.execute(update(schema.person).where(schema.person.c.id == person_id).values(**values))
    if not changed.rowcount:
        get(connection, person_id)
    return get(connection, person_id)


def secrets_of(connection: Connection, person_id: str) -> Secrets:
    """What a log-in of the person is checked against, kept from others until this transaction ends."""
    query = select(schema.person).where(schema.person.c.id == person_id).with_for_update()
    row = connection.execute(query).one()
    return Secrets(row.password_hash, row.code_hash, row.code_until, row.failures, row.locked_until)


def notice(connection: Connection, person_id: str) -> str:
    """What the person has to be told; "" for nothing."""
    query = select(schema.person.c.notice).where(schema.person.c.id == person_id)
    found: str = connection.execute(query).scalar_one()
    return found


def erase(connection: Connection, person_id: str) -> None:
    """Removes the person with sessions and shares; lessons have to be settled before."""
    connection.execute(delete(schema.person).where(schema.person.c.id == person_id))


def open_session(connection: Connection, person_id: str, token_sha256: str) -> None:
    """Begins a session."""
    moment = now(connection)
    values = {"token_sha256": token_sha256, "person_id": person_id, "created_at": moment, "used_at": moment}
    connection.execute(insert(schema.session).values(**values))
    change(connection, person_id, seen_at=moment)


def of_session(
    connection: Connection, token_sha256: str, *, idle: timedelta, longest: timedelta
) -> tuple[PersonRow, bool] | None:
    """The active person of a session that has not ended, and whether its use has to be noted again; else None."""
    query = select(schema.person).add_columns(schema.session.c.used_at, schema.session.c.created_at.label("began_at"))
    query = query.join(schema.session, schema.session.c.person_id == schema.person.c.id)
    row = connection.execute(query.where(schema.session.c.token_sha256 == token_sha256)).first()
    if row is None or row.state != "active":
        return None
    moment = now(connection)
    if moment - row.used_at > idle or moment - row.began_at > longest:
        return None
    return _person(row), moment - row.used_at > _USED_EVERY


def use_session(connection: Connection, token_sha256: str) -> None:
    """Notes that the session was used."""
    table = schema.session
    connection.execute(update(table).where(table.c.token_sha256 == token_sha256).values(used_at=now(connection)))


def end_sessions(connection: Connection, *, person_id: str | None = None, token_sha256: str | None = None) -> None:
    """Ends one session, or all of a person."""
    table = schema.session
    which = table.c.person_id == person_id if person_id else table.c.token_sha256 == token_sha256
    connection.execute(delete(table).where(which))


def sweep_sessions(connection: Connection, *, idle: timedelta) -> None:
    """Removes sessions that ended by themselves."""
    connection.execute(delete(schema.session).where(schema.session.c.used_at < now(connection) - idle))


def _person(row: Row[Any]) -> PersonRow:
    roles = cast("frozenset[PersonRole]", frozenset(row.roles.split()))
    plain = (row.id, row.login, row.name, roles, row.state, row.created_at, row.seen_at)
    return PersonRow(*plain, bool(row.password_hash), row.sign_on)
