"""Accounts: making them, logging in, codes to set a password, leaving. Each step that matters is in the audit record.

people = People(library)
person, code = people.add("ada", "Ada Example", ("teacher",))   # the code goes to her, once
people.set_password("ada", code, "three words and one")
token = people.log_in("ada", "three words and one")
people.of_session(token)
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy.engine import Connection

from pipeline.errors import LessonMirrorError, NotFoundError, SignInError, StoreError, UsageError
from pipeline.store import audit, lessons, people, sharing
from pipeline.store.database import now
from pipeline.store.library import Library
from pipeline.store.rows import AuditRow, PersonRole, PersonRow
from pipeline.workspace import passwords
from pipeline.workspace.visitor import ROLES

CODE_HOLDS = timedelta(days=3)
IDLE = timedelta(hours=8)  # a school day; who comes back tomorrow logs in again
LONGEST = timedelta(days=7)
_FREE_FAILURES = 5  # so many wrong tries cost nothing
_FIRST_LOCK, _LONGEST_LOCK = timedelta(minutes=1), timedelta(hours=1)
_MAX_CHARS = 120
_WRONG = SignInError("Log-in and password do not fit together.", hint="Try again, or ask for a code to set a new one.")


@dataclass(frozen=True, slots=True)
class Invited:
    """Somebody who has to set a password, and the one-time code for it. The code is kept nowhere else."""

    person: PersonRow
    code: str


class People:
    """The accounts of a library. Who may call what is for the caller to judge: commands and the administrator's page."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._read, self._write = library.database.read, library.database.write

    # Who there is

    def are_there(self) -> bool:
        """Whether anybody has an account; from then on nobody comes in without one."""
        return self._read(people.any_active)

    def everybody(self) -> tuple[PersonRow, ...]:
        """All people by name."""
        return self._read(people.everybody)

    def find(self, text: str) -> PersonRow:
        """The person by log-in, by id, or by a name that only one has. Raises NotFoundError."""
        wanted = people.folded(text)
        everybody = self.everybody()
        exact = [item for item in everybody if wanted in (item.login, item.id)]
        found = exact or [item for item in everybody if people.folded(item.name) == wanted]
        if len(found) != 1:
            what = "Nobody" if not found else "More than one person"
            raise NotFoundError(f"{what} is called {text[:80]!r}.", hint="`lessonmirror people list` shows log-ins.")
        return found[0]

    def named(self, name: str) -> PersonRow | None:
        """The teacher of that name or log-in, where exactly one fits; None else. For who brings in a lesson."""
        return self._read(people.teacher_named, name)

    # Coming

    def add(self, login: str, name: str, roles: Iterable[str], *, by: str = "") -> Invited:
        """A new person with a code to set the password. Raises UsageError for nonsense, StoreError for a taken log-in."""
        return self._write(self._add, *checked(login, name, roles), by)

    def invite(self, person_id: str, *, by: str = "") -> Invited:
        """A new one-time code; earlier codes and all sessions end, and the person is told at the next log-in."""
        return self._write(self._invite, person_id, by, "password reset")

    def set_password(self, login: str, code: str, password: str) -> PersonRow:
        """Sets the password by a code, which is used up. Raises SignInError for a wrong or old code."""
        person = self._read(people.by_login, login)
        if person is not None:
            passwords.check(password, about=(person.name, person.login))
        done = self._write(self._use_code, login, code, passwords.hashed(password))
        if done is None:
            raise SignInError("This code does not hold, or not any more.", hint="Ask for a new one.")
        return done

    def change_password(self, person_id: str, old: str, new: str) -> None:
        """Another password, by the one who knows the old; all other sessions end."""
        person = self._read(people.get, person_id)
        passwords.check(new, about=(person.name, person.login))
        self.log_in(person.login, old, open_session=False)
        self._write(self._keep_password, person_id, passwords.hashed(new), "password changed")

    # Sessions

    def log_in(self, login: str, password: str, *, open_session: bool = True) -> str:
        """The token of a new session. Raises SignInError; after some wrong tries in a row only after a while."""
        person, kept = self._read(self._kept, login)
        # Outside of a transaction: it takes a tenth of a second on purpose.
        fits = passwords.matches(kept, password)
        token = passwords.new_token()
        problem = self._write(self._judge, person, fits, passwords.digest(token) if open_session else None)
        if problem is not None:
            raise problem
        return token

    def log_in_by_sign_on(self, sign_on: str, login: str) -> str:
        """The token of a session for whom the school's provider vouches.

        ``sign_on`` is issuer and subject. The first time, the account is found by ``login`` (an e-mail address that the
        provider says it checked); a new one is never made, so the school decides who has one. Raises SignInError.
        """
        token = passwords.new_token()
        problem = self._write(self._sign_on, sign_on, login, passwords.digest(token))
        if problem is not None:
            raise problem
        return token

    def log_out(self, token: str) -> None:
        """Ends the session."""
        self._write(people.end_sessions, token_sha256=passwords.digest(token))

    def of_session(self, token: str) -> PersonRow | None:
        """Who has that session; None where it ended."""
        if not token:
            return None
        digest = passwords.digest(token)
        found = self._read(people.of_session, digest, idle=IDLE, longest=LONGEST)
        if found is None:
            return None
        person, stale = found
        if stale:
            with suppress(LessonMirrorError):  # a full disk must not keep people from reading
                self._write(people.use_session, digest)
        return person

    def notice(self, person_id: str) -> str:
        """What the person has to be told, until :meth:`notice_read`; "" for nothing."""
        return self._read(people.notice, person_id)

    def notice_read(self, person_id: str) -> None:
        """The person has read it."""
        self._write(people.change, person_id, notice="")

    # Changing and leaving

    def set_roles(self, person_id: str, roles: Iterable[str], *, by: str = "") -> PersonRow:
        """Other roles. Raises StoreError where nobody would be administrator any more."""
        return self._write(self._set_roles, person_id, _roles(roles), by)

    def disable(self, person_id: str, *, by: str = "") -> PersonRow:
        """Nobody comes in by this account any more; what it owns stays. Ends all sessions."""
        return self._write(self._set_state, person_id, "disabled", by)

    def enable(self, person_id: str, *, by: str = "") -> PersonRow:
        """Lets a disabled person in again."""
        return self._write(self._set_state, person_id, "active", by)

    def hand_over(self, from_id: str, to_id: str, *, by: str = "") -> int:
        """Gives all lessons of one person to another; says how many."""
        return self._write(self._hand_over, from_id, to_id, by)

    def assign(self, lesson_id: str, person_id: str, *, by: str = "") -> None:
        """Says whose a lesson is that was there before the accounts, or came without a known teacher."""
        self._write(self._assign, lesson_id, person_id, by)

    def record_of(self, person_id: str) -> tuple[AuditRow, ...]:
        """What was done with the account, oldest first."""
        return self._read(audit.about, person_id)

    def _add(self, connection: Connection, login: str, name: str, roles: frozenset[PersonRole], by: str) -> Invited:
        if not people.any_active(connection) and "administrator" not in roles:
            message = "The first account has to be an administrator's."
            raise UsageError(message, hint="Add --role administrator; a person may have several roles.")
        person = people.add(connection, login, name, roles)
        return self._invite(connection, person.id, by, "account made")

    def _invite(self, connection: Connection, person_id: str, by: str, action: str) -> Invited:
        code, until = passwords.new_code(), now(connection) + CODE_HOLDS
        notice = (
            "" if action == "account made" else f"A code to set a new password was given out on {_day(connection)}."
        )
        values = {"code_hash": passwords.digest(code), "code_until": until, "failures": 0, "locked_until": None}
        person = people.change(connection, person_id, **values, notice=notice)
        people.end_sessions(connection, person_id=person_id)
        audit.record(connection, action, person_id, _by(by))
        return Invited(person, code)

    def _use_code(self, connection: Connection, login: str, code: str, password_hash: str) -> PersonRow | None:
        person = people.by_login(connection, login)
        if person is None or person.state != "active":
            return None
        kept = people.secrets_of(connection, person.id)
        moment = now(connection)
        if kept.locked_until and kept.locked_until > moment:
            return None
        if not kept.code_hash or kept.code_until is None or kept.code_until < moment:
            return None
        if kept.code_hash != passwords.digest(code.upper()):
            _fail(connection, person.id, kept.failures, moment)
            return None
        self._keep_password(connection, person.id, password_hash, "password set by code")
        return person

    def _keep_password(self, connection: Connection, person_id: str, password_hash: str, action: str) -> None:
        free = {"failures": 0, "locked_until": None, "code_hash": "", "code_until": None}
        people.change(connection, person_id, password_hash=password_hash, **free)
        people.end_sessions(connection, person_id=person_id)
        audit.record(connection, action, person_id)

    def _kept(self, connection: Connection, login: str) -> tuple[PersonRow | None, str]:
        person = people.by_login(connection, login)
        if person is None:
            return None, ""
        return person, people.secrets_of(connection, person.id).password_hash

    def _judge(
        self, connection: Connection, person: PersonRow | None, fits: bool, token_sha256: str | None
    ) -> SignInError | None:
        if person is None:
            return _WRONG
        kept, moment = people.secrets_of(connection, person.id), now(connection)
        if kept.locked_until and kept.locked_until > moment:
            minutes = int((kept.locked_until - moment).total_seconds() // 60) + 1
            hint = f"Try again in {minutes} minute{'s' * (minutes > 1)}."
            return SignInError("There were too many wrong tries.", hint=hint)
        if not fits or people.get(connection, person.id).state != "active":
            _fail(connection, person.id, kept.failures, moment)
            return _WRONG
        people.change(connection, person.id, failures=0, locked_until=None)
        if token_sha256:
            people.sweep_sessions(connection, idle=IDLE)
            people.open_session(connection, person.id, token_sha256)
        return None

    def _sign_on(self, connection: Connection, sign_on: str, login: str, token_sha256: str) -> SignInError | None:
        person = people.by_sign_on(connection, sign_on)
        if person is None and login:
            person = people.by_login(connection, login)
            if person is not None and person.sign_on is None:
                people.change(connection, person.id, sign_on=sign_on)
                audit.record(connection, "single sign-on tied", person.id)
            else:
                person = None
        if person is None or person.state != "active":
            hint = "Ask your administrator to add you; the log-in is your e-mail address."
            return SignInError("You have no account here.", hint=hint)
        people.open_session(connection, person.id, token_sha256)
        return None

    def _set_roles(self, connection: Connection, person_id: str, roles: frozenset[PersonRole], by: str) -> PersonRow:
        before = people.get(connection, person_id)
        person = people.change(connection, person_id, roles=" ".join(sorted(roles)))
        _check_administrator(connection, before)
        audit.record(connection, "roles changed", person_id, f"{', '.join(sorted(roles))}; {_by(by)}")
        return person

    def _set_state(self, connection: Connection, person_id: str, state: str, by: str) -> PersonRow:
        before = people.get(connection, person_id)
        person = people.change(connection, person_id, state=state)
        _check_administrator(connection, before)
        people.end_sessions(connection, person_id=person_id)
        audit.record(connection, f"account {state}", person_id, _by(by))
        return person

    def _hand_over(self, connection: Connection, from_id: str, to_id: str, by: str) -> int:
        people.get(connection, from_id)
        to = people.get(connection, to_id)
        if from_id == to_id or to.state != "active":
            raise UsageError("Lessons are handed over to somebody else who is here.", hint="Choose another person.")
        count = sharing.hand_over(connection, from_id, to_id)
        audit.record(connection, "lessons handed over", from_id, f"{count} to {to_id}; {_by(by)}")
        return count

    def _assign(self, connection: Connection, lesson_id: str, person_id: str, by: str) -> None:
        row, person = lessons.get(connection, lesson_id), people.get(connection, person_id)
        sharing.settle(connection, row.id, owner_id=person.id, uploader_id=row.uploader_id)
        audit.record(connection, "lesson assigned", lesson_id, f"to {person.id}; {_by(by)}")


def _fail(connection: Connection, person_id: str, failures: int, moment: datetime) -> None:
    failures += 1
    over = failures - _FREE_FAILURES
    until = moment + min(_LONGEST_LOCK, _FIRST_LOCK * 2**over) if over >= 0 else None
    people.change(connection, person_id, failures=failures, locked_until=until)
    if until is not None:
        notice = f"Somebody tried {failures} wrong passwords or codes for your account, last on {_day(connection)}."
        people.change(connection, person_id, notice=notice)
        audit.record(connection, "account locked for a while", person_id, f"{failures} wrong tries")


def _check_administrator(connection: Connection, before: PersonRow) -> None:
    if "administrator" in before.roles and not people.count_active(connection, "administrator"):
        message = "This is the last administrator."
        raise StoreError(message, hint="Make somebody else administrator first.")


def checked(login: str, name: str, roles: Iterable[str]) -> tuple[str, str, frozenset[PersonRole]]:
    """Log-in, name and roles as they are kept. Raises UsageError for what makes no sense."""
    return _login(login), _name(name), _roles(roles)


def _login(text: str) -> str:
    login = people.folded(text)
    if not 1 <= len(login) <= _MAX_CHARS or " " in login or not login.isprintable():
        raise UsageError("A log-in is one word or an e-mail address.", hint="For example: a.example")
    return login


def _name(text: str) -> str:
    name = " ".join(text.split())
    if not 1 <= len(name) <= _MAX_CHARS or not name.isprintable():
        raise UsageError(f"A name has 1 to {_MAX_CHARS} characters in one line.", hint="Write it as others know it.")
    return name


def _roles(roles: Iterable[str]) -> frozenset[PersonRole]:
    wanted = frozenset(roles)
    if not wanted or not wanted <= set(ROLES):
        raise UsageError(
            "A person is teacher, coach or administrator, or several of them.", hint="Choose at least one."
        )
    return cast("frozenset[PersonRole]", wanted)


def _by(by: str) -> str:
    return f"by {by}" if by else "on the command line"


def _day(connection: Connection) -> str:
    moment = now(connection).astimezone()
    return f"{moment.day} {moment:%B %Y}, {moment:%H:%M}"
