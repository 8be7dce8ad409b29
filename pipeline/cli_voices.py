"""The commands about who speaks: to correct it, and to enrol a teacher's voice."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from pipeline.cli_settings import open_library, read_config
from pipeline.errors import UsageError, shown

if TYPE_CHECKING:
    from pipeline.lesson import Role


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
    with open_library(read_config()) as library:
        row = library.find_lesson(lesson)
        if undo:
            console.print_numbers(corrections.undo(library, row.id))
        elif voice or span or speaker or role:
            when, what = parse_span(span), cast("Role | None", role)
            changed = corrections.correct(library, row.id, voice=voice, span=when, speaker=speaker, role=what)
            console.print_numbers(changed)
        else:
            console.print_voices(library.load_result(row.id), library.corrections(row.id))


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
    config, person = read_config(), enrolment.Person(teacher, consent)
    with open_library(config) as library:
        if recording is not None:
            row = enrolment.enrol_from_recording(library, config, person, recording)
        else:
            found, when = library.find_lesson(lesson or ""), parse_span(span)
            row = enrolment.enrol_from_lesson(library, config, person, found.id, voice=voice, span=when)
        console.say(f"The voice of {shown(row.name)} is enrolled, from {row.speech_s:.0f} s of speech.")
        console.say("Lessons analysed from now on with this teacher use it. `lessonmirror voices --forget` removes it.")


def voices(
    forget: Annotated[str | None, typer.Option(help="Remove the enrolled voice of this teacher for good.")] = None,
) -> None:
    """Show the enrolled voices and the record of enrolling and removing them; or remove one."""
    from pipeline import console

    with open_library(read_config()) as library:
        if forget is not None:
            row = library.remove_voiceprint(forget)
            console.say(f"The voice of {shown(row.name)} was removed.")
        console.print_enrolled(library.voiceprints(), library.audit_record())
