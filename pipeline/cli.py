"""The command ``lessonmirror``: reads what is asked, calls the program, says what happened in words."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pipeline import cli_batch, cli_people, cli_serve, cli_text, cli_voices
from pipeline.cli_settings import Settings, check_folder, open_library, read_config
from pipeline.errors import LessonMirrorError, NotFoundError, SidecarError, UsageError, shown
from pipeline.resources import LIBRARY_VARIABLE

if TYPE_CHECKING:
    from types import FrameType

    from pipeline.config import Config
    from pipeline.lesson import Lesson, LessonDetails
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


INTERRUPTED = 130  # what shells give for Ctrl-C


@app.callback()
def _options(
    config: Annotated[
        Path | None, typer.Option(help="A settings file (TOML); configs/default.toml shows all keys.")
    ] = None,
    library: Annotated[Path | None, typer.Option(help="The folder of the library.", envvar=LIBRARY_VARIABLE)] = None,
    debug: Annotated[bool, typer.Option(help="Show where an unexpected error came from.")] = False,
) -> None:
    Settings.config_file, Settings.library, Settings.debug = config, library, debug


@app.command()
def demo(
    port: cli_serve.Port = None,
    serve_after: Annotated[
        bool | None, typer.Option("--serve/--no-serve", help="Serve the viewer afterwards (default: in a terminal).")
    ] = None,
) -> None:
    """Analyse the sample lesson, print its numbers and show it in the viewer."""
    from pipeline import console
    from pipeline.intake import sample_path, take_in

    config = read_config()
    with open_library(config) as library:
        row = take_in(library, sample_path(), config)
        _analyze_one(library, config, row, None)
        console.say(f"\nThe lesson is in your library as {row.id}.")
    if serve_after if serve_after is not None else console.is_terminal():
        cli_serve.run_viewer(config, port)
    else:
        console.say("Show it with: lessonmirror serve")


@app.command()
def analyze(
    files: Annotated[
        list[Path] | None,  # "readable" would refuse all files for one that may not be read, in words that are not ours
        typer.Argument(help="Videos or sound recordings of lessons.", metavar="FILE...", readable=False),
    ] = None,
    transcript: Annotated[
        list[Path] | None,
        typer.Option(help="Text instead of a recording: CSV, XLSX, WebVTT, SRT or Whisper's JSON.", readable=False),
    ] = None,
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
    goal: Annotated[
        str, typer.Option(help='What the teacher set out to reach, such as "wait_time_1_median_s >= 3: wait longer".')
    ] = "",
) -> None:
    """Analyse recordings: who spoke, what was said and asked, how long people waited."""
    from pipeline import console
    from pipeline.arguments import check_goal, parse_date
    from pipeline.intake import add_details, take_in
    from pipeline.lesson import LessonDetails

    if bool(files) == bool(transcript):
        raise UsageError(
            "Nothing says what to analyse."
            if not files
            else "Recordings and transcripts are analysed one or the other.",
            hint="Name recordings, or one transcript or more with --transcript FILE.",
        )
    config = read_config(engine=engine, model=model, device=device, language=language)
    when, until = parse_date(held_on, "--date"), parse_date(keep_until, "--keep-until")
    given = LessonDetails(teacher, class_name, subject, title, when, basis, until, check_goal(goal))
    details: LessonDetails | None = given if given != LessonDetails() else None
    check_folder(out)
    if transcript:
        cli_text.analyze_transcripts(config, transcript, out, goal=given.goal)
        return
    failures, count = 0, len(files or ())
    with open_library(config) as library:
        work = _Work(library, config, out)
        for number, path in enumerate(files or (), start=1):
            console.say(f"{shown(path.name)} ({number} of {count})" if count > 1 else shown(path.name))
            try:
                row = take_in(library, path, config, details=details)
                # Of a recording that is known, what is said now holds from now on.
                work.analyze(row if row.created or details is None else add_details(library, row, details))
            except LessonMirrorError as error:
                if error.exit_code != 1 and not (isinstance(error, SidecarError) and count > 1):
                    raise
                failures += 1
                console.fail(error)
    if failures:
        if count > 1:
            console.say(f"{count - failures} of {count} recordings were analysed.")
        raise typer.Exit(1)


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
        if Settings.interrupted:
            raise KeyboardInterrupt
        report(stage, done, left_s)

    return checked


def _interrupt(number: int, frame: FrameType | None) -> None:
    Settings.interrupted = True
    signal.default_int_handler(number, frame)


def _analyze_one(library: Library, config: Config, row: LessonRow, out: Path | None) -> None:
    _Work(library, config, out).analyze(row)


@app.command("lessons")
def list_lessons(
    search: Annotated[
        str, typer.Argument(help="Only lessons with this in title, name, teacher, class or subject.")
    ] = "",
) -> None:
    """List the lessons of the library."""
    from pipeline import console

    with open_library(read_config()) as library:
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

    check_folder(out)
    with open_library(read_config()) as library:
        row = library.find_lesson(lesson)
        found = library.load_result(row.id)
        if found is None:
            raise NotFoundError(
                f"{row.name} has not been analysed yet.", hint="Run `lessonmirror analyze` on it first."
            )
        console.say(f"Written to {write_exports(found, out)}")


for _command in (
    cli_voices.correct,
    cli_voices.enrol,
    cli_voices.voices,
    cli_text.label,
    cli_batch.batch,
    cli_serve.serve,
):
    app.command()(_command)
app.command(hidden=True)(cli_serve.worker)
app.command("batch-worker", hidden=True)(cli_batch.batch_worker)
app.add_typer(cli_people.app, name="people")


@app.command()
def delete(
    lesson: Annotated[str, typer.Argument(help="The lesson's id, or the beginning of it.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a lesson: recording, results, notes and all that was made of it."""
    from pipeline import console

    with open_library(read_config()) as library:
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

    findings = examine(read_config())
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
        if Settings.debug:
            raise
        console.fail(console.unexpected(error))
        return 1


def _stopped() -> int:
    from pipeline import console

    console.say("\nStopped. What was finished is kept; start again to go on from there.")
    return INTERRUPTED


if __name__ == "__main__":
    main()
