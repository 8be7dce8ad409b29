"""The server as a process: its address, its end, its worker, its memory."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest

from pipeline.errors import StoreError
from pipeline.viewer.asgi import explain
from pipeline.viewer.keeper import Keeper
from pipeline.viewer.server import bound_socket
from tests.viewer.lesson_samples import OWN

PATIENCE_S = 60.0
LARGE_BYTES = 300 * 2**20
GROWTH_BYTES = 60 * 2**20
# Serves the library argv[1] on port argv[2] (0: any) with the worker argv[3:].
PROGRAM = """
import sys
from pipeline.config import load_config
from pipeline.viewer.server import serve
config = load_config(overrides={"library": {"folder": sys.argv[1]}})
serve(config, port=int(sys.argv[2]), worker=sys.argv[3:] or None, say=lambda text: print(text, flush=True))
print("ended in order", flush=True)
"""
Running = tuple[subprocess.Popen[str], str, Path]
SLEEPER = (sys.executable, "-c", "import time\nwhile True: time.sleep(1)")


@contextmanager
def _server(folder: Path, *worker: str, port: int = 0) -> Iterator[tuple[subprocess.Popen[str], str, list[str]]]:
    """The process, its address, and what it said until it was there."""
    environment = {name: value for name, value in os.environ.items() if name != "LESSONMIRROR_LIBRARY"}
    command = [sys.executable, "-c", PROGRAM, str(folder), str(port), *worker]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)
    assert process.stdout
    said: list[str] = []
    try:
        for line in process.stdout:
            said.append(line.strip())
            if "http://" in line:
                break
        yield process, "http://" + said[-1].split("http://")[1], said
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server without a worker, for tests that only ask it something: process, address and library."""
    folder = tmp_path_factory.mktemp("server") / "library"
    with _server(folder) as (process, address, _):
        yield process, address, folder


def _wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)


def _child(process: subprocess.Popen[str]) -> psutil.Process | None:
    children = psutil.Process(process.pid).children()
    return children[0] if children else None


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_the_server_ends_in_order_and_takes_its_worker_along(tmp_path: Path, number: signal.Signals) -> None:
    with _server(tmp_path / "library", *SLEEPER) as (process, address, _):
        assert httpx.get(f"{address}/healthz").text == "ok"
        _wait_for(lambda: _child(process) is not None)
        worker = _child(process)
        assert worker
        process.send_signal(number)
        rest, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "ended in order" in rest
        assert not worker.is_running()


def test_the_server_listens_on_loopback_alone(running: Running) -> None:
    process, _, _ = running
    connections = psutil.Process(process.pid).net_connections()
    assert [item.laddr.ip for item in connections if item.status == psutil.CONN_LISTEN] == ["127.0.0.1"]


def test_a_port_that_is_taken_is_said_and_another_one_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with _server(tmp_path / "library", port=taken) as (_, address, said):
            assert not address.endswith(f":{taken}")
            assert any(f"Port {taken} is in use" in line for line in said)
            assert httpx.get(f"{address}/healthz").status_code == 200


def test_the_whole_app_answers_with_our_headers_and_guards(running: Running) -> None:
    _, address, _ = running
    page = httpx.get(address)
    assert page.status_code == 200
    assert '<div id="root">' in page.text
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert "server" not in page.headers
    assert httpx.get(address, headers={"host": "evil.example"}).status_code == 403
    assert httpx.get(address, headers={"origin": "https://evil.example"}).status_code == 403
    assert (
        httpx.put(f"{address}/_stcore/upload_file/a/b", content=b"x").status_code == 403
    )  # Streamlit's own XSRF guard
    assert httpx.post(f"{address}/_stcore/agent/interact", json={}).status_code == 403  # no agents
    assert httpx.post(f"{address}/api/uploads", json={}).status_code == 403
    assert httpx.post(f"{address}/api/uploads", json={}, headers=OWN).status_code == 400


def test_a_large_upload_goes_to_disk_not_into_memory(running: Running) -> None:
    process, address, folder = running
    server = psutil.Process(process.pid)
    before, highest, sent = _settled_rss(server), 0, 0
    piece = os.urandom(2**20)

    def pieces() -> Iterator[bytes]:
        nonlocal highest, sent
        while sent < LARGE_BYTES:
            yield piece
            sent += len(piece)
            highest = max(highest, server.memory_info().rss)

    with httpx.Client(base_url=address, headers=OWN, timeout=PATIENCE_S) as client:
        upload = client.post("/api/uploads", json={"name": "long.mp4", "size_bytes": LARGE_BYTES}).json()["id"]
        answer = client.put(f"/api/uploads/{upload}", params={"offset": 0}, content=pieces())
        assert answer.json()["received_bytes"] == LARGE_BYTES
        assert (folder / "uploads" / f"{upload}.part").stat().st_size == LARGE_BYTES
        client.delete(f"/api/uploads/{upload}")
    assert highest - before < GROWTH_BYTES


def _settled_rss(process: psutil.Process) -> int:
    """Resident bytes once the process has loaded what it loads after its start."""
    seen = [process.memory_info().rss]

    def settled() -> bool:
        time.sleep(1.0)
        seen.append(process.memory_info().rss)
        return seen[-1] == seen[-2]

    _wait_for(settled)
    return seen[-1]


def test_what_came_before_a_broken_connection_is_kept(running: Running) -> None:
    _, address, _ = running

    def broken() -> Iterator[bytes]:
        yield b"x" * 3 * 2**20
        raise ConnectionError("the cable was pulled")

    with httpx.Client(base_url=address, headers=OWN, timeout=PATIENCE_S) as client:
        upload = client.post("/api/uploads", json={"name": "a.mp4", "size_bytes": 10 * 2**20}).json()["id"]
        with pytest.raises(ConnectionError):
            client.put(f"/api/uploads/{upload}", params={"offset": 0}, content=broken())
        received: list[int] = [0]

        def settled() -> bool:
            received.append(client.get(f"/api/uploads/{upload}").json()["received_bytes"])
            return received[-1] == received[-2] > 0

        _wait_for(settled)
        assert received[-1] <= 3 * 2**20
        answer = client.put(f"/api/uploads/{upload}", params={"offset": received[-1]}, content=b"y" * 2**20)
        assert answer.json()["received_bytes"] == received[-1] + 2**20


def test_an_error_of_ours_is_explained_on_the_page_and_any_other_is_not() -> None:
    assert explain(StoreError("The disk is full.", hint="Free some room.")) is True
    assert explain(ValueError("a fault of ours")) is False


def test_a_worker_that_dies_is_started_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.viewer.keeper.FIRST_WAIT_S", 0.05)
    keeper = Keeper(SLEEPER)
    keeper.start()
    try:
        _wait_for(lambda: keeper.pid is not None)
        first = keeper.pid
        assert first
        os.kill(first, signal.SIGKILL)
        _wait_for(lambda: keeper.pid not in (None, first))
    finally:
        keeper.stop()
    assert keeper.pid is None


def test_a_worker_that_does_not_listen_is_killed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("pipeline.viewer.keeper.ENDING_S", 0.3)
    ready = tmp_path / "ready"
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
    program = f"{deaf}; open({str(ready)!r}, 'w'); time.sleep(600)"
    keeper = Keeper((sys.executable, "-c", program))
    keeper.start()
    _wait_for(ready.exists)
    pid = keeper.pid
    keeper.stop()
    assert pid and not psutil.pid_exists(pid)


def test_the_worker_learns_that_the_server_is_gone_by_the_end_of_its_input(tmp_path: Path) -> None:
    """Even a server that is killed outright leaves no worker behind that cares to look."""
    gone = tmp_path / "gone"
    program = f"import sys; sys.stdin.read(); open({str(gone)!r}, 'w')"
    with _server(tmp_path / "library", sys.executable, "-c", program) as (process, _, _):
        _wait_for(lambda: _child(process) is not None)
        process.kill()
        _wait_for(gone.exists)


def test_a_port_of_nobody_is_taken_as_wished() -> None:
    with bound_socket(0) as first:
        port = first.getsockname()[1]
    with bound_socket(port) as second:
        assert second.getsockname() == ("127.0.0.1", port)
