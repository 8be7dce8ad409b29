"""Keeps one worker process running beside the server: starts it again where it dies, ends it with the server."""

from __future__ import annotations

import logging
import subprocess
import threading
import time
from collections.abc import Sequence

_LOG = logging.getLogger(__name__)

FIRST_WAIT_S = 1.0  # before a worker that died is started again; doubled each time it dies young
LONGEST_WAIT_S = 60.0
YOUNG_S = 30.0  # a worker that lived longer than this worked; its death says nothing about the next
ENDING_S = 8.0  # to put work down after being asked; it is taken up again at the next start


class Keeper:
    """One worker process, as long as :meth:`start` to :meth:`stop`.

    The worker holds the reading end of a pipe as its standard input: it closes when this process is gone, however it
    ended, so the worker can end too instead of working on for nobody.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)
        self._process: subprocess.Popen[bytes] | None = None
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="worker-keeper", daemon=True)

    def start(self) -> None:
        """Starts the worker and watches over it."""
        self._thread.start()

    def stop(self) -> None:
        """Asks the worker to end and waits until it has; one that does not listen is killed."""
        self._ending.set()
        self._thread.join()

    @property
    def pid(self) -> int | None:
        """The worker's process id; None while none runs."""
        process = self._process
        return process.pid if process and process.poll() is None else None

    def _keep(self) -> None:
        wait_s = FIRST_WAIT_S
        while not self._ending.is_set():
            began = time.monotonic()
            code = self._run_once()
            if self._ending.is_set():
                return
            wait_s = FIRST_WAIT_S if time.monotonic() - began > YOUNG_S else wait_s
            _LOG.warning("The background worker ended (code %s); a new one starts in %.0f s.", code, wait_s)
            self._ending.wait(wait_s)
            wait_s = min(LONGEST_WAIT_S, wait_s * 2)

    def _run_once(self) -> int:
        # A session of its own: Ctrl-C in the terminal reaches the server alone, which then ends the worker in order.
        with subprocess.Popen(self._command, stdin=subprocess.PIPE, start_new_session=True) as process:
            self._process = process
            while process.poll() is None:
                if self._ending.wait(0.2):
                    return _end(process)
            return process.returncode


def _end(process: subprocess.Popen[bytes]) -> int:
    process.terminate()
    try:
        return process.wait(ENDING_S)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()
