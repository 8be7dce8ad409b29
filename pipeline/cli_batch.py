"""The command ``lessonmirror batch``: many recordings, overnight."""

from __future__ import annotations

import os
import signal
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_settings import check_folder, open_library, own_command, read_config
from pipeline.errors import NotFoundError, UsageError

if TYPE_CHECKING:
    from pipeline.batch.conductor import Progress
    from pipeline.batch.hours import Hours
    from pipeline.store.library import Library

_NICE = 10  # whoever sits at the machine goes first


def batch(
    sources: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Folders, recordings, or a table (CSV) with the column path.",
            metavar="FOLDER|FILE|TABLE...",
            readable=False,
        ),
    ] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the latest batch.")] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Try again what failed in the latest batch, and go on.")
    ] = False,
    stop: Annotated[bool, typer.Option("--stop", help="Let the running batch put its work down.")] = False,
    cancel: Annotated[
        bool, typer.Option("--cancel", help="Take what has not ended in the latest batch off the queue.")
    ] = False,
    status: Annotated[bool, typer.Option("--status", help="Say how far the latest batch is.")] = False,
    workers: Annotated[
        int | None, typer.Option(help="How many at once (default: as many as fit).", min=1, max=64)
    ] = None,
    between: Annotated[str, typer.Option(help="Work in these hours only, such as 20:00-06:00.")] = "",
    watch: Annotated[
        bool, typer.Option("--watch", help="Go on taking new files from the folders, until Ctrl-C.")
    ] = False,
    proxies: Annotated[bool, typer.Option("--videos/--no-videos", help="Also make copies for the browser.")] = True,
    report: Annotated[Path | None, typer.Option(help="Write report.html and report.csv into this folder.")] = None,
) -> None:
    """Analyse many recordings; what was interrupted goes on where it stopped. Ends with 0 if all succeeded."""
    from pipeline.batch.conductor import begin
    from pipeline.batch.conductor import retry as try_again
    from pipeline.batch.hours import parse_hours
    from pipeline.store import batches

    chosen = sum((resume, retry, stop, cancel, status, bool(sources)))
    if chosen != 1:
        hint = "Name folders, recordings or a table, or give one of --resume, --retry, --stop, --cancel and --status."
        raise UsageError("Nothing says what to do." if not chosen else "These do not go together.", hint=hint)
    if watch and not any(path.is_dir() for path in sources or ()):
        raise UsageError("--watch needs a folder to look at.", hint="Name the folder into which recordings are put.")
    check_folder(report)
    folders = tuple(path for path in sources or () if path.is_dir()) if watch else ()
    hours = parse_hours(between) if between else None
    with open_library(read_config()) as library:
        # What lies in a watched folder may still be on its way there, like what comes later.
        batch_id = begin(library, [path for path in sources if path not in folders]) if sources else _latest(library)
        if stop:
            library.database.write(batches.set_state, batch_id, "stopping")
            typer.echo("The batch puts its work down. `lessonmirror batch --resume` goes on with it.")
        elif cancel:
            typer.echo(f"{library.database.write(batches.cancel, batch_id)} recordings were taken off the queue.")
        elif status:
            _say_how_far(library, batch_id)
        else:
            if retry:
                try_again(library, batch_id)
            _Night(library, batch_id, report).run(workers, hours, folders, proxies)


def batch_worker(
    batch_id: Annotated[str, typer.Argument()],
    name: Annotated[str, typer.Option()],
    proxies: Annotated[bool, typer.Option("--videos/--no-videos")] = True,
) -> None:
    """One worker of a batch; it ends when whoever started it is gone."""
    from pipeline.batch.queue_worker import run_batch_worker

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if hasattr(os, "nice"):
        os.nice(_NICE)
    threading.Thread(target=_end_with_parent, args=(stop,), daemon=True).start()
    config = read_config()
    with open_library(config) as library:
        run_batch_worker(library, config, batch_id, name, stop, proxies=proxies)


class _Night:
    """A run in the foreground: it says how far it is, stops in order, and writes the report."""

    def __init__(self, library: Library, batch_id: str, report: Path | None) -> None:
        self._library, self._batch_id, self._report = library, batch_id, report
        self._said = ""

    def run(self, workers: int | None, hours: Hours | None, folders: tuple[Path, ...], proxies: bool) -> None:
        from pipeline.batch.conductor import Conductor, Plan, fitting_workers

        plan = Plan(
            own_command("batch-worker", "--videos" if proxies else "--no-videos"),
            workers or fitting_workers(),
            hours,
            folders,
        )
        conductor = Conductor(self._library, self._batch_id, plan, self._tell)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: conductor.stop())
        far = conductor.run()
        self._finish(far)
        if not far.ended:
            typer.echo("Stopped. What was finished is kept; `lessonmirror batch --resume` goes on.")
            raise typer.Exit(130)
        if far.failed:
            raise typer.Exit(1)

    def _finish(self, far: Progress) -> None:
        from pipeline import console
        from pipeline.batch.night_report import lines_of, write_report

        if sys.stdout.isatty():
            typer.echo("")
        console.print_batch(lines_of(self._library, self._batch_id))
        typer.echo(f"{far.done} of {far.total} recordings were analysed.")
        if self._report is not None:
            typer.echo(f"Written to {write_report(self._library, self._batch_id, self._report)}")

    def _tell(self, far: Progress, wait_s: float) -> None:
        text = _words(far, wait_s)
        if text == self._said:
            return
        self._said = text
        # A terminal keeps one line up to date; a log gets a line whenever something changed.
        sys.stdout.write(f"\r\033[K{text}" if sys.stdout.isatty() else f"{text}\n")
        sys.stdout.flush()


def _words(far: Progress, wait_s: float) -> str:
    text = f"{far.done} of {far.total} done"
    if far.failed:
        text += f", {far.failed} failed"
    if wait_s:
        return f"{text}; waiting for the hours to work in, {wait_s / 3600:.1f} h"
    if far.left_s:
        text += f", about {max(1, round(far.left_s / 60))} min left"
    return text


def _latest(library: Library) -> str:
    from pipeline.store import batches

    found = library.database.read(batches.latest)
    if found is None:
        raise NotFoundError("There was no batch yet.", hint="Begin one: lessonmirror batch FOLDER")
    return found


def _say_how_far(library: Library, batch_id: str) -> None:
    from pipeline.batch.conductor import progress
    from pipeline.store import batches

    typer.echo(f"{_words(progress(library, batch_id), 0)}; {library.database.read(batches.state_of, batch_id)}.")


def _end_with_parent(stop: threading.Event) -> None:
    # The reading end of a pipe that closes when the parent is gone, however it ended. Read without Python's buffer: a thread that
    # waits in it would bring down the interpreter at its end.
    with suppress(OSError):
        while os.read(0, 4096):
            pass
    stop.set()
