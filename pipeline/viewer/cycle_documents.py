"""A coaching cycle as a document: one page before the talk, and the record of it all."""

from __future__ import annotations

from collections.abc import Iterator

from pipeline.report.documents import Document
from pipeline.timeline import clock
from pipeline.viewer.cycle_words import change_words, evidence_words, goal_words, side_name
from pipeline.viewer.lesson_list import title_of, written_day
from pipeline.workspace.access import Workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.cycle import QUESTIONS, Cycle, Cycles, Evidence

_Section = tuple[str, tuple[str, ...]]
_MOMENTS = 5  # as many as one looks at in a talk


def brief(workspace: Workspace, cycle: Cycle) -> Document:
    """One page before the talk: focus, what the lesson says about it, its moments, notes that are not settled."""
    found = Cycles(workspace).evidence(cycle, cycle.row.observed_id)
    sections = [*_plan(cycle)]
    if found:
        sections.append(("The lesson", _lesson(cycle, found)))
        sections += _moments(found)
        sections += _open_notes(workspace, found)
    return Document(f"Before the talk: {cycle.row.focus}", _about(cycle), tuple(sections))


def record(workspace: Workspace, cycle: Cycle) -> Document:
    """Everything that the visitor may read of the cycle."""
    cycles = Cycles(workspace)
    sections = [*_plan(cycle)]
    for head, lesson_id in (("The lesson", cycle.row.observed_id), ("The later lesson", cycle.row.later_id)):
        if found := cycles.evidence(cycle, lesson_id):
            sections.append((head, _lesson(cycle, found)))
    changed = cycles.change(cycle)
    if changed and cycle.goal:
        sections.append(("What changed", (change_words(changed, cycle.goal.metric),)))
    sections += _reflections(cycle)
    if cycle.steps:
        sections.append(("Next steps", tuple(_steps(cycle))))
    return Document(cycle.row.focus, _about(cycle), tuple(sections))


def _about(cycle: Cycle) -> str:
    both = f"{side_name(cycle, 'teacher')} with {side_name(cycle, 'coach')}. " if cycle.teacher or cycle.coach else ""
    return f"{both}Begun on {written_day(cycle.row.created_at)}. A prompt for a talk, not a verdict."


def _plan(cycle: Cycle) -> Iterator[_Section]:
    lines = [cycle.row.focus]
    if cycle.goal:
        lines.append(f"The goal: {goal_words(cycle.goal)}.")
    if cycle.row.outcome:
        lines.append(f"What students shall gain: {cycle.row.outcome}")
    if cycle.row.talk_on:
        lines.append(f"The talk: {written_day(cycle.row.talk_on)}")
    yield "The focus", tuple(lines)


def _lesson(cycle: Cycle, found: Evidence) -> tuple[str, ...]:
    name = f"{title_of(found.lesson)}, {written_day(found.lesson.details.held_on or found.lesson.added_at)}"
    return (name, evidence_words(found)) if cycle.goal else (name,)


def _moments(found: Evidence) -> Iterator[_Section]:
    moments = found.metric.moments[:_MOMENTS] if found.metric else ()
    lines = tuple(clock(moment.span.start_s) for moment in moments if moment.span)
    if lines:
        yield "Moments to look at together", lines


def _open_notes(workspace: Workspace, found: Evidence) -> Iterator[_Section]:
    notes = Conversation(workspace).notes(found.lesson.id)
    told = [note for note in notes if not (note.resolved_at or note.private or note.parent_id)]
    if told:
        yield "Notes that are not settled", tuple(f"{clock(note.at_s)} {note.author}: {note.text}" for note in told)


def _reflections(cycle: Cycle) -> Iterator[_Section]:
    for side, written in sorted(cycle.reflections.items(), reverse=True):
        lines = []
        for key, question in QUESTIONS[side]:
            if answer := written.answers.get(key):
                lines += [question, answer]
        if lines:
            yield f"What {side_name(cycle, side)} wrote", tuple(lines)


def _steps(cycle: Cycle) -> Iterator[str]:
    for step in cycle.steps:
        due = f", by {written_day(step.due_on)}" if step.due_on else ""
        done = " Done." if step.done_at else ""
        yield f"{step.text} ({side_name(cycle, step.side)}{due}).{done}"
