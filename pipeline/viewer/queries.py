"""What pages read, as far as the visitor may see it. Nothing else on a page asks the library for anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.lesson import Lesson
from pipeline.store.rows import CorrectionRow, DeletionPlan, JobKind, JobRow, LessonRow, NoteRow, PersonRow
from pipeline.viewer import playable
from pipeline.viewer.playable import Media
from pipeline.viewer.state import library, shared, visitor, workspace
from pipeline.workspace.conversation import Conversation
from pipeline.workspace.frameworks import Evidence, Frameworks

if TYPE_CHECKING:
    import pandas as pd


def lessons(search: str, limit: int) -> tuple[LessonRow, ...]:
    """The newest lessons that fit the words."""
    return workspace().lessons(search=search, limit=limit)


def lesson(lesson_id: str) -> LessonRow:
    """The lesson of that id. Raises NotFoundError."""
    return workspace().lesson(lesson_id, "looked")


def result(row: LessonRow) -> Lesson | None:
    """What the analysis found; None before there is any."""
    return shared().results.of(row)


def teachers() -> tuple[PersonRow, ...]:
    """Everybody who may be named as a lesson's teacher."""
    return tuple(item for item in shared().people.everybody() if item.state == "active" and "teacher" in item.roles)


def job(lesson_id: str, kind: JobKind = "analyze") -> JobRow | None:
    """The last work of that kind on this lesson, as far as it is."""
    return next((item for item in library().jobs(lesson_id) if item.kind == kind), None)


def notes(lesson_id: str) -> list[dict[str, Any]]:
    """The lesson's notes by time, as the player takes them, each with its replies."""
    talk = Conversation(workspace())
    found, new = talk.notes(lesson_id), talk.unseen(lesson_id)
    entries = {note.id: note_entry(note, mine=talk.may_change(note), new=note.id in new) for note in found}
    for note in found:
        if note.parent_id in entries:
            entries[note.parent_id]["replies"].append(entries[note.id])
    return [entries[note.id] for note in found if note.parent_id is None]


def note_entry(note: NoteRow, *, mine: bool, new: bool) -> dict[str, Any]:
    """A note as the player takes it; ``seen`` lets a later change notice that somebody else was faster."""
    return {
        "id": note.id,
        "at_s": note.at_s,
        "end_s": note.end_s,
        "author": note.author,
        "text": note.text,
        "kind": note.kind,
        "tags": list(note.tags),
        "private": note.private,
        "resolved": note.resolved_at is not None,
        "seen": note.updated_at.isoformat(),
        "mine": mine,
        "new": new,
        "replies": [],
    }


def corrections(lesson_id: str) -> tuple[CorrectionRow, ...]:
    """What people said about who speaks, as far as it counts."""
    return library().corrections(workspace().lesson(lesson_id).id)


def frameworks() -> list[dict[str, Any]]:
    """What a note can be about, as the player takes it."""
    return [
        {
            "id": item.id,
            "name": item.name,
            "elements": [{"id": element.id, "name": element.name} for element in item.elements],
        }
        for item in Frameworks(library(), visitor()).everything()
    ]


def evidence(lesson_id: str) -> tuple[Evidence, ...]:
    """What notes say under each element of a framework."""
    return Frameworks(library(), visitor()).evidence(Conversation(workspace()).notes(lesson_id))


def media_of(row: LessonRow) -> Media:
    """What there is to play."""
    return playable.media_of(library().media, row)


def provenance(lesson: Lesson) -> pd.DataFrame:
    """How each stage came to its result."""
    import pandas as pd

    rows = [
        (item.stage, item.backend, f"{item.elapsed_s:.1f} s", item.model_sha256[:12], item.config_sha256[:12])
        for item in lesson.stages
    ]
    return pd.DataFrame(rows, columns=["Step", "Done by", "Took", "Model", "Settings"]).set_index("Step")


def deletion_plan(lesson_id: str) -> DeletionPlan:
    """What deleting the lesson removes."""
    return workspace().deletion_plan(lesson_id)
