"""The real server with accounts: every route, asked as nobody, as the wrong ones and as the right ones."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from pipeline.config import LibraryConfig
from pipeline.report.exports import WRITERS
from pipeline.store.library import Library
from pipeline.store.rows import PersonRow
from pipeline.workspace.people import People
from tests.viewer.lesson_samples import OWN
from tests.workspace.school import PASSWORD, School, end_share, open_school

PROGRAM = """
import sys
from pipeline.config import load_config
from pipeline.viewer.reach import Reach
from pipeline.viewer.server import serve
config = load_config(overrides={"library": {"folder": sys.argv[1]}})
reach = Reach("127.0.0.1", ("school.example",), behind_proxy=True) if sys.argv[2:] else Reach()
serve(config, port=0, reach=reach, worker=None, say=lambda text: print(text, flush=True))
"""
# What changes something or shows something, of every kind that there is. {} is the lesson.
READS = (
    "/api/lessons/{}/video",
    "/api/lessons/{}/poster.jpg",
    "/api/lessons/{}/thumbs/5000.jpg",
    "/api/lessons/{}/captions.vtt",
    "/api/lessons/{}/player.json",
    *(f"/api/lessons/{{}}/export/{name}" for name in WRITERS),
)
SECRETS = ("ice", "weber", "water", "ada archer")


@dataclass
class Served:
    """A school on a running server."""

    address: str
    library: Library
    school: School
    clients: list[httpx.Client] = field(default_factory=list)

    def client(self, person: PersonRow | None = None) -> httpx.Client:
        """A browser of its own, logged in as that person."""
        client = httpx.Client(base_url=self.address, headers={**OWN, "origin": self.address})
        self.clients.append(client)
        if person is not None:
            answer = client.post("/login", data={"login": person.login, "password": PASSWORD})
            assert answer.status_code == 303, answer.text
        return client

    def close(self) -> None:
        for client in self.clients:
            client.close()


@contextmanager
def _serving(folder: Path, *options: str) -> Iterator[str]:
    command = [sys.executable, "-c", PROGRAM, str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            line = next(line for line in process.stdout if "http://" in line)
            yield "http://" + re.split(r"[\s)]", line.split("http://")[1])[0]
        finally:
            process.terminate()
            process.communicate(timeout=60)


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("school")
    with Library.open(LibraryConfig(str(folder / "library"))) as library:
        school = open_school(library, folder)
        with _serving(folder / "library") as address, closing(Served(address, library, school)) as served:
            yield served


def test_the_right_people_get_everything(served: Served) -> None:
    for person in (served.school.ada, served.school.cleo):
        client = served.client(person)
        for path in READS:
            answer = client.get(path.format(served.school.lesson.id))
            assert answer.status_code == 200, path
            assert answer.headers["cache-control"] == "private, no-store"


def test_nobody_gets_anything(served: Served) -> None:
    client = served.client()
    for path in (
        *READS,
        "/api/me/everything.zip",
        "/api/uploads/x",
        "/_stcore/health",
        "/_stcore/host-config",
        "/static/x",
    ):
        answer = client.get(path.format(served.school.lesson.id))
        assert answer.status_code == 401, path
        assert not any(word in answer.text.casefold() for word in SECRETS)
    for path in ("/", "/lessons", f"/lesson?id={served.school.lesson.id}", "/people", "/account"):
        answer = client.get(path, headers={"accept": "text/html"})
        assert answer.status_code == 303 and answer.headers["location"].startswith("/login?next="), path
    for method in ("POST", "PUT", "DELETE"):
        assert client.request(method, "/api/uploads/x").status_code == 401
    assert client.get("/healthz").text == "ok"


def test_nobody_opens_a_websocket(served: Served) -> None:
    address = served.address.replace("http://", "ws://") + "/_stcore/stream"
    origin = {"Origin": served.address}
    with pytest.raises(InvalidStatus), connect(address, additional_headers=origin):
        pass
    with (
        pytest.raises(InvalidStatus),
        connect(address, additional_headers={**origin, "Cookie": "lessonmirror=made-up"}),
    ):
        pass
    cookie = served.client(served.school.ada).cookies["lessonmirror"]
    with connect(address, additional_headers={**origin, "Cookie": f"lessonmirror={cookie}"}) as socket:
        assert socket.protocol.state.name == "OPEN"


def test_the_wrong_ones_get_what_a_made_up_lesson_gives(served: Served) -> None:
    for person in (served.school.ben, served.school.dora, served.school.head):
        client = served.client(person)
        for path in READS:
            answer, made_up = (client.get(path.format(item)) for item in (served.school.lesson.id, "2222222222"))
            assert (answer.status_code, made_up.status_code) == (404, 404), path
            assert answer.text.replace(served.school.lesson.id, "2222222222") == made_up.text
            assert not any(word in answer.text.casefold() for word in SECRETS)


def test_a_session_ends_in_the_middle_of_things(served: Served) -> None:
    client = served.client(served.school.ada)
    path = READS[0].format(served.school.lesson.id)
    assert client.get(path).status_code == 200
    assert client.post("/logout").headers["location"] == "/login"
    kept = client.cookies.get("lessonmirror")
    assert not kept
    assert client.get(path).status_code == 401


def test_the_cookie_is_out_of_reach_of_scripts_and_other_pages(served: Served) -> None:
    answer = served.client().post("/login", data={"login": "ada", "password": PASSWORD})
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie and "SameSite=lax" in cookie and "Path=/" in cookie and "Secure" not in cookie


def test_a_planted_session_is_worth_nothing(served: Served) -> None:
    planted = served.client(served.school.ben).cookies["lessonmirror"]
    client = served.client()
    client.cookies.set("lessonmirror", planted)
    answer = client.post("/login", data={"login": "ada", "password": PASSWORD})
    assert answer.cookies["lessonmirror"] != planted
    with httpx.Client(base_url=served.address, cookies={"lessonmirror": planted}) as attacker:
        assert attacker.get("/api/me/everything.zip").status_code == 401


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_foreign_page_logs_nobody_in_or_out(served: Served, origin: str) -> None:
    client = served.client(served.school.ada)
    for path in ("/login", "/logout", "/code"):
        assert client.post(path, headers={"origin": origin}, data={"login": "ada"}).status_code == 403
    assert client.get(READS[0].format(served.school.lesson.id)).status_code == 200


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/lesson?id=abc", "/lesson?id=abc"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nset-cookie: a=b", "/"),
    ],
)
def test_the_log_in_goes_on_within_the_program_only(served: Served, wanted: str, goes: str) -> None:
    data = {"login": "ada", "password": PASSWORD}
    answer = served.client().post("/login", params={"next": wanted}, data=data)
    assert answer.headers["location"] == goes


def test_what_is_typed_into_the_log_in_stays_text(served: Served) -> None:
    answer = served.client().post("/login", data={"login": '"><script>alert(1)</script>', "password": "x"})
    assert "<script" not in answer.text and "do not fit together" in answer.text


def test_a_code_sets_the_password_in_the_browser(served: Served) -> None:
    code = People(served.library).add("eve", "Eve Early", ("teacher",)).code
    client = served.client()
    wrong = client.post("/code", data={"login": "eve", "code": "AAAA", "password": "three loose bricks"})
    assert "does not hold" in wrong.text
    weak = client.post("/code", data={"login": "eve", "code": code, "password": "short"})
    assert "10 to 200 characters" in weak.text
    done = client.post("/code", data={"login": "eve", "code": code, "password": "three loose bricks"})
    assert done.headers["location"] == "/" and client.get("/api/me/everything.zip").status_code == 200


def test_everything_about_me_is_about_me(served: Served) -> None:
    content = served.client(served.school.ben).get("/api/me/everything.zip").content
    assert b"person.json" in content and b"lesson.json" not in content


class TestUploads:
    def _begin(self, client: httpx.Client, content: bytes, teacher: str = "") -> str:
        json = {"name": "a.mp4", "size_bytes": len(content), "details": {"teacher": teacher, "title": "Mine"}}
        upload_id: str = client.post("/api/uploads", json=json).json()["id"]
        return upload_id

    def test_an_upload_belongs_to_who_began_it(self, served: Served) -> None:
        upload_id = self._begin(served.client(served.school.cleo), b"12345678")
        other = served.client(served.school.ben)
        assert other.get(f"/api/uploads/{upload_id}").status_code == 404
        assert other.put(f"/api/uploads/{upload_id}?offset=0", content=b"1234").status_code == 404
        assert other.post(f"/api/uploads/{upload_id}/finish").status_code == 404
        other.delete(f"/api/uploads/{upload_id}")
        assert served.client(served.school.cleo).get(f"/api/uploads/{upload_id}").status_code == 200

    def test_the_named_teacher_owns_what_a_coach_uploads(self, served: Served) -> None:
        original = served.library.media.original(served.school.lesson.sha256)
        assert original
        content = original.read_bytes() + b"another recording"
        coach = served.client(served.school.dora)
        upload_id = self._begin(coach, content, "Ben Baker")
        coach.put(f"/api/uploads/{upload_id}?offset=0", content=content)
        lesson_id = coach.post(f"/api/uploads/{upload_id}/finish").json()["lesson_id"]
        row = served.library.find_lesson(lesson_id)
        assert (row.owner_id, row.uploader_id) == (served.school.ben.id, served.school.dora.id)
        assert coach.get(f"/api/lessons/{lesson_id}/video").status_code == 200
        assert served.client(served.school.ben).get(f"/api/lessons/{lesson_id}/video").status_code == 200
        assert served.client(served.school.ada).get(f"/api/lessons/{lesson_id}/video").status_code == 404

    def test_having_the_same_file_opens_nobodys_lesson(self, served: Served) -> None:
        original = served.library.media.original(served.school.lesson.sha256)
        assert original
        stranger = served.client(served.school.ben)
        upload_id = self._begin(stranger, original.read_bytes())
        stranger.put(f"/api/uploads/{upload_id}?offset=0", content=original.read_bytes())
        answer = stranger.post(f"/api/uploads/{upload_id}/finish")
        assert answer.status_code == 403 and served.school.lesson.id not in answer.text
        assert json.loads(answer.text)["hint"]


def test_a_share_that_was_taken_back_opens_nothing(tmp_path: Path) -> None:
    with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
        school = open_school(library, tmp_path)
        with _serving(tmp_path / "library") as address, closing(Served(address, library, school)) as served:
            client = served.client(school.cleo)
            assert client.get(READS[0].format(school.lesson.id)).status_code == 200
            end_share(library, school)
            for path in READS:
                assert client.get(path.format(school.lesson.id)).status_code == 404


def test_behind_a_proxy_the_cookie_is_for_https_and_the_name_is_the_schools(tmp_path: Path) -> None:
    with Library.open(LibraryConfig(str(tmp_path / "library"))) as library:
        open_school(library, tmp_path)
        with _serving(tmp_path / "library", "proxy") as address:
            headers = {"host": "school.example", "origin": "https://school.example", "x-forwarded-proto": "https"}
            with httpx.Client(base_url=address, headers=headers) as client:
                answer = client.post("/login", data={"login": "ada", "password": PASSWORD})
                elsewhere = client.get("/login", headers={"host": "evil.example"})
            assert (
                answer.headers["set-cookie"].startswith("__Host-lessonmirror=")
                and "Secure" in answer.headers["set-cookie"]
            )
            assert "max-age" in answer.headers["strict-transport-security"]
            assert elsewhere.status_code == 403
