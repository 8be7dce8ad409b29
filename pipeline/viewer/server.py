"""Runs the viewer, with one process beside it that analyses new recordings in the background."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType
from typing import Any

import uvicorn

from pipeline.config import Config
from pipeline.errors import UsageError
from pipeline.viewer.keeper import Keeper
from pipeline.viewer.reach import LOCAL, LOOPBACK, Reach

CLOSING_S = 3  # open pages hold a connection; they get this long when the server ends
PING_S = 20.0
WORKER = (sys.executable, "-m", "pipeline.cli", "worker")


def serve(
    config: Config,
    *,
    port: int | None = None,
    reach: Reach = LOCAL,
    worker: Sequence[str] | None = WORKER,
    say: Callable[[str], None] = print,
) -> None:
    """Serves the library of ``config`` until Ctrl-C or SIGTERM. Has to be called in the main thread.

    ``port`` (else ``[viewer] port``) is a wish: where it is taken, a free one is used and said. ``worker`` is the
    command that analyses what comes in; None runs without. ``reach`` says from where people can come. Raises StoreError
    where the library cannot be used, UsageError where others could come in unasked.
    """
    from pipeline.viewer.asgi import build_app

    wished = config.viewer.port if port is None else port
    with bound_socket(wished, reach.host) as listener:
        taken = listener.getsockname()[1]
        if wished not in (0, taken):
            say(f"Port {wished} is in use; taking {taken}.")
        server = _Server(build_app(config, reach), reach, lambda: say(f"Lesson Mirror: {_address(reach, taken)}"))
        keeper = Keeper(worker) if worker else None
        previous = signal.signal(signal.SIGTERM, _leave)
        try:
            if keeper:
                keeper.start()
            with suppress(KeyboardInterrupt, _Left):
                server.run(sockets=[listener])
        finally:
            if keeper:
                keeper.stop()
            signal.signal(signal.SIGTERM, previous)


def bound_socket(port: int, host: str = LOOPBACK) -> socket.socket:
    """A socket on this port, or on a free one where it is taken. The operating system chooses for 0.

    Raises UsageError where this machine has no such address.
    """
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        if os.name != "nt":  # there, it would allow two programs on one port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            _bind_to_any(listener, host)
    except BaseException:
        listener.close()
        raise
    return listener


def _bind_to_any(listener: socket.socket, host: str) -> None:
    try:
        listener.bind((host, 0))
    except OSError as error:
        message = f"This machine has no address {host}."
        raise UsageError(message, hint="0.0.0.0 stands for all it has.") from error


def _address(reach: Reach, port: int) -> str:
    if reach.is_local:
        return f"http://{f'[{reach.host}]' if ':' in reach.host else reach.host}:{port}"
    if reach.behind_proxy:
        return f"https://{reach.names[0]} (the proxy's, to http://{reach.host}:{port})"
    return f"https://{reach.names[0]}:{port}"


class _Left(BaseException):
    """SIGTERM came."""


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise _Left


class _Server(uvicorn.Server):
    """uvicorn with Streamlit's websocket settings, which calls ``ready`` once it answers."""

    def __init__(self, app: Any, reach: Reach, ready: Callable[[], None]) -> None:
        settings = uvicorn.Config(
            app,
            ssl_certfile=reach.certificate,
            ssl_keyfile=reach.key,
            # Only a proxy on this machine is believed about who asks.
            proxy_headers=reach.behind_proxy,
            forwarded_allow_ips=LOOPBACK,
            log_level="warning",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=CLOSING_S,
            ws="websockets-sansio",
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
        )
        super().__init__(settings)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begins to listen, then says so."""
        await super().startup(sockets)
        if self.started:
            await asyncio.to_thread(self._ready)
