"""The commands that run for long: the viewer, and the work in the background beside it."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_settings import open_library, own_command, read_config

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.viewer.reach import Reach

Port = Annotated[int | None, typer.Option(help="The viewer's port (default: 8501).", min=1, max=65535)]


def serve(
    port: Port = None,
    host: Annotated[
        str, typer.Option(help="The address to listen on. Others than this machine's own need accounts and HTTPS.")
    ] = "127.0.0.1",
    name: Annotated[
        list[str] | None, typer.Option(help="The name by which people call the server; may be given several times.")
    ] = None,
    certificate: Annotated[Path | None, typer.Option(help="A TLS certificate (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="The certificate's key (PEM).")] = None,
    behind_proxy: Annotated[
        bool, typer.Option("--behind-proxy", help="A proxy on this machine speaks HTTPS to people.")
    ] = False,
) -> None:
    """Show the library in the browser, and analyse what is uploaded there. Ends with Ctrl-C."""
    from pipeline.viewer.reach import Reach

    names = tuple(item.casefold() for item in name or ())
    run_viewer(read_config(), port, Reach(host, names, certificate, key, behind_proxy))


def worker(until_idle: Annotated[bool, typer.Option(help="End when the queue is empty.")] = False) -> None:
    """Work through the queue of the library in the background."""
    import threading

    from pipeline.batch.worker import run_worker

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    config = read_config()
    with open_library(config) as library:
        run_worker(library, config, stop, until_idle=until_idle)


def run_viewer(config: Config, port: int | None, reach: Reach | None = None) -> None:
    """The viewer until Ctrl-C, with the settings that stand before the command."""
    from pipeline import console
    from pipeline.viewer.reach import LOCAL
    from pipeline.viewer.server import serve as serve_viewer

    console.say("Starting the viewer. Press Ctrl-C to end it.")
    serve_viewer(config, port=port, reach=reach or LOCAL, worker=own_command("worker"), say=console.say)
