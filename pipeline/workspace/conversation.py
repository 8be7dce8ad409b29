"""Notes on a lesson as a conversation between those who may see it.

    talk = Conversation(Workspace(library, visitor))
    note = talk.add(lesson_id, NoteDraft(63.0, "What did you expect here?", kind="question"))
    talk.add(lesson_id, NoteDraft(0, "That she would go on.", parent_id=note.id))

A private note is its author's alone. Its author changes a note; its author and the lesson's owner settle it. What nobody in
particular wrote, before there were accounts, may be changed by the lesson's owner.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.engine import Connection

from pipeline.errors import AccessError, NotFoundError
from pipeline.store import lessons, notes, sharing
from pipeline.store.notes import NoteDraft
from pipeline.store.rows import LessonRow, NoteRow
from pipeline.workspace.access import Workspace

_MOST_NEWS = 100


@dataclass(frozen=True, slots=True)
class News:
    """A note that the visitor has not seen, and the lesson it is on."""

    note: NoteRow
    lesson: LessonRow


class Conversation:
    """What one visitor reads and writes. Each call judges anew."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._visitor = workspace.visitor
        self._read, self._write = workspace.library.database.read, workspace.library.database.write

    # Reading

    def notes(self, lesson_id: str) -> tuple[NoteRow, ...]:
        """What the visitor may read on the lesson, by time; replies are among them. Raises NotFoundError."""
        row = self._workspace.lesson(lesson_id)
        return tuple(note for note in self._read(notes.of_lesson, row.id) if self._may_read(note))

    def unseen(self, lesson_id: str) -> frozenset[str]:
        """The ids of notes that are new to the visitor."""
        if self._visitor.is_alone:
            return frozenset()
        return self._read(notes.unseen_in, self._workspace.lesson(lesson_id).id, self._visitor.id)

    def see(self, lesson_id: str) -> None:
        """Says that the visitor has looked at the notes of the lesson."""
        row = self._workspace.lesson(lesson_id)
        if not self._visitor.is_alone:
            self._write(notes.see, row.id, self._visitor.id)

    def news(self) -> tuple[News, ...]:
        """What is new to the visitor, on all lessons they may see, newest first."""
        return () if self._visitor.is_alone else self._read(self._news)

    def count_news(self) -> int:
        """How much is new."""
        return 0 if self._visitor.is_alone else self._read(self._count_news)

    def may_change(self, note: NoteRow) -> bool:
        """Whether the visitor may change or delete the note."""
        if self._visitor.is_alone or note.author_id == self._visitor.id:
            return True
        return note.author_id is None and self._workspace.is_owner(self._workspace.lesson(note.lesson_id))

    # Writing

    def add(self, lesson_id: str, draft: NoteDraft) -> NoteRow:
        """A new note or reply. Raises NotFoundError, UsageError for what makes no sense."""
        row = self._workspace.lesson(lesson_id, "wrote")
        if draft.parent_id is not None:
            self._readable(row.id, draft.parent_id)
        return self._write(notes.add, row.id, draft, self._visitor.name, self._visitor.id or None)

    def edit(self, lesson_id: str, note_id: str, text: str, *, seen_at: datetime | None = None) -> NoteRow:
        """Other words. Raises StoreError where the note was changed after ``seen_at``, AccessError for another's note."""
        self._own(lesson_id, note_id)
        return self._write(notes.edit, note_id, text, seen_at)

    def resolve(self, lesson_id: str, note_id: str, *, resolved: bool) -> NoteRow:
        """Says that the matter is settled, or open again: its author's and the lesson's owner's to say."""
        note = self._readable(lesson_id, note_id)
        if not self.may_change(note) and not self._workspace.is_owner(self._workspace.lesson(lesson_id)):
            raise AccessError("Who wrote this note settles it, or whose lesson it is.", hint="Reply to it instead.")
        return self._write(notes.resolve, note.id, resolved=resolved)

    def delete(self, lesson_id: str, note_id: str) -> None:
        """Hides the note; :meth:`restore` brings it back."""
        self._own(lesson_id, note_id)
        self._write(notes.delete, note_id)

    def restore(self, lesson_id: str, note_id: str) -> NoteRow:
        """Brings back a note that the visitor may change."""
        note = self._read(notes.deleted, note_id)
        if note.lesson_id != self._workspace.lesson(lesson_id).id or not self.may_change(note):
            raise _gone()
        return self._write(notes.restore, note_id)

    def _own(self, lesson_id: str, note_id: str) -> NoteRow:
        note = self._readable(lesson_id, note_id)
        if not self.may_change(note):
            raise AccessError("Only who wrote a note may change it.", hint="Reply to it instead.")
        return note

    def _readable(self, lesson_id: str, note_id: str) -> NoteRow:
        row = self._workspace.lesson(lesson_id)
        note = self._read(notes.get, note_id)
        if note.lesson_id != row.id or not self._may_read(note):
            raise _gone()
        return note

    def _may_read(self, note: NoteRow) -> bool:
        return not note.private or self._visitor.is_alone or note.author_id == self._visitor.id

    def _news(self, connection: Connection) -> tuple[News, ...]:
        where = sharing.visible_notes(connection, self._visitor.id)
        found = notes.news_for(connection, self._visitor.id, where, limit=_MOST_NEWS)
        return tuple(News(note, lessons.get(connection, note.lesson_id)) for note in found)

    def _count_news(self, connection: Connection) -> int:
        where = sharing.visible_notes(connection, self._visitor.id)
        return notes.count_news(connection, self._visitor.id, where)


def _gone() -> NotFoundError:
    return NotFoundError("This note is not there any more.", hint="Reload the page.")
