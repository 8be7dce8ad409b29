"""Asks a language model behind an OpenAI-compatible server (Ollama, vLLM, llama.cpp) to word a piece of advice.

The connection is a plain one to the address of the settings: no proxy, no redirect, nothing else is contacted. ``localhost``
is this computer without a name server. An answer has one deadline in all, however slowly it drips, and a largest size. What comes
back is a proposal, judged by :mod:`pipeline.analysis.wording`.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import ssl
import threading
from collections.abc import Mapping
from functools import cached_property
from pathlib import PureWindowsPath
from typing import Any
from urllib.parse import urlsplit

from pipeline.config import WriterConfig, check_writer, server_host
from pipeline.errors import ModelError
from pipeline.ports import Brief, Proposal

KEY_VARIABLE = "LESSONMIRROR_WRITER_KEY"
MAX_ANSWER_BYTES = 256 * 1024  # a few sentences in JSON take less than two
MAX_ANSWER_TOKENS = 300  # three sentences in JSON take about 100
MAX_TEXT_CHARS = 4000  # more is no answer; what may be shown is judged elsewhere
ASK_TIMEOUT_S = 5  # for the list of models, which needs no thinking

_INSTRUCTIONS = (
    "You reword one piece of feedback for a teacher about their own lesson. Write plain, friendly English to the teacher as "
    '"you", in at most three short sentences. Keep the meaning. Do not judge, praise or compare anybody, name nobody, and '
    "invent nothing: use no number that is not given, and quote only words that stand in a moment, exactly as they stand "
    'there. Choose the moments that show best what is meant. Answer with JSON alone: {"text": "...", "evidence": ["m1"]}'
)

# The task comes last: small models forget what stands far up.
TASK = "Say this in your own words, in one or two sentences, and choose the moments that show it:"


class OpenAiCompatibleWriter:
    """A :class:`pipeline.ports.FeedbackWriter`. Raises ConfigError for an address that the settings do not allow."""

    model_sha256 = ""  # the server does not tell

    def __init__(self, config: WriterConfig) -> None:
        check_writer(config)
        self._config = config
        self._host = server_host(config.address)
        parts = urlsplit(config.address)
        self._secure, self._path = parts.scheme == "https", parts.path.rstrip("/")
        self._port = parts.port or (443 if self._secure else 80)
        self._key = os.environ.get(KEY_VARIABLE, "").strip()

    @cached_property
    def name(self) -> str:
        """Backend and model, asked from the server where the settings do not name it; of a file its name alone."""
        is_file = self._model.startswith(("/", "~", ".")) or "\\" in self._model  # llama.cpp's own way to name a model
        return f"openai-compatible/{PureWindowsPath(self._model).name if is_file else self._model}"

    @cached_property
    def _model(self) -> str:
        if self._config.model:
            return self._config.model
        models = self.models()
        if len(models) != 1:
            known = ", ".join(models[:10]) or "none"
            raise ModelError(
                f"[writer] names no model, and the server at {self._host} has {len(models)}.",
                hint=f'Write model = "..." in [writer]; it has: {known}.',
            )
        return models[0]

    def models(self) -> tuple[str, ...]:
        """What the server offers. Raises ModelError where it does not answer."""
        answer = self._call("GET", "/models", None, min(ASK_TIMEOUT_S, self._config.timeout_s))
        try:
            return tuple(_printable(entry["id"]) for entry in answer["data"])
        except (KeyError, TypeError) as error:
            raise self._not_the_protocol() from error

    def propose(self, brief: Brief) -> Proposal | None:
        """The model's wording; None for an answer that is no proposal. Raises ModelError where the server gives none."""
        answer = self._call("POST", "/chat/completions", self._request(brief), self._config.timeout_s)
        try:
            content = answer["choices"][0]["message"]["content"]
        except (KeyError, IndexError, TypeError) as error:
            raise self._not_the_protocol() from error
        return _proposal(content)

    def _request(self, brief: Brief) -> dict[str, Any]:
        shape = {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "evidence": {
                    "type": "array",
                    "items": {"type": "string", "enum": [item.id for item in brief.quotes]},
                    "minItems": 1,
                    "maxItems": len(brief.quotes),
                },
            },
            "required": ["text", "evidence"],
            "additionalProperties": False,
        }
        return {
            "model": self._model,
            "messages": [
                {"role": "system", "content": _INSTRUCTIONS},
                {"role": "user", "content": _told(brief)},
            ],
            "temperature": 0,
            "max_tokens": MAX_ANSWER_TOKENS,
            "stream": False,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "wording", "strict": True, "schema": shape},
            },
        }

    # The wire

    def _call(self, method: str, path: str, body: Mapping[str, Any] | None, timeout_s: float) -> Any:
        connection = self._connected(timeout_s)
        late = threading.Event()
        watchdog = threading.Timer(timeout_s, _cut, (connection.sock, late))
        watchdog.daemon = True
        watchdog.start()
        try:
            payload = None if body is None else json.dumps(body).encode()
            connection.request(method, self._path + path, payload, self._headers())
            with connection.getresponse() as response:
                answer = response.read(MAX_ANSWER_BYTES + 1)
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise self._too_slow(timeout_s) if _was_slow(error, late) else self._broken(error) from error
        finally:
            watchdog.cancel()
            connection.close()
        if late.is_set():
            raise self._too_slow(timeout_s)
        self._check_status(response.status)
        return self._parsed(answer)

    def _connected(self, timeout_s: float) -> http.client.HTTPConnection:
        hosts = ("127.0.0.1", "::1") if self._host == "localhost" else (self._host,)
        trouble: OSError | None = None
        for host in hosts:
            if self._secure:
                context = ssl.create_default_context()
                connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                    host, self._port, timeout=timeout_s, context=context
                )
            else:
                connection = http.client.HTTPConnection(host, self._port, timeout=timeout_s)
            try:
                connection.connect()
                return connection
            except ssl.SSLError as error:
                connection.close()
                raise ModelError(
                    f"No secure connection to the server at {self._host} could be made.",
                    hint="Check its certificate, or whether [writer] address has to begin with http.",
                ) from error
            except OSError as error:
                connection.close()
                trouble = error
        raise ModelError(
            f"No server answers at {self._host}, where [writer] looks for a language model.",
            hint="Start it, or mend [writer] address.",
        ) from trouble

    def _headers(self) -> dict[str, str]:
        told = {"Content-Type": "application/json", "Accept": "application/json", "Connection": "close"}
        if not (self._key.isascii() and self._key.isprintable()):
            raise ModelError(f"{KEY_VARIABLE} holds what cannot be part of a key.", hint="Set it again.")
        return {**told, "Authorization": f"Bearer {self._key}"} if self._key else told

    def _check_status(self, status: int) -> None:
        if status in (401, 403):
            raise ModelError(f"The server at {self._host} wants another key.", hint=f"Set {KEY_VARIABLE}.")
        if 300 <= status < 400:
            raise ModelError(
                f"The server at {self._host} sends requests elsewhere, which is not followed.",
                hint="Name the right address in [writer].",
            )
        if status != 200:
            raise ModelError(
                f"The server at {self._host} answers with the error {status}.",
                hint="Check [writer] address and model, and the server's own log.",
            )

    def _parsed(self, answer: bytes) -> Any:
        if len(answer) > MAX_ANSWER_BYTES:
            raise ModelError(f"The server at {self._host} answers far too much.", hint="Check [writer] address.")
        try:
            return json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise self._not_the_protocol() from error

    def _not_the_protocol(self) -> ModelError:
        return ModelError(
            f"What answers at {self._host} does not speak the OpenAI protocol.",
            hint="The address mostly ends in /v1, as in http://127.0.0.1:11434/v1.",
        )

    def _too_slow(self, timeout_s: float) -> ModelError:
        return ModelError(
            f"The server at {self._host} took longer than {timeout_s:g} s.",
            hint="Use a smaller model, or raise timeout_s in [writer].",
        )

    def _broken(self, error: Exception) -> ModelError:
        return ModelError(f"The server at {self._host} broke off ({type(error).__name__}).", hint="See its own log.")


def _cut(sock: socket.socket, late: threading.Event) -> None:
    """Ends a conversation that is over its time; whoever reads from it wakes up."""
    late.set()
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except (OSError, ValueError):
        return  # it had ended by itself


def _was_slow(error: Exception, late: threading.Event) -> bool:
    return late.is_set() or isinstance(error, TimeoutError)


def _told(brief: Brief) -> str:
    """The brief as the model reads it."""
    moments = "".join(f"\n{item.id}: {item.text or 'nobody speaks'}" for item in brief.quotes)
    numbers = "".join(f"\n{name}: {value}" for name, value in brief.numbers) or "\nnone"
    return f"Moments of the lesson:{moments}\n\nNumbers:{numbers}\n\n{TASK}\n{brief.text}"


def _proposal(content: object) -> Proposal | None:
    """The proposal in what a model wrote, with or without words around the JSON."""
    if not isinstance(content, str) or len(content) > MAX_ANSWER_BYTES:
        return None
    try:
        data = json.loads(content[content.index("{") : content.rindex("}") + 1])
    except (ValueError, RecursionError):
        return None
    text, evidence = (data.get("text"), data.get("evidence")) if isinstance(data, dict) else (None, None)
    if not isinstance(text, str) or len(text) > MAX_TEXT_CHARS or not isinstance(evidence, list):
        return None
    return Proposal(text, tuple(evidence)) if all(isinstance(item, str) for item in evidence) else None


def _printable(name: object) -> str:
    if not isinstance(name, str):
        raise TypeError("a model's id is text")
    return "".join(char for char in name if char.isprintable())[:200]
