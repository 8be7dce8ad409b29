"""The doctor looks for the server that words the feedback, where one is configured."""

from __future__ import annotations

import socket
from typing import Any

from pipeline.config import Config, WriterConfig
from pipeline.doctor import Finding, _safely, _writer
from tests.writer_server import running, writes


def look(address: str, **more: Any) -> Finding:
    return _safely(_writer, Config(writer=WriterConfig("openai-compatible", address, **{"timeout_s": 5, **more})))


def test_a_server_that_answers_is_named_with_its_model() -> None:
    with running(writes("")) as server:
        found = look(server.address)
    assert not found.bad and found.text == "Feedback is worded by openai-compatible/small-model on this computer"


def test_a_model_that_the_server_does_not_have_is_trouble_and_the_known_ones_are_named() -> None:
    with running(writes(""), ("gemma3:latest", "other")) as server:
        assert not look(server.address, model="gemma3").bad
        found = look(server.address, model="gemma4")
    assert found.bad and "gemma4" in found.text and "other" in found.remedy


def test_a_server_that_is_away_is_trouble_with_a_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    found = look(f"http://127.0.0.1:{port}/v1", model="m")
    assert found.bad and "No server answers" in found.text and found.remedy
