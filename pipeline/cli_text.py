"""The commands about text alone: lessons from transcripts, and labels for tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli_settings import read_config
from pipeline.errors import LessonMirrorError, UsageError, shown

if TYPE_CHECKING:
    from pipeline.config import Config


def analyze_transcripts(config: Config, files: list[Path], out: Path | None, *, goal: str) -> None:
    """Analyses each transcript and prints its numbers; with ``out`` also writes lesson.json and the tables."""
    from pipeline import console
    from pipeline.analysis.goals import parse_goal
    from pipeline.report.exports import write_exports
    from pipeline.text_lesson import TextAnalyzer

    analyzer = TextAnalyzer(config, parse_goal(goal))
    failures = 0
    for number, path in enumerate(files, start=1):
        console.say(f"{shown(path.name)} ({number} of {len(files)})" if len(files) > 1 else shown(path.name))
        try:
            with console.stage_bars() as report:
                lesson = analyzer.analyze(path, progress=lambda done: report("discourse", done, None))
                report("discourse", 1.0, 0.0)
            console.print_numbers(lesson)
            console.print_advice(lesson)
            if out is not None:
                console.say(f"  Written to {write_exports(lesson, out)}")
        except LessonMirrorError as error:
            if error.exit_code != 1:
                raise
            failures += 1
            console.fail(error)
    if out is None and failures < len(files):
        console.say("\nNothing was kept. Add --out FOLDER to write lesson.json and the tables.")
    if failures:
        raise typer.Exit(1)


def label(
    file: Annotated[
        Path,
        typer.Argument(help="CSV with the columns transcript, turn, speaker, role, sentence.", readable=False),
    ],
    out: Annotated[Path, typer.Option(help="The CSV to write: the same rows in the same order, with labels.")],
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Rate uptake: the columns are student_text and teacher_text.")
    ] = False,
) -> None:
    """Label a table of sentences with talk moves and questions, or rate exchanges for uptake."""
    from pipeline import console, labelling, registry
    from pipeline.store.files import atomic_write, disk_errors
    from pipeline.transcripts import read_table, require_columns

    if out.is_dir():
        raise UsageError(f"--out {shown(str(out))} is a folder, not a file.", hint="Name the file to write.")
    if out.exists() and file.exists() and out.samefile(file):
        raise UsageError("--out is the file that is read.", hint="Name another file to write.")
    table = read_table(file)
    require_columns(table, labelling.PAIR_COLUMNS if pairs else labelling.SENTENCE_COLUMNS, file)
    with disk_errors(out):  # before the work, not after it
        out.parent.mkdir(parents=True, exist_ok=True)
    model = registry.discourse_model(read_config())
    if model is None:
        console.say("Rules judge: the trained weights are switched off in the settings. Talk moves stay empty.")
    with console.stage_bars() as report:

        def progress(done: float) -> None:
            report("discourse", done, None)

        labelled = (
            labelling.rate_uptake(table, model) if pairs else labelling.label_sentences(table, model, progress=progress)
        )
        progress(1.0)
    atomic_write(out, labelled.to_csv(index=False).encode("utf-8", "replace"))
    console.say(f"{len(labelled)} rows written to {shown(str(out))}.")
