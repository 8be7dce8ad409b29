"""What pages do. Every change goes through here, and asks the workspace whether the visitor may make it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pipeline import corrections
from pipeline.errors import LessonMirrorError, UsageError
from pipeline.intake import sample_path, take_in
from pipeline.lesson import LessonDetails, Role
from pipeline.store.notes import NoteDraft
from pipeline.store.rows import LessonRow
from pipeline.viewer.state import library, shared, workspace
from pipeline.workspace.conversation import Conversation


def add_sample() -> LessonRow:
    """Takes the sample lesson in and lines it up. Raises LessonMirrorError."""
    row = take_in(library(), sample_path(), shared().config)
    if row.created:
        row = workspace().claim(row.id, None)
    row = workspace().lesson(row.id)
    library().enqueue(row.id, "analyze")
    return row


def try_again(lesson_id: str) -> None:
    """Lines a failed lesson up once more."""
    library().enqueue(workspace().lesson(lesson_id).id, "analyze")


def set_details(lesson_id: str, details: LessonDetails) -> None:
    """Replaces what people say about the lesson."""
    row = workspace().owned(lesson_id)
    library().set_details(row.id, details)
    if not workspace().visitor.is_alone and row.owner_id is None:
        teacher = shared().people.named(details.teacher)
        if teacher is not None:
            workspace().name_teacher(row.id, teacher.id)


def delete_lesson(lesson_id: str) -> None:
    """Removes the lesson with all that belongs to it."""
    workspace().delete(lesson_id)
    shared().results.forget(lesson_id)


def correct_voice(lesson_id: str, voice: str, *, speaker: str | None, role: Role | None) -> None:
    """Says who the voice is; the numbers follow, without running a model again."""
    here = workspace()
    row = here.lesson(lesson_id, "corrected")
    corrections.correct(library(), row.id, voice=voice, speaker=speaker, role=role, author=here.visitor.name)


def undo_correction(lesson_id: str, correction_id: str) -> None:
    """Takes a correction back."""
    corrections.undo(library(), workspace().lesson(lesson_id, "corrected").id, correction_id)


def change_note(lesson_id: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """Carries out what the notes beside the player ask for, and answers with the request's token.

    ``problem`` is a sentence where it was not possible, ``deleted_note`` the note that can be brought back.
    """
    answer: dict[str, Any] = {"token": request.get("token")}
    try:
        _change_note(lesson_id, request)
    except LessonMirrorError as error:
        answer["problem"] = str(error)
    else:
        answer["deleted_note"] = request["id"] if request.get("action") == "delete" else None
    return answer


_NOT_POSSIBLE = UsageError("This note could not be changed.", hint="Reload the page and try again.")


def _change_note(lesson_id: str, request: Mapping[str, Any]) -> None:
    talk = Conversation(workspace())
    match request:
        case {"action": "add", "at_s": float() | int() as at_s, "text": str() as text}:
            talk.add(lesson_id, NoteDraft(float(at_s), text, **_described(request)))
        case {"action": "reply", "id": str() as note_id, "text": str() as text}:
            talk.add(lesson_id, NoteDraft(0.0, text, parent_id=note_id))
        case {"action": "edit", "id": str() as note_id, "text": str() as text, "seen": str() as seen}:
            talk.edit(lesson_id, note_id, text, seen_at=datetime.fromisoformat(seen))
        case {"action": "resolve", "id": str() as note_id, "resolved": bool() as resolved}:
            talk.resolve(lesson_id, note_id, resolved=resolved)
        case {"action": "delete", "id": str() as note_id}:
            talk.delete(lesson_id, note_id)
        case {"action": "restore", "id": str() as note_id}:
            talk.restore(lesson_id, note_id)
        case {"action": "see"}:
            talk.see(lesson_id)
        case _:
            raise _NOT_POSSIBLE


def _described(request: Mapping[str, Any]) -> dict[str, Any]:
    """Kind, tags, privacy and end of a note, as the page sends them; the store judges whether they make sense."""
    match request.get("end_s"), request.get("kind"), request.get("tags"), request.get("private"):
        case (float() | int() | None) as end_s, (str() | None) as kind, (list() | None) as tags, (
            bool() | None
        ) as private:
            words = tuple(str(tag) for tag in tags or ())
            end = None if end_s is None else float(end_s)
            return {"end_s": end, "kind": kind or "observation", "tags": words, "private": bool(private)}
    raise _NOT_POSSIBLE
