"""The command ``lessonmirror``: reads what is asked, calls the program, says what happened in words."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from pipeline.errors import LessonMirrorError, NotFoundError, SidecarError, UsageError, shown
from pipeline.resources import LIBRARY_VARIABLE

if TYPE_CHECKING:
    from types import FrameType

    from pipeline.config import Config
    from pipeline.lesson import Lesson, LessonDetails, Role
    from pipeline.runner import Report
    from pipeline.store.library import Library
    from pipeline.store.rows import LessonRow

app = typer.Typer(
    name="lessonmirror",
    help="A mirror for one's own teaching: talk time, waiting and questions from a lesson recording, on your own machine.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


# typer's name for "the call is wrong" has moved between its versions; its public BadParameter derives from it in all.
_USAGE_ERROR: type[Exception] = typer.BadParameter.__mro__[1]


_Port = Annotated[int | None, typer.Option(help="The viewer's port on this machine (default: 8501).", min=1, max=65535)]

INTERRUPTED = 130  # what shells give for Ctrl-C


class _Settings:
    """The options that stand before the command."""

    config_file: Path | None = None
    library: Path | None = None
    debug = False
    interrupted = False


@app.callback()
def _options(
    config: Annotated[
        Path | None, typer.Option(help="A settings file (TOML); configs/default.toml shows all keys.")
    ] = None,
    library: Annotated[Path | None, typer.Option(help="The folder of the library.", envvar=LIBRARY_VARIABLE)] = None,
    debug: Annotated[bool, typer.Option(help="Show where an unexpected error came from.")] = False,
) -> None:
    _Settings.config_file, _Settings.library, _Settings.debug = config, library, debug


def _config(**asr: str | None) -> Config:
    from pipeline.config import load_config

    overrides: dict[str, dict[str, Any]] = {"asr": {key: value for key, value in asr.items() if value}}
    if _Settings.library:
        overrides["library"] = {"folder": str(_Settings.library)}
    return load_config(_Settings.config_file, overrides)


def _open(config: Config) -> Library:
    from pipeline.store.library import Library

    return Library.open(config.library)


@app.command()
def demo(
    port: _Port = None,
    serve_after: Annotated[
        bool | None, typer.Option("--serve/--no-serve", help="Serve the viewer afterwards (default: in a terminal).")
    ] = None,
) -> None:
    """Analyse the sample lesson, print its numbers and show it in the viewer."""
    from pipeline import console
    from pipeline.intake import sample_path, take_in

    config = _config()
    with _open(config) as library:
        row = take_in(library, sample_path(), config)
        _analyze_one(library, config, row, None)
        console.say(f"\nThe lesson is in your library as {row.id}.")
    if serve_after if serve_after is not None else console.is_terminal():
        _serve(config, port)
    else:
        console.say("Show it with: lessonmirror serve")


@app.command()
def analyze(
    files: Annotated[
        list[Path],  # "readable" would refuse all files for one that may not be read, in words that are not ours
        typer.Argument(help="Videos or sound recordings of lessons.", metavar="FILE...", readable=False),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Also write lesson.json, captions and tables into this folder.")
    ] = None,
    engine: Annotated[str | None, typer.Option(help="faster-whisper, openai-whisper or transformers.")] = None,
    model: Annotated[str | None, typer.Option(help="base, tiny.en, a folder, or a hub name.")] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu or cuda.")] = None,
    language: Annotated[str | None, typer.Option(help="auto, or a code such as en.")] = None,
    teacher: Annotated[str, typer.Option(help="Whose lesson it is.")] = "",
    class_name: Annotated[str, typer.Option("--class", help="The class.")] = "",
    subject: Annotated[str, typer.Option(help="The subject.")] = "",
    title: Annotated[str, typer.Option(help="A title for the list of lessons.")] = "",
    held_on: Annotated[str | None, typer.Option("--date", help="When it was held, such as 2026-03-12.")] = None,
    basis: Annotated[str, typer.Option(help="The lawful basis or consent.")] = "",
    keep_until: Annotated[str | None, typer.Option(help="When it has to be deleted, such as 2027-07-31.")] = None,
) -> None:
    """Analyse recordings: who spoke, what was said and asked, how long people waited."""
    from pipeline import console
    from pipeline.arguments import parse_date
    from pipeline.intake import take_in
    from pipeline.lesson import LessonDetails

    config = _config(engine=engine, model=model, device=device, language=language)
    when, until = parse_date(held_on, "--date"), parse_date(keep_until, "--keep-until")
    given = LessonDetails(teacher, class_name, subject, title, when, basis, until)
    details: LessonDetails | None = given if given != LessonDetails() else None
    _check_folder(out)
    failures = 0
    with _open(config) as library:
        work = _Work(library, config, out)
        for number, path in enumerate(files, start=1):
            console.say(f"{shown(path.name)} ({number} of {len(files)})" if len(files) > 1 else shown(path.name))
            try:
                work.analyze(take_in(library, path, config, details=details))
            except LessonMirrorError as error:
                if error.exit_code != 1 and not (isinstance(error, SidecarError) and len(files) > 1):
                    raise
                failures += 1
                console.fail(error)
    if failures:
        if len(files) > 1:
            console.say(f"{len(files) - failures} of {len(files)} recordings were analysed.")
        raise typer.Exit(1)


def _check_folder(out: Path | None) -> None:
    if out is not None and out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file, not a folder.", hint="Name a folder; it is made if it is missing.")


class _Work:
    """Analyses one lesson after the other with the same models."""

    def __init__(self, library: Library, config: Config, out: Path | None) -> None:
        from pipeline.runner import Runner

        self._library, self._out = library, out
        self._runner = Runner(library, config)

    def analyze(self, row: LessonRow) -> None:
        from pipeline import console
        from pipeline.report.exports import write_exports

        if not row.created:
            console.say("  This recording is in the library already; what has not changed is not done again.")
        try:
            lesson = self._analyzed(row)
        except NotFoundError as error:
            hint = "Analyse the file again if it was not meant to go."
            raise NotFoundError("The lesson was deleted while it was analysed.", hint=hint) from error
        console.print_numbers(lesson)
        if self._out is not None:
            console.say(f"  Written to {write_exports(lesson, self._out)}")

    def _analyzed(self, row: LessonRow) -> Lesson:
        from pipeline import console

        try:
            with console.stage_bars() as report:
                runner = self._runner.reporting_to(_unless_interrupted(report))
                runner.prepare_view(row)
                lesson = runner.analyze(row)
        except LessonMirrorError as error:
            self._library.set_state(row.id, "failed", message=error.message, hint=error.hint)
            raise
        self._library.set_state(row.id, "done")
        self._library.enqueue(row.id, "proxy")
        return lesson


def _unless_interrupted(report: Report) -> Report:
    """The same report, which ends the work where Ctrl-C came while nothing could be raised (in a destructor, say)."""

    def checked(stage: str, done: float, left_s: float | None) -> None:
        if _Settings.interrupted:
            raise KeyboardInterrupt
        report(stage, done, left_s)

    return checked


def _interrupt(number: int, frame: FrameType | None) -> None:
    _Settings.interrupted = True
    signal.default_int_handler(number, frame)


def _analyze_one(library: Library, config: Config, row: LessonRow, out: Path | None) -> None:
    _Work(library, config, out).analyze(row)


@app.command()
def serve(
    port: _Port = None,
) -> None:
    """Show the library in the browser, and analyse what is uploaded there. Ends with Ctrl-C."""
    _serve(_config(), port)


def _serve(config: Config, port: int | None) -> None:
    from pipeline import console
    from pipeline.viewer.server import serve as serve_viewer

    console.say("Starting the viewer. Press Ctrl-C to end it.")
    serve_viewer(config, port=port, worker=_worker_command(), say=console.say)


def _worker_command() -> list[str]:
    command = [sys.executable, "-m", "pipeline.cli"]
    if _Settings.config_file:
        command += ["--config", str(_Settings.config_file)]
    if _Settings.library:
        command += ["--library", str(_Settings.library)]
    return [*command, "worker"]


@app.command(hidden=True)
def worker(until_idle: Annotated[bool, typer.Option(help="End when the queue is empty.")] = False) -> None:
    """Work through the queue of the library in the background."""
    import threading

    from pipeline.batch import run_worker

    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    config = _config()
    with _open(config) as library:
        run_worker(library, config, stop, until_idle=until_idle)


@app.command("lessons")
def list_lessons(
    search: Annotated[
        str, typer.Argument(help="Only lessons with this in title, name, teacher, class or subject.")
    ] = "",
) -> None:
    """List the lessons of the library."""
    from pipeline import console

    with _open(_config()) as library:
        console.print_lessons(library.lessons(search=search))


@app.command()
def export(
    lesson: Annotated[
        str, typer.Argument(help="The lesson's id (see `lessonmirror lessons`), or the beginning of it.")
    ],
    out: Annotated[Path, typer.Option(help="The folder to write into.")] = Path(),
) -> None:
    """Write lesson.json, captions and tables of a lesson that was analysed."""
    from pipeline import console
    from pipeline.report.exports import write_exports

    _check_folder(out)
    with _open(_config()) as library:
        row = library.find_lesson(lesson)
        found = library.load_result(row.id)
        if found is None:
            raise NotFoundError(
                f"{row.name} has not been analysed yet.", hint="Run `lessonmirror analyze` on it first."
            )
        console.say(f"Written to {write_exports(found, out)}")


@app.command()
def correct(
    lesson: Annotated[str, typer.Argument(help="The lesson's id, or the beginning of it.")],
    voice: Annotated[str | None, typer.Option(help="The voice that is wrong, such as S2.")] = None,
    span: Annotated[str | None, typer.Option(help="When, in seconds or as minutes:seconds, such as 1:10-1:15.")] = None,
    speaker: Annotated[
        str | None, typer.Option("--as", help="Who it is: another voice, such as S1, or a name.")
    ] = None,
    role: Annotated[str | None, typer.Option(help="teacher, student or unknown.")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="Take back the latest correction.")] = False,
) -> None:
    """Say who speaks where the program was wrong; the numbers follow. Without options: who speaks, and what was corrected."""
    from pipeline import console, corrections
    from pipeline.arguments import parse_span

    if undo and (voice or span or speaker or role):
        raise UsageError("--undo takes back the latest correction and goes alone.", hint="Leave the other options out.")
    with _open(_config()) as library:
        row = library.find_lesson(lesson)
        if undo:
            console.print_numbers(corrections.undo(library, row.id))
        elif voice or span or speaker or role:
            when, what = parse_span(span), cast("Role | None", role)
            changed = corrections.correct(library, row.id, voice=voice, span=when, speaker=speaker, role=what)
            console.print_numbers(changed)
        else:
            console.print_voices(library.load_result(row.id), library.corrections(row.id))


@app.command()
def enrol(
    teacher: Annotated[str, typer.Option(help="Whose voice it is; lessons with this teacher will use it.")],
    consent: Annotated[str, typer.Option(help="Who agreed to keeping the voice, and when.")],
    lesson: Annotated[str | None, typer.Option(help="A lesson's id: take the voice from there.")] = None,
    voice: Annotated[str | None, typer.Option(help="Which voice of that lesson, such as S1.")] = None,
    span: Annotated[str | None, typer.Option(help="Or when it speaks there, such as 1:10-1:40.")] = None,
    recording: Annotated[
        Path | None, typer.Option(help="Or a short recording in which only the teacher speaks.")
    ] = None,
) -> None:
    """Enrol a teacher's voice, with consent: later lessons of this teacher are then surer who the teacher is."""
    from pipeline import console, enrolment
    from pipeline.arguments import parse_span

    if (lesson is None) == (recording is None):
        raise UsageError("The voice comes from a lesson or from a recording.", hint="Name --lesson or --recording.")
    config, person = _config(), enrolment.Person(teacher, consent)
    with _open(config) as library:
        if recording is not None:
            row = enrolment.enrol_from_recording(library, config, person, recording)
        else:
            found, when = library.find_lesson(lesson or ""), parse_span(span)
            row = enrolment.enrol_from_lesson(library, config, person, found.id, voice=voice, span=when)
        console.say(f"The voice of {shown(row.name)} is enrolled, from {row.speech_s:.0f} s of speech.")
        console.say("Lessons analysed from now on with this teacher use it. `lessonmirror voices --forget` removes it.")


@app.command()
def voices(
    forget: Annotated[str | None, typer.Option(help="Remove the enrolled voice of this teacher for good.")] = None,
) -> None:
    """Show the enrolled voices and the record of enrolling and removing them; or remove one."""
    from pipeline import console

    with _open(_config()) as library:
        if forget is not None:
            row = library.remove_voiceprint(forget)
            console.say(f"The voice of {shown(row.name)} was removed.")
        console.print_enrolled(library.voiceprints(), library.audit_record())


@app.command()
def delete(
    lesson: Annotated[str, typer.Argument(help="The lesson's id, or the beginning of it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a lesson: recording, results, notes and all that was made of it."""
    from pipeline import console

    with _open(_config()) as library:
        row = library.find_lesson(lesson)
        console.print_plan(row, library.deletion_plan(row.id))
        if not yes:
            if not console.is_terminal():
                raise UsageError("Nothing was deleted, because nobody can be asked here.", hint="Add --yes to delete.")
            if not typer.confirm("Delete all of this for good?"):
                console.say("Nothing was deleted.")
                return
        library.delete_lesson(row.id)
        console.say(f"{shown(row.name)} was deleted.")


@app.command()
def models() -> None:
    """List the models: where they come from, their licence, and whether they are ready."""
    from pipeline import console
    from pipeline.backends.weights import list_models

    console.print_models(list_models())


@app.command()
def doctor() -> None:
    """Check this machine: what is missing, and how to mend it."""
    from pipeline import console
    from pipeline.doctor import examine

    findings = examine(_config())
    console.print_findings(findings)
    if any(finding.bad for finding in findings):
        raise typer.Exit(1)


def main() -> None:
    """Runs the command; errors become one sentence and an exit code (1, 2 for wrong usage, 130 for Ctrl-C)."""
    # Threads that wait by spinning take the whole machine away from others, and are slower themselves where it is shared.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # A shell starts background work with Ctrl-C ignored; who sends the signal all the same wants an orderly end.
    signal.signal(signal.SIGINT, _interrupt)
    sys.exit(_guarded(app))


def _guarded(command: Callable[..., Any]) -> int:
    from pipeline import console

    try:
        result = command(standalone_mode=False)
        # typer answers an Exit, and Ctrl-C too, with its code.
        return _stopped() if result == INTERRUPTED else result if isinstance(result, int) else 0
    except _USAGE_ERROR as error:
        error.show()  # type: ignore[attr-defined]
        return 2
    except (KeyboardInterrupt, typer.Abort):
        return _stopped()
    except LessonMirrorError as error:
        console.fail(error)
        return error.exit_code
    except Exception as error:
        if _Settings.debug:
            raise
        console.fail(console.unexpected(error))
        return 1


def _stopped() -> int:
    from pipeline import console

    console.say("\nStopped. What was finished is kept; start again to go on from there.")
    return INTERRUPTED


if __name__ == "__main__":
    main()
