"""The writer against a real server on loopback that behaves well, and in every way in which servers do not."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from pipeline.backends.writer_openai import KEY_VARIABLE, MAX_ANSWER_BYTES, OpenAiCompatibleWriter
from pipeline.config import WriterConfig
from pipeline.errors import ConfigError, ModelError
from pipeline.ports import Brief, Proposal, Quote
from tests.writer_server import WriterServer, completion, running, says, send, writes

BRIEF = Brief(
    "You waited 0.8 s (median) for an answer.",
    (Quote("m1", "Teacher: Is it seven? Student: Yes."), Quote("m2", "")),
    (("wait time 1 median s", "0.8 s"),),
)
Answer = Callable[[BaseHTTPRequestHandler, Any], None]


def writer_for(server: WriterServer | str, **settings: Any) -> OpenAiCompatibleWriter:
    address = server if isinstance(server, str) else server.address
    return OpenAiCompatibleWriter(WriterConfig("openai-compatible", address, **{"timeout_s": 10, **settings}))


def trouble(answer: Answer, **settings: Any) -> str:
    with running(answer) as server, pytest.raises(ModelError) as caught:
        writer_for(server, **settings).propose(BRIEF)
    assert caught.value.hint
    return caught.value.message


def test_a_good_answer_is_a_proposal() -> None:
    with running(writes("You waited 0.8 s.", "m2", "m1")) as server:
        writer = writer_for(server)
        assert writer.propose(BRIEF) == Proposal("You waited 0.8 s.", ("m2", "m1"))
        assert writer.name == "openai-compatible/small-model"


def test_the_server_is_told_the_rules_text_the_moments_and_the_numbers_and_nothing_else() -> None:
    with running(writes("You waited.")) as server:
        writer_for(server, model="named").propose(BRIEF)
        (asked,) = server.asked
    assert asked.body["model"] == "named" and asked.body["temperature"] == 0 and asked.body["stream"] is False
    told = asked.body["messages"][-1]["content"]
    assert BRIEF.text in told and "m1: Teacher: Is it seven?" in told and "wait time 1 median s: 0.8 s" in told
    schema = asked.body["response_format"]["json_schema"]["schema"]
    assert schema["properties"]["evidence"]["items"]["enum"] == ["m1", "m2"]
    assert "Authorization" not in asked.headers and "Cookie" not in asked.headers


def test_the_key_comes_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "secret-key")
    with running(writes("You waited.")) as server:
        writer = writer_for(server)
        writer.propose(BRIEF)
    assert {item.headers["Authorization"] for item in server.asked} == {"Bearer secret-key"}
    assert "secret-key" not in writer.name


def test_a_key_that_would_break_a_header_is_refused_without_showing_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(KEY_VARIABLE, "a\r\nX-Other: b")
    assert "X-Other" not in trouble(writes("You waited."), model="m")


@pytest.mark.parametrize("models", [(), ("a", "b")])
def test_without_a_named_model_the_server_has_to_have_exactly_one(models: tuple[str, ...]) -> None:
    with running(writes("You waited."), models) as server, pytest.raises(ModelError, match="names no model") as caught:
        writer_for(server).propose(BRIEF)
    assert "model = " in caught.value.hint and all(name in caught.value.hint for name in models)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_that_is_away_is_said_to_be(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ModelError, match=f"No server answers at {host}"):
        writer_for(f"http://{host}:{port}/v1", model="m").propose(BRIEF)


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("/home/somebody/models/small.gguf", "small.gguf"),
        ("C:\\Users\\somebody\\small.gguf", "small.gguf"),
        ("./small.gguf", "small.gguf"),
        ("maker/small-model:4b", "maker/small-model:4b"),
    ],
)
def test_a_model_that_is_a_file_is_recorded_without_its_folder(model: str, name: str) -> None:
    with running(writes("You waited."), (model,)) as server:
        writer = writer_for(server)
        writer.propose(BRIEF)
    assert writer.name == f"openai-compatible/{name}" and server.proposals[0].body["model"] == model


def test_a_server_without_a_certificate_is_not_spoken_to_over_https() -> None:
    with running(writes("You waited.")) as server, pytest.raises(ModelError, match="No secure connection"):
        writer_for(server.address.replace("http:", "https:"), model="m", timeout_s=2).propose(BRIEF)
    assert server.asked == []


def test_localhost_is_this_computer_without_asking_anybody(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    real = socket.getaddrinfo

    def looked_up(host: object, *rest: Any, **more: Any) -> Any:
        asked.append(host)
        return real(host, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)
    with running(writes("You waited.")) as server:
        assert writer_for(server.address.replace("127.0.0.1", "localhost")).propose(BRIEF)
    assert set(asked) == {"127.0.0.1"}


def test_a_proxy_of_the_environment_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with running(writes("You waited.")) as proxy, running(writes("You waited 0.8 s.")) as server:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.address.removesuffix("/v1"))
        monkeypatch.delenv("no_proxy", raising=False)
        assert writer_for(server).propose(BRIEF) == Proposal("You waited 0.8 s.", ("m1",))
        assert proxy.asked == []


def test_a_redirect_is_not_followed() -> None:
    with running(writes("You waited.")) as other:

        def elsewhere(handler: BaseHTTPRequestHandler, body: Any) -> None:
            send(handler, b"", 307, Location=f"{other.address}/chat/completions")

        assert "elsewhere, which is not followed" in trouble(elsewhere, model="m")
        assert other.asked == []


@pytest.mark.parametrize(
    ("status", "told"), [(500, "error 500"), (404, "error 404"), (401, "another key"), (204, "204")]
)
def test_an_error_of_the_server_is_named(status: int, told: str) -> None:
    assert told in trouble(lambda handler, body: send(handler, b"", status), model="m")


def test_an_answer_that_does_not_come_is_not_waited_for_longer_than_the_settings_say() -> None:
    began = time.monotonic()
    with running(lambda handler, body: server.released.wait(20) and None) as server:
        with pytest.raises(ModelError, match="took longer than 1 s"):
            writer_for(server, timeout_s=1, model="m").propose(BRIEF)
        assert time.monotonic() - began < 5


def test_an_answer_that_drips_has_the_same_deadline() -> None:
    def drip(handler: BaseHTTPRequestHandler, body: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        while not server.released.wait(0.1):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    began = time.monotonic()
    with running(drip) as server:
        with pytest.raises(ModelError, match="took longer than 1 s"):
            writer_for(server, timeout_s=1, model="m").propose(BRIEF)
        assert time.monotonic() - began < 5


def test_ten_megabytes_are_not_read() -> None:
    sent: list[int] = []

    def much(handler: BaseHTTPRequestHandler, body: Any) -> None:
        handler.send_response(200)
        handler.end_headers()
        for _ in range(100):
            sent.append(handler.wfile.write(b"x" * 100_000))

    assert "far too much" in trouble(much, model="m")
    assert MAX_ANSWER_BYTES < 10_000_000


def test_a_connection_that_ends_without_a_word_is_trouble() -> None:
    assert "broke off" in trouble(lambda handler, body: None, model="m")


def test_half_an_answer_is_trouble() -> None:
    def half(handler: BaseHTTPRequestHandler, body: Any) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(completion("{}")[:20])

    assert trouble(half, model="m")


@pytest.mark.parametrize(
    "body",
    [
        b"<html>Welcome</html>",
        b"",
        b"[]",
        b"null",
        b"{}",
        b'{"choices": []}',
        b'{"choices": [{}]}',
        b'{"choices": {"0": 1}}',
        b"[" * 100_000,
        b"\xff\xfe\x00",
    ],
)
def test_what_is_not_the_protocol_is_trouble(body: bytes) -> None:
    assert "does not speak the OpenAI protocol" in trouble(lambda handler, asked: send(handler, body), model="m")


@pytest.mark.parametrize(
    "content",
    [
        "You waited 0.8 s.",
        "{}",
        "{text}",
        '{"text": "You waited."}',
        '{"text": 3, "evidence": ["m1"]}',
        '{"text": "You waited.", "evidence": "m1"}',
        '{"text": "You waited.", "evidence": [1]}',
        '{"text": "You waited.", "evidence": ["m1"]',
        "} {",
        json.dumps({"text": "x" * 5000, "evidence": ["m1"]}),
        '{"a":' * 20_000 + "}" * 20_000,
    ],
)
def test_an_answer_that_is_no_proposal_is_none(content: str) -> None:
    with running(says(content)) as server:
        assert writer_for(server, model="m").propose(BRIEF) is None


@pytest.mark.parametrize(
    "around", ["{}", "```json\n{}\n```", "<think>Hm.</think>\n{}", "Here it is: {} I hope it helps."]
)
def test_words_around_the_answer_do_no_harm(around: str) -> None:
    content = around.replace("{}", '{"text": "You waited.", "evidence": ["m1"]}')
    with running(says(content)) as server:
        assert writer_for(server, model="m").propose(BRIEF) == Proposal("You waited.", ("m1",))


@pytest.mark.parametrize("address", ["http://192.0.2.1/v1", "http://example.org/v1", "ftp://127.0.0.1/v1"])
def test_an_address_that_the_settings_would_refuse_is_refused_here_too(address: str) -> None:
    with pytest.raises(ConfigError):
        writer_for(address)
