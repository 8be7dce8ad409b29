"""What the command line prints: progress, numbers, tables and errors."""

from __future__ import annotations

import errno
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pipeline.errors import DiskFullError, LessonMirrorError, shown
from pipeline.timeline import clock, summed_s

if TYPE_CHECKING:
    from rich.console import Console

    from pipeline.backends.weights import ModelInfo
    from pipeline.batch.night_report import Line
    from pipeline.doctor import Finding
    from pipeline.lesson import Correction, Lesson, Speech
    from pipeline.runner import Report
    from pipeline.store.rows import AuditRow, CorrectionRow, DeletionPlan, LessonRow, PersonRow, VoiceprintRow

STAGE_WORDS = {
    "pictures": "Looking at the picture",
    "audio": "Reading the sound",
    "detect": "Finding speech",
    "transcribe": "Writing down what is said",
    "diarize": "Telling voices apart",
    "discourse": "Reading what is asked",
    "understand": "Counting and measuring",
    "writer": "Wording the feedback",
    "video": "Preparing the video",
}

ADVICE_WORDS = {"strength": "Went well", "try_next": "To try next", "reflection": "To think about"}


def say(text: str) -> None:
    """One line for the user."""
    print(text, flush=True)


def fail(error: LessonMirrorError) -> None:
    """An error as a sentence and the next step, on standard error."""
    lines = [text for text in (error.message, error.hint) if text]
    print("\n".join(f"  {shown(text)}" for text in lines), file=sys.stderr, flush=True)


def unexpected(error: Exception) -> LessonMirrorError:
    """A failure nobody foresaw, in words."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFullError("The disk is full.", hint="Free some space and start again; what was finished is kept.")
    if isinstance(error, MemoryError):
        return LessonMirrorError("There was not enough memory.", hint="Close other programs, or use a smaller model.")
    text = f"Something unexpected happened ({type(error).__name__}: {error})."
    hint = "Nothing was lost. Run it again with `lessonmirror --debug ...` to see where, and please report it."
    return LessonMirrorError(text, hint=hint)


def is_terminal() -> bool:
    """Whether a person sits there who sees the output and can answer."""
    return sys.stdout.isatty() and sys.stdin.isatty()


@contextmanager
def stage_bars() -> Iterator[Report]:
    """A bar a stage with the time left; without a terminal, a line a finished stage."""
    if not sys.stdout.isatty():
        yield _line_report()
        return
    from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

    words, share = TextColumn("  {task.description:<26}"), TextColumn("{task.percentage:>3.0f} %")
    with Progress(words, BarColumn(30), share, TimeElapsedColumn(), TextColumn("{task.fields[left]}")) as progress:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: float, left_s: float | None) -> None:
            if stage not in tasks:
                tasks[stage] = progress.add_task(STAGE_WORDS.get(stage, stage), total=1.0, left="")
            left = f"{clock(left_s)} left" if left_s is not None and done < 1 else ""
            progress.update(tasks[stage], completed=done, left=left)

        yield report


def _line_report() -> Report:
    finished: set[str] = set()

    def report(stage: str, done: float, left_s: float | None) -> None:
        if done >= 1 and stage not in finished:
            finished.add(stage)
            say(f"  {STAGE_WORDS.get(stage, stage)}: done")

    return report


def print_numbers(lesson: Lesson) -> None:
    """The numbers a teacher asks for first."""
    say("")
    for text, value in _numbers(lesson):
        say(f"  {text:<44}{value}")
    for notice in lesson.notices:
        say(f"  Note: {shown(notice)}")


def print_advice(lesson: Lesson) -> None:
    """What went well, what to try next and what to think about."""
    from pipeline.analysis.feedback_rules import load_feedback

    for item in lesson.advice:
        named = f" ({load_feedback().strategy(item.strategy).name})" if item.strategy else ""
        say(f"  {ADVICE_WORDS[item.kind]}{named}: {shown(item.text)}")


def _numbers(lesson: Lesson) -> list[tuple[str, str]]:
    def written(name: str, form: str, times: float = 1.0) -> str:
        number = lesson.metric(name).value
        return "unknown" if number is None else form.format(times * number)

    def percent(name: str) -> str:
        return written(name, "{:.0f} %", 100)

    def seconds(name: str) -> str:
        return written(name, "{:.1f} s")

    length_s = lesson.recording.duration_s
    language, asked = lesson.language or "unknown", written("question_count", "{:.0f}")
    return [
        ("Length", f"{clock(length_s) if length_s else 'unknown'}  (language: {language})"),
        ("Teacher's share of the talk", percent("teacher_share")),
        ("Students' share of the talk", percent("student_share")),
        ("Teacher's questions", f"{asked}, of them open: {percent('open_question_share')}"),
        ("Wait after a question (median)", seconds("wait_time_1_median_s")),
        ("Wait after a student's turn (median)", seconds("wait_time_2_median_s")),
        ("Longest time the teacher spoke in one go", seconds("longest_monologue_s")),
    ]


def print_enrolled(voices: Sequence[VoiceprintRow], record: Sequence[AuditRow]) -> None:
    """Whose voices are enrolled, and what was done with such."""
    from pipeline.store.voiceprints import ENROLLED, REMOVED

    if not voices:
        say("No voice is enrolled.")
    for row in voices:
        say(f"  {shown(row.name)}: {row.speech_s:.0f} s, {row.created_at:%Y-%m-%d}; consent: {shown(row.consent)}")
    about_voices = [entry for entry in record if entry.action in (ENROLLED, REMOVED)]
    if about_voices:
        say("Record")
    for entry in about_voices:
        say(f"  {entry.at:%Y-%m-%d %H:%M} {entry.action}: {shown(entry.subject)} ({shown(entry.detail)})")


def print_batch(lines: Iterable[Line]) -> None:
    """What became of each file of a batch."""
    table = _table("Recording", "State", "Length", "Work", "Worth a look", "Reason")
    for line in lines:
        length = clock(line.length_s) if line.length_s is not None else ""
        work = f"{line.work_s:.0f} s" if line.work_s is not None else ""
        reason = f"{line.reason} {line.hint}".strip()
        table.add_row(shown(line.name), line.state, length, work, ", ".join(line.flags), shown(reason))
    _console().print(table)


def print_people(people: Sequence[PersonRow]) -> None:
    """Who has an account, and how far they are in."""
    table = _table("Log-in", "Name", "Roles", "State", "Last seen")
    for person in people:
        state = person.state if person.has_password or person.sign_on or person.state != "active" else "invited"
        seen = f"{person.seen_at.astimezone():%Y-%m-%d %H:%M}" if person.seen_at else "never"
        table.add_row(shown(person.login), shown(person.name), ", ".join(sorted(person.roles)), state, seen)
    if people:
        _console().print(table)
    else:
        say("Nobody has an account. Who sits at this machine sees everything in the library.")


def print_voices(lesson: Lesson | None, corrections: Sequence[CorrectionRow]) -> None:
    """Who speaks how long and when first, and what people corrected."""
    table = _table("Voice", "Role", "Talk", "First heard")
    voices: dict[str, list[Speech]] = {}
    for item in lesson.speech if lesson else ():
        voices.setdefault(item.speaker, []).append(item)
    for name, items in sorted(voices.items(), key=lambda voice: -summed_s(item.span for item in voice[1])):
        roles = " or ".join(sorted({item.role for item in items}))
        talk_s = summed_s(item.span for item in items)
        table.add_row(shown(name), roles, clock(talk_s), clock(items[0].span.start_s))
    _console().print(table)
    for row in corrections:
        say(f"Corrected: {_correction_words(row.correction)}")
    if lesson and lesson.corrections:
        made = lesson.corrections
        say(f"In {made.speaker_changed_s:.0f} of {made.speech_s:.0f} s of speech people named another speaker,")
        say(f"in {made.role_changed_s:.0f} s another role, than the program had.")


def _correction_words(item: Correction) -> str:
    when = f"{clock(item.span.start_s)} to {clock(item.span.end_s)}" if item.span else "the whole lesson"
    who = f"the voice first heard at {clock(item.voice[0].start_s)}, " if item.voice else ""
    becomes = ", ".join(word for word in (item.speaker, item.role) if word)
    return f"{who}{when}: {shown(becomes)}"


def _table(*titles: str) -> Any:
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in titles:
        table.add_column(title, overflow="fold")
    return table


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, markup=False)


def print_lessons(rows: Sequence[LessonRow]) -> None:
    """The library as a table."""
    if not rows:
        say("No lessons. Add one with: lessonmirror analyze FILE, or try: lessonmirror demo")
        return
    table = _table("Id", "Title", "Held on", "Length", "State")
    for row in rows:
        held_on = row.details.held_on.isoformat() if row.details.held_on else ""
        table.add_row(row.id, shown(row.details.title or row.name), held_on, clock(row.duration_s), row.state)
    _console().print(table)


def print_plan(row: LessonRow, plan: DeletionPlan) -> None:
    """What deleting would remove, and what it would leave."""
    from pipeline.deletion_words import plan_lines
    from pipeline.viewer.words import written_size

    say(f"{shown(row.details.title or row.name)} ({clock(row.duration_s)})")
    for line in plan_lines(plan):
        say(f"  {line}")
    say(f"  {written_size(plan.total_bytes)} in all. That it was deleted stays on record, without any content.")
    say("  Folders written by --out or export stay on the disk: remove them yourself where they have to go too.")


def print_models(models: Sequence[ModelInfo]) -> None:
    """All models as a table."""
    table = _table("Model", "For", "Licence", "State", "From")
    for model in models:
        table.add_row(model.name, model.kind, model.licence, model.state, model.source)
    _console().print(table)


def print_findings(findings: Sequence[Finding]) -> None:
    """What ``doctor`` found; each trouble with its remedy."""
    for finding in findings:
        mark = "!!" if finding.bad else "ok"
        say(f"{mark}  {finding.text}")
        if finding.bad and finding.remedy:
            say(f"    {finding.remedy}")
