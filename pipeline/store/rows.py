"""The values that the library hands out. All are frozen copies; changing what is kept goes through the library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pipeline.lesson import Correction, LessonDetails, MediaInfo, StageRecord

LessonState = Literal["new", "waiting", "running", "done", "failed"]
JobKind = Literal["analyze", "proxy"]
PersonRole = Literal["teacher", "coach", "administrator"]
PersonState = Literal["active", "disabled"]
NoteKind = Literal["observation", "question", "praise", "suggestion"]
CycleSide = Literal["teacher", "coach"]
ItemState = Literal["waiting", "running", "done", "failed", "cancelled"]
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass(frozen=True, slots=True)
class LessonRow:
    """A lesson as lists show it.

    ``name`` is the file's name as people know it, ``media_name`` that of the original in the media folder ("" and
    ``size_bytes`` 0 where no media is kept). ``language`` and ``teacher_share`` come from the saved result.
    ``created`` is True only in the answer of the call that added the lesson. ``owner_id`` is the person whose lesson it
    is; None where no teacher is named.
    """

    id: str
    sha256: str
    name: str
    media_name: str
    duration_s: float
    size_bytes: int
    details: LessonDetails
    info: MediaInfo
    state: LessonState
    message: str
    hint: str
    added_at: datetime
    updated_at: datetime
    language: str | None
    teacher_share: float | None
    owner_id: str | None = None
    uploader_id: str | None = None
    created: bool = False


@dataclass(frozen=True, slots=True)
class StageOutput:
    """What a stage gave, as it was saved, and how it came to it."""

    record: StageRecord
    payload: bytes


@dataclass(frozen=True, slots=True)
class JobRow:
    """Background work on a lesson. ``updated_at`` of a running job is its last sign of life, ``worker`` who has it."""

    id: str
    lesson_id: str
    kind: JobKind
    state: JobState
    stage: str
    share_done: float
    eta_s: float | None
    attempts: int
    worker: str
    message: str
    hint: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class NoteRow:
    """What somebody wrote at a moment, or of a span where ``end_s`` is given. Times on the lesson's clock.

    A reply names the note above it (``parent_id``) and stands at its time. ``tags`` are elements of frameworks.
    """

    id: str
    lesson_id: str
    at_s: float
    end_s: float | None
    author: str
    text: str
    created_at: datetime
    updated_at: datetime
    author_id: str | None = None
    parent_id: str | None = None
    kind: NoteKind = "observation"
    tags: tuple[str, ...] = ()
    private: bool = False
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemRow:
    """A file of a batch: waiting, running (a worker has it), done or failed with the reason. ``updated_at`` of a running
    one is its worker's last sign of life."""

    number: int
    batch_id: str
    path: str
    details: str
    state: ItemState
    worker: str
    attempts: int
    of_lesson: str | None
    message: str
    hint: str
    updated_at: datetime
    began_at: datetime | None
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class CycleRow:
    """A coaching cycle: whose, with whom, on what, and the two lessons that it looks at."""

    id: str
    teacher_id: str | None
    coach_id: str | None
    focus: str
    goal: str
    outcome: str
    observed_id: str | None
    later_id: str | None
    talk_on: date | None
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class ReflectionRow:
    """What one side answers to the questions after the lesson; the other side reads it from ``shown_at`` on."""

    side: CycleSide
    answers: Mapping[str, str]
    updated_at: datetime
    shown_at: datetime | None


@dataclass(frozen=True, slots=True)
class StepRow:
    """A next step that was agreed: who takes it, by when, and whether it is done."""

    id: str
    side: CycleSide
    text: str
    due_on: date | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class FrameworkRow:
    """An observation framework of the school's own, as the TOML that was uploaded."""

    id: str
    text: str
    added_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CorrectionRow:
    """What somebody said about who speaks, and when."""

    id: str
    lesson_id: str
    author: str
    correction: Correction
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VoiceprintRow:
    """An enrolled voice: whose, by whose consent, from how many seconds, and 192 numbers of 32 bits (``vector``)."""

    id: str
    name: str
    consent: str
    model_sha256: str
    speech_s: float
    vector: bytes
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PersonRow:
    """Somebody with an account. Nothing secret is in it; ``login`` is what they type, ``name`` what others read."""

    id: str
    login: str
    name: str
    roles: frozenset[PersonRole]
    state: PersonState
    created_at: datetime
    seen_at: datetime | None
    has_password: bool
    sign_on: str | None


@dataclass(frozen=True, slots=True)
class ShareRow:
    """That a person may see a lesson that is not theirs; until the end of the day ``until`` where that is given."""

    id: str
    lesson_id: str
    person_id: str
    name: str
    granted_by: str
    until: date | None
    created_at: datetime
    ended_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccessRow:
    """That somebody looked at a lesson: who, what for, when."""

    lesson_id: str
    person_id: str
    name: str
    action: str
    at: datetime


@dataclass(frozen=True, slots=True)
class AuditRow:
    """That something was done with what is sensitive: when, what, about whom."""

    at: datetime
    action: str
    subject: str
    detail: str


@dataclass(frozen=True, slots=True)
class PlannedFile:
    """A file that deleting removes."""

    path: Path
    size_bytes: int


@dataclass(frozen=True, slots=True)
class DeletionPlan:
    """What deleting a lesson removes: files, and rows a table (name, count)."""

    lesson_id: str
    sha256: str
    files: tuple[PlannedFile, ...]
    rows: tuple[tuple[str, int], ...]

    @property
    def total_bytes(self) -> int:
        """Size of all files together."""
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """That a lesson was deleted, and when; nothing of its content. ``files_gone`` is False until its files went too."""

    lesson_id: str
    sha256: str
    deleted_at: datetime
    files_gone: bool
