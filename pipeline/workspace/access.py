"""Which lessons a visitor may see, what they may do with them, and the record of it.

    workspace = Workspace(library, visitor)
    row = workspace.lesson(lesson_id, "watched")     # NotFoundError for what is not theirs to see

A lesson that somebody may not see does not exist for them: the answer is the same as for one that was never there.
"""

from __future__ import annotations

from datetime import date
from typing import Literal

from sqlalchemy.engine import Connection

from pipeline.errors import AccessError, NotFoundError, UsageError
from pipeline.store import audit, lessons, people, sharing
from pipeline.store.library import Library
from pipeline.store.rows import AccessRow, DeletionPlan, LessonRow, PersonRow, ShareRow
from pipeline.workspace.visitor import Visitor

# What the record of accesses calls what somebody did.
AccessAction = Literal["looked", "watched", "exported", "uploaded", "shared", "wrote", "corrected"]


class Workspace:
    """One visitor's view of a library. Every call judges anew, so that a share that ended holds nobody in."""

    def __init__(self, library: Library, visitor: Visitor) -> None:
        self.library = library
        self.visitor = visitor

    # Seeing

    def lesson(self, lesson_id: str, action: AccessAction | None = None) -> LessonRow:
        """The lesson of exactly that id; ``action`` goes into its record. Raises NotFoundError."""
        row = self.library.database.read(self._seen, lesson_id)
        if action is not None and not self.visitor.is_alone:
            self._note(row.id, action)
        return row

    def lessons(self, *, search: str = "", limit: int | None = None, offset: int = 0) -> tuple[LessonRow, ...]:
        """What the visitor may see, newest first; each word of ``search`` is in title, name, teacher, class or subject."""
        if self.visitor.is_alone:
            return self.library.lessons(search=search, limit=limit, offset=offset)
        read = self.library.database.read
        return read(sharing.newest, self.visitor.id, search=search, limit=limit, offset=offset)

    def is_owner(self, row: LessonRow) -> bool:
        """Whether the visitor decides about the lesson: its teacher, or who brought it where no teacher is named."""
        return self.visitor.is_alone or self.visitor.id == (row.owner_id or row.uploader_id)

    def owned(self, lesson_id: str) -> LessonRow:
        """The lesson, for what only its owner may do. Raises AccessError for one who may only see it."""
        row = self.lesson(lesson_id)
        if not self.is_owner(row):
            raise AccessError("Only the teacher whose lesson it is may do that.", hint="Ask them.")
        return row

    def people_of(self, lesson_id: str) -> tuple[PersonRow, ...]:
        """Everybody who may see the lesson, its owner first; empty where there are no accounts."""
        row = self.lesson(lesson_id)
        return () if self.visitor.is_alone else self.library.database.read(sharing.people_of, row.id)

    def colleagues(self) -> tuple[PersonRow, ...]:
        """Everybody else with an active account, by name."""
        if self.visitor.is_alone:
            return ()
        found = self.library.database.read(people.everybody)
        return tuple(item for item in found if item.state == "active" and item.id != self.visitor.id)

    # Owning and sharing

    def claim(self, lesson_id: str, teacher_id: str | None) -> LessonRow:
        """Says who brought a new lesson (the visitor) and whose it is; who brings another's gets a share of it."""
        if self.visitor.is_alone:
            return self.library.find_lesson(lesson_id)
        return self.library.database.write(self._claim, lesson_id, teacher_id)

    def name_teacher(self, lesson_id: str, teacher_id: str) -> LessonRow:
        """Says whose a lesson is that belonged to nobody; who brought it keeps a share, which the teacher can end."""
        row = self._theirs(lesson_id)
        if row.owner_id is not None:
            raise AccessError("This lesson has its teacher already.", hint="Ask your administrator to assign it anew.")
        return self.library.database.write(self._name_teacher, row, teacher_id)

    def share(self, lesson_id: str, person_id: str, until: date | None = None) -> ShareRow:
        """Lets a colleague see the lesson, to the end of the day ``until``. The owner's to do."""
        row = self._theirs(lesson_id)
        if until is not None and until < date.today():
            raise UsageError("The last day of a share lies ahead.", hint="Choose a later day, or none.")
        if person_id == self.visitor.id:
            raise UsageError("The lesson is yours already.", hint="Choose somebody else.")
        return self.library.database.write(self._share, row, person_id, until)

    def end_share(self, lesson_id: str, share_id: str) -> ShareRow:
        """Takes a share back; the other one sees nothing more from the next click on. The owner's to do."""
        row = self._theirs(lesson_id)
        return self.library.database.write(self._end_share, row, share_id)

    def shares(self, lesson_id: str) -> tuple[ShareRow, ...]:
        """With whom the lesson is shared today."""
        row = self.lesson(lesson_id)
        return self.library.database.read(sharing.of_lesson, row.id)

    def accesses(self, lesson_id: str) -> tuple[AccessRow, ...]:
        """Who looked at the lesson, newest first. The owner's to read."""
        row = self._theirs(lesson_id)
        return self.library.database.read(sharing.accesses, row.id)

    # Ending

    def deletion_plan(self, lesson_id: str) -> DeletionPlan:
        """What deleting removes. The owner's to ask."""
        return self.library.deletion_plan(self.owned(lesson_id).id)

    def delete(self, lesson_id: str) -> DeletionPlan:
        """Removes the lesson for good. The owner's to do."""
        row = self.owned(lesson_id)
        if not self.visitor.is_alone:
            self.library.database.write(audit.record, "lesson deleted", row.id, f"by {self.visitor.id}")
        return self.library.delete_lesson(row.id)

    def _seen(self, connection: Connection, lesson_id: str) -> LessonRow:
        row = lessons.get(connection, lesson_id)
        if not self.visitor.is_alone and not sharing.may_see(connection, row, self.visitor.id):
            raise NotFoundError(f"There is no lesson {lesson_id[:80]!r}.", hint="The list of lessons shows their ids.")
        return row

    def _theirs(self, lesson_id: str) -> LessonRow:
        if self.visitor.is_alone:
            raise UsageError("Sharing needs accounts.", hint="`lessonmirror people add` makes the first one.")
        return self.owned(lesson_id)

    def _note(self, lesson_id: str, action: AccessAction) -> None:
        who = self.visitor
        # Players ask for a recording in many pieces; only the first one has something to write.
        if not self.library.database.read(sharing.is_noted, lesson_id, who.id, action):
            self.library.database.write(sharing.note_access, lesson_id, who.id, who.name, action)

    def _claim(self, connection: Connection, lesson_id: str, teacher_id: str | None) -> LessonRow:
        lessons.hold(connection, lesson_id)
        row = lessons.get(connection, lesson_id)
        if row.owner_id or row.uploader_id:
            raise AccessError("This recording is in the library already.", hint="Ask for it to be shared with you.")
        owner = people.get(connection, teacher_id).id if teacher_id else None
        if owner is None and self.visitor.has("teacher") and not self.visitor.has("coach"):
            owner = self.visitor.id
        self._settle(connection, lesson_id, owner)
        sharing.note_access(connection, lesson_id, self.visitor.id, self.visitor.name, "uploaded")
        return lessons.get(connection, lesson_id)

    def _name_teacher(self, connection: Connection, row: LessonRow, teacher_id: str) -> LessonRow:
        self._settle(connection, row.id, people.get(connection, teacher_id).id)
        audit.record(connection, "lesson assigned", row.id, f"to {teacher_id}, by {self.visitor.id}")
        return lessons.get(connection, row.id)

    def _settle(self, connection: Connection, lesson_id: str, owner_id: str | None) -> None:
        sharing.settle(connection, lesson_id, owner_id=owner_id, uploader_id=self.visitor.id)
        if owner_id not in (None, self.visitor.id):
            sharing.grant(connection, lesson_id, self.visitor.id, self.visitor.id, None)

    def _share(self, connection: Connection, row: LessonRow, person_id: str, until: date | None) -> ShareRow:
        given = sharing.grant(connection, row.id, person_id, self.visitor.id, until)
        sharing.note_access(connection, row.id, self.visitor.id, self.visitor.name, "shared")
        day = f"until {until}" if until else "without an end"
        audit.record(connection, "lesson shared", row.id, f"with {person_id} {day}, by {self.visitor.id}")
        return given

    def _end_share(self, connection: Connection, row: LessonRow, share_id: str) -> ShareRow:
        ended = sharing.end(connection, row.id, share_id)
        audit.record(connection, "share ended", row.id, f"with {ended.person_id}, by {self.visitor.id}")
        return ended
