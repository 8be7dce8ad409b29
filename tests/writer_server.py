"""A server on loopback that speaks the OpenAI protocol, well or badly, and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from pipeline.backends.writer_openai import TASK

MODELS = ("small-model",)


@dataclass
class Asked:
    """One request."""

    path: str
    headers: dict[str, str]
    body: Any


@dataclass
class WriterServer:
    """``answer`` gets the handler and the request's body, and does with them what it likes."""

    answer: Callable[[BaseHTTPRequestHandler, Any], None]
    models: tuple[str, ...] = MODELS
    asked: list[Asked] = field(default_factory=list)
    address: str = ""
    released: threading.Event = field(default_factory=threading.Event)

    @property
    def proposals(self) -> list[Asked]:
        return [item for item in self.asked if item.path == "/v1/chat/completions"]


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Type": "application/json", "Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


def completion(content: str) -> bytes:
    message = {"role": "assistant", "content": content}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}).encode()


def writes(text: str, *evidence: str) -> Callable[[BaseHTTPRequestHandler, Any], None]:
    """Answers everything with this wording."""
    return says(json.dumps({"text": text, "evidence": list(evidence or ("m1",))}))


def says(content: str) -> Callable[[BaseHTTPRequestHandler, Any], None]:
    """Answers everything with this message of the model."""
    return lambda handler, body: send(handler, completion(content))


def repeats(handler: BaseHTTPRequestHandler, body: Any) -> None:
    """Gives the feedback back, in its own words and with its first moment."""
    told = body["messages"][-1]["content"]
    text = told.split(f"{TASK}\n")[1]
    send(handler, completion(json.dumps({"text": text, "evidence": ["m1"]})))


@contextmanager
def running(
    answer: Callable[[BaseHTTPRequestHandler, Any], None], models: tuple[str, ...] = MODELS
) -> Iterator[WriterServer]:
    made = WriterServer(answer, models)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append(Asked(self.path, dict(self.headers), None))
            listed = [{"id": name, "object": "model"} for name in made.models]
            send(self, json.dumps({"object": "list", "data": listed}).encode())

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            made.asked.append(Asked(self.path, dict(self.headers), body))
            try:
                made.answer(self, body)
            except OSError:
                self.close_connection = True  # whoever asked has gone

        def log_message(self, *args: Any) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    made.address = f"http://127.0.0.1:{server.server_port}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield made
    finally:
        made.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
