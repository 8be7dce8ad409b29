"""Who may talk to the viewer, and what its answers allow."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from pipeline.viewer.security import content_policy, is_loopback_host, is_same_origin, middleware

HOST = "127.0.0.1:8501"
ORIGIN = f"http://{HOST}"


def _client(peer: str = "127.0.0.1") -> TestClient:
    def page(request: Request) -> Response:
        return PlainTextResponse("hello")

    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text("hello")
        await websocket.close()

    methods = ["GET", "POST", "PUT", "DELETE"]
    routes = [Route("/", page), Route("/api/thing", page, methods=methods), WebSocketRoute("/_stcore/stream", socket)]
    app = Starlette(routes=routes, middleware=middleware())
    return TestClient(app, base_url=ORIGIN, client=(peer, 50000))


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.1:8501", "localhost:1", "LOCALHOST", "[::1]:8501", "127.8.8.8"])
def test_loopback_names_are_answered(host: str) -> None:
    assert is_loopback_host(host)
    assert _client().get("/", headers={"host": host}).text == "hello"


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "192.168.0.7:8501",
        "0.0.0.0",
        "a@127.0.0.1",
        "127.0.0.1:port",
        "127.0.0.1/",
        "2130706433",
        "[::1",
    ],
)
def test_any_other_name_is_refused_against_dns_rebinding(host: str) -> None:
    assert not is_loopback_host(host)
    assert _client().get("/", headers={"host": host}).status_code == 403


def test_a_request_without_a_host_is_refused() -> None:
    assert not is_loopback_host(None)
    assert not is_loopback_host("")


@pytest.mark.parametrize("peer", ["192.168.0.9", "2001:db8::1"])
def test_another_machine_is_refused_even_if_the_server_listens_to_it(peer: str) -> None:
    assert _client(peer).get("/").status_code == 403


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:8501",
        "http://127.0.0.1:9999",
        "null",
        "http://127.0.0.1:8501.evil.example",
        "file://127.0.0.1:8501",
    ],
)
def test_a_foreign_page_is_refused_in_every_way(origin: str) -> None:
    client = _client()
    assert not is_same_origin(origin, HOST)
    assert client.get("/", headers={"origin": origin}).status_code == 403
    assert client.post("/api/thing", headers={"origin": origin, "x-lesson-mirror": "1"}).status_code == 403
    headers = {"host": HOST, "origin": origin}
    with pytest.raises(WebSocketDisconnect) as refused, client.websocket_connect("/_stcore/stream", headers=headers):
        pass
    assert refused.value.code == 1008


def test_our_own_page_may_use_everything() -> None:
    client = _client()
    own = {"origin": ORIGIN, "sec-fetch-site": "same-origin", "x-lesson-mirror": "1"}
    for method in ("GET", "POST", "PUT", "DELETE"):
        assert client.request(method, "/api/thing", headers=own).text == "hello"
    with client.websocket_connect("/_stcore/stream", headers={"host": HOST, "origin": ORIGIN}) as socket:
        assert socket.receive_text() == "hello"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_a_change_needs_the_header_that_only_scripts_of_ours_can_add(method: str) -> None:
    assert _client().request(method, "/api/thing", headers={"origin": ORIGIN}).status_code == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_content_is_not_embedded_in_foreign_pages(site: str) -> None:
    assert _client().get("/api/thing", headers={"sec-fetch-site": site}).status_code == 403


def test_a_link_from_elsewhere_may_open_a_page() -> None:
    assert _client().get("/", headers={"sec-fetch-site": "cross-site"}).status_code == 200


def test_every_answer_carries_the_safe_headers_also_a_refusal() -> None:
    for answer in (_client().get("/"), _client().get("/", headers={"host": "evil.example"}), _client().get("/nothing")):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["x-frame-options"] == "DENY"
        policy = answer.headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "http:" not in policy and "https:" not in policy and "*" not in policy


def test_inline_scripts_run_by_hash_only(tmp_path: Path) -> None:
    page = tmp_path / "index.html"
    page.write_text("<html><script>window.a = 1</script><script src='x.js'></script></html>")
    policy = dict(rule.split(" ", 1) for rule in content_policy(page).split("; "))
    # The hash of `window.a = 1`, worked out with openssl dgst -sha256 -binary | base64.
    assert policy["script-src"] == "'self' blob: 'sha256-Aif1QuaDxF56ZK3+IyoelKcjrWC+BWl5ZGfcO1AMmA4='"
    assert "unsafe" not in policy["script-src"]
    assert policy["connect-src"] == "'self'"
