"""Accounts: coming in, staying out, leaving."""

from __future__ import annotations

import stat
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.errors import LessonMirrorError, NotFoundError, SignInError, StoreError, UsageError
from pipeline.store import people as rows
from pipeline.store.library import Library
from pipeline.workspace import passwords, people
from pipeline.workspace.people import People
from pipeline.workspace.roster import import_people
from tests.workspace.school import PASSWORD, add_person, everything_in

NEW = "four brown river stones"


@pytest.fixture
def accounts(library: Library) -> People:
    add_person(library, "head", "Hedda Head", "administrator")
    return People(library)


def test_without_accounts_there_is_nobody_to_be(library: Library) -> None:
    assert not People(library).are_there()
    with pytest.raises(UsageError, match="administrator"):
        People(library).add("ada", "Ada", ("teacher",))


def test_a_code_sets_the_password_once(accounts: People) -> None:
    invited = accounts.add("Ada@School.example", "Ada Archer", ("teacher",))
    with pytest.raises(SignInError):
        accounts.log_in("ada@school.example", "")
    accounts.set_password("ada@school.example", invited.code.lower().replace("-", " "), NEW)
    person = accounts.of_session(accounts.log_in("ADA@school.example", NEW))
    assert person and person.name == "Ada Archer"
    with pytest.raises(SignInError):
        accounts.set_password("ada@school.example", invited.code, "another long phrase here")


def test_a_code_ends_with_its_days(accounts: People, library: Library) -> None:
    invited = accounts.add("ada", "Ada", ("teacher",))
    past = invited.person.created_at - timedelta(seconds=1)
    library.database.write(rows.change, invited.person.id, code_until=past)
    with pytest.raises(SignInError, match="does not hold"):
        accounts.set_password("ada", invited.code, NEW)


def test_a_reset_ends_all_sessions_and_is_told_at_the_next_log_in(accounts: People, library: Library) -> None:
    ada = add_person(library, "ada", "Ada", "teacher")
    token = accounts.log_in("ada", PASSWORD)
    code = accounts.invite(ada.id, by="head").code
    assert accounts.of_session(token) is None
    accounts.set_password("ada", code, NEW)
    assert "code" in accounts.notice(ada.id)
    accounts.notice_read(ada.id)
    assert accounts.notice(ada.id) == ""
    assert [entry.action for entry in accounts.record_of(ada.id)] == ["password reset", "password set by code"]


def test_guessing_locks_the_account_for_a_while_and_for_longer_each_time(accounts: People, library: Library) -> None:
    ada = add_person(library, "ada", "Ada", "teacher")
    for _ in range(5):
        with pytest.raises(SignInError, match="do not fit"):
            accounts.log_in("ada", "wrong password here")
    with pytest.raises(SignInError, match="too many wrong tries"):
        accounts.log_in("ada", PASSWORD)
    first = library.database.read(rows.secrets_of, ada.id)
    assert first.locked_until
    library.database.write(rows.change, ada.id, locked_until=first.locked_until - timedelta(hours=2))
    with pytest.raises(SignInError):
        accounts.log_in("ada", "wrong again and again")
    second = library.database.read(rows.secrets_of, ada.id)
    assert second.locked_until and second.locked_until > first.locked_until
    library.database.write(rows.change, ada.id, locked_until=first.locked_until - timedelta(hours=2))
    assert accounts.of_session(accounts.log_in("ada", PASSWORD))
    assert "wrong passwords" in accounts.notice(ada.id)


def test_guessing_a_code_locks_too(accounts: People) -> None:
    invited = accounts.add("ada", "Ada", ("teacher",))
    for _ in range(6):
        with pytest.raises(SignInError):
            accounts.set_password("ada", "AAAA-AAAA-AAAA-AAAA", NEW)
    with pytest.raises(SignInError):
        accounts.set_password("ada", invited.code, NEW)


def test_an_unknown_log_in_reads_like_a_wrong_password(accounts: People) -> None:
    with pytest.raises(SignInError) as unknown:
        accounts.log_in("nobody", PASSWORD)
    with pytest.raises(SignInError) as wrong:
        accounts.log_in("head", "not the password")
    assert str(unknown.value) == str(wrong.value)


def test_sessions_end_by_themselves(accounts: People, library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    token = accounts.log_in("head", PASSWORD)
    assert accounts.of_session(token)
    monkeypatch.setattr(people, "IDLE", timedelta(seconds=-1))
    assert accounts.of_session(token) is None


def test_logging_out_and_changing_the_password_end_sessions(accounts: People) -> None:
    one, two = accounts.log_in("head", PASSWORD), accounts.log_in("head", PASSWORD)
    accounts.log_out(one)
    assert accounts.of_session(one) is None
    person = accounts.of_session(two)
    assert person
    with pytest.raises(SignInError):
        accounts.change_password(person.id, "not the old one", NEW)
    accounts.change_password(person.id, PASSWORD, NEW)
    assert accounts.of_session(two) is None


def test_what_is_kept_is_neither_password_nor_token(accounts: People, library: Library) -> None:
    token = accounts.log_in("head", PASSWORD)
    (person,) = accounts.everybody()
    assert library.database.read(rows.secrets_of, person.id).password_hash.startswith("$argon2id$")
    everything = everything_in(library)
    assert "Hedda Head" in everything and token not in everything and PASSWORD not in everything


@pytest.mark.parametrize(
    "password", ["short", "aaaaaaaaaaaa", "password12345", "x" * 201, "ada archer 2026", "1234567890"]
)
def test_what_is_easily_guessed_is_no_password(password: str) -> None:
    with pytest.raises(UsageError):
        passwords.check(password, about=("Ada Archer", "ada"))
    passwords.check(NEW, about=("Ada Archer", "ada"))


@pytest.mark.parametrize(
    ("login", "name", "roles"),
    [
        ("", "A", ("teacher",)),
        ("a b", "A", ("teacher",)),
        ("a", "", ("teacher",)),
        ("a", "A\n", ()),
        ("a", "A", ("boss",)),
    ],
)
def test_nonsense_makes_no_account(accounts: People, login: str, name: str, roles: tuple[str, ...]) -> None:
    with pytest.raises(UsageError):
        accounts.add(login, name, roles)
    assert len(accounts.everybody()) == 1


def test_a_log_in_belongs_to_one(accounts: People) -> None:
    with pytest.raises(StoreError, match="taken"):
        accounts.add("HEAD", "Another", ("teacher",))


def test_the_last_administrator_stays(accounts: People) -> None:
    (head,) = accounts.everybody()
    for change in (lambda: accounts.disable(head.id), lambda: accounts.set_roles(head.id, ("teacher",))):
        with pytest.raises(StoreError, match="last administrator"):
            change()
    assert accounts.everybody()[0].roles == {"administrator"}


def test_who_is_disabled_is_out_at_once(accounts: People, library: Library) -> None:
    ada = add_person(library, "ada", "Ada", "teacher")
    token = accounts.log_in("ada", PASSWORD)
    accounts.disable(ada.id)
    assert accounts.of_session(token) is None
    with pytest.raises(SignInError):
        accounts.log_in("ada", PASSWORD)
    accounts.enable(ada.id)
    assert accounts.of_session(accounts.log_in("ada", PASSWORD))


def test_single_sign_on_finds_the_account_and_makes_none(accounts: People, library: Library) -> None:
    add_person(library, "ada@school.example", "Ada", "teacher")
    person = accounts.of_session(accounts.log_in_by_sign_on("https://id.example|1", "ada@school.example"))
    assert person and person.name == "Ada"
    assert accounts.of_session(accounts.log_in_by_sign_on("https://id.example|1", ""))
    for stranger in (("https://id.example|2", "ada@school.example"), ("https://id.example|3", "new@school.example")):
        with pytest.raises(SignInError, match="no account"):
            accounts.log_in_by_sign_on(*stranger)


def test_people_are_found_by_log_in_or_by_a_name_that_one_has(accounts: People, library: Library) -> None:
    add_person(library, "a1", "Ada Archer", "teacher")
    add_person(library, "b1", "Sam Same", "teacher")
    add_person(library, "b2", "Sam Same", "teacher")
    assert accounts.find("ADA  archer").login == "a1"
    assert accounts.named("a1") and not accounts.named("Sam Same") and not accounts.named("")
    assert not accounts.named("head")  # no teacher
    with pytest.raises(NotFoundError, match="More than one"):
        accounts.find("Sam Same")


class TestTables:
    def _write(self, folder: Path, text: str) -> Path:
        path = folder / "people.csv"
        path.write_text(text, encoding="utf-8-sig")
        return path

    def test_accounts_come_from_a_table_and_their_codes_go_into_a_private_file(
        self, library: Library, tmp_path: Path
    ) -> None:
        table = self._write(tmp_path, "login;name;roles\nada;Ada Archer;teacher\nhead;Hedda;administrator coach\n")
        codes = tmp_path / "codes.csv"
        assert import_people(library, table, codes) == 2
        assert stat.S_IMODE(codes.stat().st_mode) == 0o600
        lines = dict(line.rsplit(",", 1) for line in codes.read_text().splitlines()[1:])
        People(library).set_password("ada", lines["ada,Ada Archer"], NEW)
        assert import_people(library, table, tmp_path / "more.csv") == 0

    @pytest.mark.parametrize(
        "text",
        [
            "login,name\na,A\n",
            "login,name,roles\n,A,teacher\n",
            "login,name,roles\nh,H,administrator\na,A,boss\n",
            "login,name,roles\na,A,teacher\n",
        ],
    )
    def test_a_table_that_makes_no_sense_makes_nobody(self, library: Library, tmp_path: Path, text: str) -> None:
        with pytest.raises(LessonMirrorError):
            import_people(library, self._write(tmp_path, text), tmp_path / "codes.csv")
        assert People(library).everybody() == ()
