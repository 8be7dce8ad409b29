"""Single sign-on against a real OpenID Connect provider on this machine."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from pipeline.config import SignOnConfig
from pipeline.store.library import Library
from pipeline.viewer.authentication import Authentication, visitor_of_request
from pipeline.viewer.login_pages import login_routes
from pipeline.viewer.reach import LOCAL
from pipeline.viewer.sign_on import sign_on_routes
from pipeline.workspace.people import People
from tests.workspace.school import add_person

PROVIDER = """
import sys
from oidc_provider_mock import User, run_server_in_thread
users = [User(sub="1", claims={"email": "ada@school.example", "email_verified": True}),
         User(sub="2", claims={"email": "stranger@school.example", "email_verified": True}),
         User(sub="3", claims={"email": "ben@school.example", "email_verified": False})]
with run_server_in_thread(require_nonce=True, user_claims=users) as server:
    print(server.server_port, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    command = [sys.executable, "-c", PROVIDER]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        yield f"http://localhost:{process.stdout.readline().strip()}"
        process.stdin.close()


@pytest.fixture
def client(shelf: Library, provider: str) -> Iterator[TestClient]:
    for login in ("ada@school.example", "ben@school.example"):
        add_person(shelf, login, login.split("@")[0].title(), "teacher")
    people = People(shelf)
    config = SignOnConfig(provider, "mirror", "the town's account")
    routes = [
        Route("/", lambda request: PlainTextResponse(visitor_of_request(request).name)),
        *login_routes(people, LOCAL, sign_on=config.name),
        *sign_on_routes(config, "hush", people, LOCAL),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(Authentication, people=people, reach=LOCAL)])
    with TestClient(app, base_url="http://127.0.0.1:8501", follow_redirects=False) as client:
        yield client


def _at_the_provider(address: str, sub: str) -> str:
    """Logs in there, and gives where the provider sends the browser."""
    with httpx.Client() as browser:
        answer = browser.post(address, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


def _through(client: TestClient, sub: str, path: str = "/") -> httpx.Response:
    started = client.get("/sign-on/start", params={"next": path})
    back = urlsplit(_at_the_provider(started.headers["location"], sub))
    return client.get(f"{back.path}?{back.query}")


def test_the_log_in_offers_it(client: TestClient) -> None:
    assert "Log in with the town&#x27;s account" in client.get("/login").text


def test_who_has_an_account_comes_in_and_goes_on_where_they_wanted(client: TestClient) -> None:
    answer = _through(client, "1", "/lesson?id=abc")
    assert (answer.status_code, answer.headers["location"]) == (303, "/lesson?id=abc")
    assert client.get("/").text == "Ada"


def test_who_has_none_is_told_so(client: TestClient) -> None:
    assert "You have no account here" in _through(client, "2").text
    assert client.get("/").status_code == 401


def test_an_address_that_the_provider_did_not_check_opens_nothing(client: TestClient) -> None:
    assert "You have no account here" in _through(client, "3").text


def test_the_answer_counts_once_and_in_its_own_browser_only(client: TestClient) -> None:
    started = client.get("/sign-on/start")
    asked = parse_qs(urlsplit(started.headers["location"]).query)
    assert asked["code_challenge_method"] == ["S256"] and asked["nonce"] and asked["state"]
    back = urlsplit(_at_the_provider(started.headers["location"], "1"))
    kept = dict(client.cookies)
    client.cookies.clear()
    assert "began somewhere else" in client.get(f"{back.path}?{back.query}").text
    client.cookies.update(kept)
    assert "began somewhere else" in client.get(f"{back.path}?{back.query}").text
    assert client.get("/").status_code == 401


def test_a_made_up_code_opens_nothing(client: TestClient) -> None:
    state = parse_qs(urlsplit(client.get("/sign-on/start").headers["location"]).query)["state"][0]
    answer = client.get("/sign-on/callback", params={"state": state, "code": "made-up"})
    assert "could not be checked" in answer.text
    assert client.get("/").status_code == 401


def test_a_provider_that_is_away_is_said(shelf: Library, tmp_path: Path) -> None:
    config = SignOnConfig("http://127.0.0.1:9", "mirror", "the town's account")
    app = Starlette(routes=sign_on_routes(config, "", People(shelf), LOCAL))
    with TestClient(app, base_url="http://127.0.0.1:8501") as client:
        assert "cannot be reached" in client.get("/sign-on/start").text
