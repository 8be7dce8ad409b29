"""Runs ffmpeg as a child process: no network, no second file, no hang, nothing half-written, errors in plain words."""

from __future__ import annotations

import contextlib
import errno
import glob
import os
import platform
import queue
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from pipeline import errors
from pipeline.config import MediaConfig
from pipeline.errors import ConfigError, DiskFullError, LessonMirrorError, MediaError, ModelError, StoreError

STALL_S = 120.0  # a decoder that gives nothing for this long is stuck; the slowest honest one seen needed 4 s
POLL_S = 0.25  # how soon a cancelled run notices
_WRITER = re.compile(r"\.(\d+)@(.*)\.[^.]+\.part$")  # at the end of a draft's name, see draft_prefix
LEFTOVER_S = 5 * STALL_S  # a draft that nobody has written to for so long has lost its writer
LOG_BYTES = 16384  # of ffmpeg's messages only the end is kept: a damaged file can cause millions of lines
CHUNK_BYTES = 65536
QUEUED_CHUNKS = 16
TOO_DAMAGED = 69  # ffmpeg's exit code where it read to the end, but its max_error_rate was exceeded

PROTOCOLS = "file,pipe"
# Only formats that hold their content themselves. Playlists (hls, concat, sdp, image sequences) would open other files.
FORMATS = (
    "mov,matroska,webm,avi,mp3,wav,w64,flac,ogg,aac,amr,asf,flv,mpeg,mpegts,mpegvideo,aiff,au,caf,ac3,eac3,dts,mxf,dv,"
    "rm,wv,ape,tta,nut,gxf"
)

_INPUT = "<recording>"  # stands for the recording's name in an ffmpeg-python graph
OUTPUT = "<draft>"  # stands for the name of the file that is written

_DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
CONVERT = "Convert it to MP4 with H.264 and AAC, for instance with HandBrake or VLC, and add that file."

# What ffmpeg says (regular expression) -> what the user reads.
_REASONS: tuple[tuple[str, type[LessonMirrorError], str, str], ...] = (
    (
        "No space left on device|File too large|Disk quota exceeded",
        DiskFullError,
        "The disk filled up while {name} was being converted.",
        "Free some space on that disk, then start again.",
    ),
    (
        "Permission denied",
        MediaError,
        "{name} may not be read.",
        "Give yourself the right to read it, or copy it to a folder of your own.",
    ),
    (
        "[Dd]ecoder .*not found|Unknown decoder|Decoding requested, but no decoder|Could not find codec parameters",
        MediaError,
        "{name} is written in a form that this ffmpeg cannot decode.",
        CONVERT,
    ),
    (
        "Cannot allocate memory",
        MediaError,
        "There was not enough memory to decode {name}.",
        "Close other programs and try again.",
    ),
)


def shown(path: Path) -> str:
    """The file's name with control characters and other unprintable ones escaped, safe to print."""
    return errors.shown(path.name or str(path))


def executable(config: MediaConfig) -> str:
    """The ffmpeg to run: the packaged one, the system's, or the one at a path.

    Raises ConfigError where the setting leads nowhere, ModelError where the packaged one is missing.
    """
    if config.ffmpeg == "packaged":
        import imageio_ffmpeg

        try:
            return str(imageio_ffmpeg.get_ffmpeg_exe())
        except RuntimeError as error:
            hint = 'Install imageio-ffmpeg again, or set [media] ffmpeg = "system".'
            raise ModelError("The packaged ffmpeg is missing.", hint=hint) from error
    found = shutil.which("ffmpeg" if config.ffmpeg == "system" else config.ffmpeg)
    if found is None:
        where = "on this system" if config.ffmpeg == "system" else f"at '{config.ffmpeg}'"
        raise ConfigError(f"There is no ffmpeg {where}.", hint='Install it, or set [media] ffmpeg = "packaged".')
    return found


def source() -> Any:
    """ffmpeg-python's input for a recording, which may not lead to other files; ``compiled`` puts its name in."""
    import ffmpeg

    quiet = {"nostdin": None, "hide_banner": None, "loglevel": "warning"}
    return ffmpeg.input(_INPUT, protocol_whitelist=PROTOCOLS, format_whitelist=FORMATS, **quiet)


def compiled(output: Any, config: MediaConfig, path: Path, draft: Path | None = None) -> list[str]:
    """The command line that reads ``path`` (and writes ``draft``) as the ffmpeg-python graph ``output`` says."""
    # Names come last: ffmpeg-python only takes those that are valid Unicode, which on Linux not all are.
    names = {_INPUT: path, OUTPUT: draft}
    words = output.compile(cmd=executable(config), overwrite_output=True)
    return [file_url(named) if (named := names.get(word)) else word for word in words]


def file_url(path: Path) -> str:
    """A name that ffmpeg takes literally, whatever is in it: no option, no pattern, no protocol."""
    return "file:" + str(path.absolute())


class FfmpegProcess:
    """One run of ffmpeg whose standard output is read piece by piece; leaving the ``with`` block ends it in any case.

    ``watched`` is the file that it writes, where its output there, not on the pipe, shows that it is alive.
    ``polite`` gives other work precedence. With ``forgiving``, more decoding errors than ``max_error_rate`` allows are no
    failure; afterwards ``damaged`` says whether there were.
    """

    def __init__(
        self, command: list[str], *, watched: Path | None = None, polite: bool = False, forgiving: bool = False
    ) -> None:
        self._command = _politely(command) if polite else command
        self._watched, self._forgiving = watched, forgiving
        self.damaged = False
        self._chunks: queue.Queue[bytes] = queue.Queue(maxsize=QUEUED_CHUNKS)
        self._ended = False
        self._log = b""

    def __enter__(self) -> FfmpegProcess:
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # Ctrl-C reaches this program alone, which then ends ffmpeg: else its end would look like a failure.
                start_new_session=True,
            )
        except OSError as error:
            hint = 'Set [media] ffmpeg = "packaged".'
            raise ModelError(f"ffmpeg cannot be started: {error.strerror}.", hint=hint) from error
        assert self._process.stdout is not None and self._process.stderr is not None
        self._readers = (
            threading.Thread(target=self._read_output, args=(self._process.stdout,), daemon=True),
            threading.Thread(target=self._read_log, args=(self._process.stderr,), daemon=True),
        )
        for reader in self._readers:
            reader.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            _kill(self._process)
        while not self._ended:  # lets the reading thread out of a full queue
            self._ended = not self._chunks.get()
        self._process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def chunks(self, path: Path) -> Iterator[bytes]:
        """What ffmpeg writes to its standard output; an empty piece where it is still at work, so that the caller
        can cancel. Raises MediaError, naming ``path``, when it is stuck or fails.
        """
        idle_s, sign = 0.0, self._sign_of_life()
        while not self._ended:
            began_s = time.monotonic()
            chunk = self._next_chunk()
            latest = self._sign_of_life()
            # Counted in short waits: a computer that slept, or a slow reader, is no stuck decoder.
            waited_s = min(POLL_S, time.monotonic() - began_s)
            idle_s = 0.0 if latest != sign or (chunk and not self._watched) else idle_s + waited_s
            sign = latest
            if idle_s > STALL_S:
                raise MediaError(
                    f"{shown(path)} got stuck: for {STALL_S:.0f} s nothing more could be read from it.",
                    hint="Copy it to this computer's own disk and try again; if that fails, the file is damaged.",
                )
            if not self._ended:
                yield chunk
        self._check_end(path)

    def _next_chunk(self) -> bytes:
        try:
            chunk = self._chunks.get(timeout=POLL_S)
        except queue.Empty:
            return b""
        self._ended = not chunk
        return chunk

    def _sign_of_life(self) -> int:
        if self._watched is None:
            return 0
        with contextlib.suppress(FileNotFoundError):
            return self._watched.stat().st_mtime_ns
        return 0

    def _check_end(self, path: Path) -> None:
        code = self._process.wait()
        self._readers[1].join()
        self.damaged = code == TOO_DAMAGED
        if code != 0 and not (self.damaged and self._forgiving):
            log = self._log.decode("utf-8", errors="replace")
            raise explained(log if code != -_signal("SIGXFSZ") else "File too large", path)

    def _read_output(self, pipe: IO[bytes]) -> None:
        while chunk := pipe.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
            self._chunks.put(chunk)
        self._chunks.put(b"")

    def _read_log(self, pipe: IO[bytes]) -> None:
        while chunk := pipe.read1(CHUNK_BYTES):  # type: ignore[attr-defined]
            self._log = (self._log + chunk)[-LOG_BYTES:]


def explained(log: str, path: Path) -> LessonMirrorError:
    """ffmpeg's messages as one sentence and the next step."""
    for pattern, kind, sentence, hint in _REASONS:
        if re.search(pattern, log):
            return kind(sentence.format(name=shown(path)), hint=hint)
    last = next((line for line in reversed(log.splitlines()) if line.strip()), "no reason given")
    return MediaError(
        f"{shown(path)} could not be read to its end (ffmpeg: {errors.shown(last.strip())}).",
        hint=f"It may be damaged: copy it from the camera again. {CONVERT}",
    )


@contextlib.contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """An empty file beside ``target`` to write to: it becomes ``target`` when all went well, else it is removed.

    Raises DiskFullError when the disk fills up, StoreError when the folder cannot be written.
    """
    draft: Path | None = None
    try:
        remove_leftovers(target)
        handle, name = tempfile.mkstemp(prefix=draft_prefix(target), suffix=".part", dir=target.parent)
        os.close(handle)
        draft = Path(name)
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.replace(target)
    except OSError as error:
        raise disk_error(error, target) from error
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)


def draft_prefix(target: Path) -> str:
    """How the name of a draft of ``target`` begins: it says which process of which machine writes it."""
    return f".{target.name}.{os.getpid()}@{platform.node()}."


def _writer_is_gone(draft: Path) -> bool:
    """Whether the process that wrote a draft has ended; only known for those of this machine, and not on Windows."""
    found = _WRITER.search(draft.name)
    if os.name != "posix" or found is None or found[2] != platform.node():
        return False
    try:
        os.kill(int(found[1]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return False


def remove_leftovers(target: Path) -> None:
    """Removes what processes that were killed have left of earlier tries at ``target``."""
    for draft in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        with contextlib.suppress(FileNotFoundError):
            if _writer_is_gone(draft) or time.time() - draft.stat().st_mtime > LEFTOVER_S:
                shutil.rmtree(draft) if draft.is_dir() else draft.unlink()


def disk_error(error: OSError, target: Path) -> StoreError:
    """Why ``target`` could not be written."""
    if error.errno in _DISK_FULL:
        return errors.disk_full(target.parent)
    reason = error.strerror or str(error)
    return StoreError(f"{shown(target)} cannot be written: {reason}.", hint=f"Look at the folder {target.parent}.")


def _politely(command: list[str]) -> list[str]:
    nice = shutil.which("nice")
    return [nice, "-n", "10", *command] if nice else command


def _kill(process: subprocess.Popen[bytes]) -> None:
    if os.name == "posix":  # a configured ffmpeg may be a script that starts the real one; both have to go
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def _signal(name: str) -> int:
    return int(getattr(signal, name, 0))
