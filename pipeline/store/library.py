"""The one door to what is kept: lessons, results, jobs and notes in the database, media in the folder.

    with Library.open(config.library) as library:
        taken = library.media.take_in(path)
        row = library.add_lesson(Recording(taken.sha256, path.name, 61.5, str(taken.path)), info, LessonDetails())

Every call is one transaction, safe from several threads and processes, and raises StoreError (DiskFullError,
NotFoundError) with the next step. Times are UTC; ids are short and safe in URLs and on the command line.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from pipeline.config import LibraryConfig
from pipeline.errors import StoreError
from pipeline.lesson import Correction, Lesson, LessonDetails, MediaInfo, Recording, StageRecord
from pipeline.resources import library_folder
from pipeline.store import audit, corrections, deletion, jobs, lessons, notes, results, voiceprints
from pipeline.store.database import Database, make_sqlite_file, open_url
from pipeline.store.database_errors import masked
from pipeline.store.files import make_private_folder
from pipeline.store.jobs import KINDS
from pipeline.store.media import MediaStore
from pipeline.store.migration import migrate
from pipeline.store.rows import (
    AuditRow,
    CorrectionRow,
    DeletionPlan,
    JobKind,
    JobRow,
    LessonRow,
    LessonState,
    NoteRow,
    StageOutput,
    Tombstone,
    VoiceprintRow,
)

_LOG = logging.getLogger(__name__)


class Library:
    """A folder and a database. ``database_url`` is for showing: it holds no password.

    ``database`` is for :mod:`pipeline.workspace`, which keeps what people do with lessons in tables of its own.
    """

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.media = MediaStore(folder)
        self.database_url = masked(database.url)
        self.database = database

    @classmethod
    def open(cls, config: LibraryConfig) -> Library:
        """The library of these settings, made or migrated where needed, rid of what crashes left behind.

        A new folder is closed to other accounts. Raises StoreError where folder or database cannot be used,
        DiskFullError where no room is left.
        """
        try:
            folder = library_folder(config.folder)
        except (ValueError, RuntimeError) as error:  # a NUL character, or the home of an unknown account
            message = f"{config.folder!r} cannot be the name of a folder."
            raise StoreError(message, hint="Mend [library] folder.") from error
        url = open_url(folder, config.database_url)
        make_private_folder(folder)
        if url.drivername == "sqlite":
            make_sqlite_file(url)
        library = cls(folder, Database(url))
        try:
            library.media.prepare()
            migrate(library.database)
            library._clean_up()
        except BaseException:
            library.close()
            raise
        return library

    def close(self) -> None:
        """Closes all connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    # Lessons

    def add_lesson(self, recording: Recording, info: MediaInfo, details: LessonDetails) -> LessonRow:
        """The new lesson of a recording (``created`` is True), or the one that its content already has, unchanged.

        Where ``recording.media_path`` names a file it has to exist: NotFoundError where it was deleted meanwhile.
        """
        return self.database.write(lessons.add, recording, info, details)

    def find_lesson(self, text: str) -> LessonRow:
        """The lesson by id, by the beginning of its id, or by at least 8 digits of its recording's hash.

        Raises NotFoundError where there is none, StoreError where several fit.
        """
        return self.database.read(lessons.find, text)

    def lesson_by_sha256(self, sha256: str) -> LessonRow | None:
        """The lesson of a recording's content."""
        return self.database.read(lessons.by_sha256, sha256)

    def lessons(self, *, search: str = "", limit: int | None = None, offset: int = 0) -> tuple[LessonRow, ...]:
        """Lessons, newest first; each word of ``search`` is in title, name, teacher, class or subject, in any case."""
        return self.database.read(lessons.newest, search=search, limit=limit, offset=offset)

    def set_details(self, lesson_id: str, details: LessonDetails) -> None:
        """Replaces what people say about the lesson."""
        self.database.write(lessons.set_details, lesson_id, details)

    def set_state(self, lesson_id: str, state: LessonState, *, message: str = "", hint: str = "") -> None:
        """Says how far the lesson is. Jobs and :meth:`save_result` do so by themselves."""
        self.database.write(lessons.set_state, lesson_id, state, message, hint)

    def save_result(self, lesson_id: str, lesson: Lesson) -> None:
        """Replaces the lesson's result and metrics in one go, and calls it done. NotFoundError for a deleted lesson."""
        self.database.write(results.save, lesson_id, lesson, results.pack_lesson(lesson))

    def load_result(self, lesson_id: str) -> Lesson | None:
        """The last saved result, with the paths of its media as they are here; None before the first."""
        payload = self.database.read(results.load, lesson_id)
        if payload is None:
            return None
        lesson = results.unpack_lesson(payload)
        sha256 = lesson.recording.sha256
        original, audio = self.media.original(sha256), self.media.audio(sha256)
        audio_path = str(audio) if audio.is_file() else ""
        return replace(
            lesson, recording=replace(lesson.recording, media_path=str(original or ""), audio_path=audio_path)
        )

    # Outputs of stages

    def stage_output(self, sha256: str, stage: str, key: str) -> StageOutput | None:
        """What the stage gave for the same inputs (``key``) before; None where it has to run."""
        return results.unpack_stage_output(self.database.read(results.stage_output, sha256, stage, key))

    def earlier_metrics(self, lesson_id: str, *, limit: int = 10) -> tuple[dict[str, float], ...]:
        """The numbers of the same teacher's lessons before this one, by name, oldest first."""
        return self.database.read(results.earlier_metrics, lesson_id, limit)

    def latest_stage_output(self, lesson_id: str, stage: str) -> StageOutput | None:
        """What the stage gave last for this lesson; None before it ever ran."""
        return results.unpack_stage_output(self.database.read(results.latest_stage_output, lesson_id, stage))

    def save_stage_output(self, sha256: str, stage: str, key: str, record: StageRecord, payload: bytes) -> None:
        """Keeps what a stage gave. The lesson has to be in the library; NotFoundError once it was deleted."""
        self.database.write(results.save_stage_output, sha256, stage, key, record, zlib.compress(payload))

    def stage_records(self, sha256: str) -> tuple[StageRecord, ...]:
        """How each kept output came to be, in the order of saving."""
        return self.database.read(results.stage_records, sha256)

    # Jobs

    def enqueue(self, lesson_id: str, kind: JobKind) -> JobRow:
        """A job that waits, or the one of that kind that waits or runs already."""
        return self.database.write(jobs.enqueue, lesson_id, kind)

    def claim_job(
        self, worker: str, *, lesson_id: str | None = None, kinds: Collection[JobKind] = KINDS
    ) -> JobRow | None:
        """The oldest job that waits, or whose worker was silent for a minute; None where there is none.

        ``worker`` names one process or thread. A job that brought down three workers fails with that reason instead.
        """
        return self.database.write(jobs.claim, worker, lesson_id=lesson_id, kinds=kinds)

    def release_jobs(self, worker: str, *, blameless: bool) -> None:
        """Lets the jobs of a worker that is known to be gone wait again at once; its own end costs no attempt."""
        self.database.write(jobs.release, worker, blameless=blameless)

    def report_job(
        self, job_id: str, stage: str, share: float, eta_s: float | None = None, *, worker: str | None = None
    ) -> None:
        """Progress and sign of life; call it about once a second. Raises Cancelled where the work is to stop.

        That is so when the job was cancelled, its lesson deleted, or, where ``worker`` is given, another worker has it.
        """
        self.database.write(jobs.report, job_id, worker, stage, share, eta_s)

    def finish_job(self, job_id: str, *, worker: str | None = None) -> None:
        """Calls a running job done; one that was cancelled or deleted meanwhile stays so."""
        self.database.write(jobs.finish, job_id, worker)

    def fail_job(self, job_id: str, message: str, hint: str = "", *, worker: str | None = None) -> None:
        """Calls a running job failed; one that was cancelled or deleted meanwhile stays so."""
        self.database.write(jobs.fail, job_id, worker, message, hint)

    def cancel_job(self, job_id: str) -> JobRow:
        """Stops a job that waits or runs; its worker hears of it at its next report."""
        return self.database.write(jobs.cancel, job_id)

    def retry_job(self, job_id: str) -> JobRow:
        """Lets a failed or cancelled job wait once more."""
        return self.database.write(jobs.retry, job_id)

    def jobs(self, lesson_id: str | None = None) -> tuple[JobRow, ...]:
        """Jobs of one lesson or of all, newest first."""
        return self.database.read(jobs.newest, lesson_id)

    # Notes

    def add_note(self, lesson_id: str, at_s: float, text: str, author: str = "", end_s: float | None = None) -> NoteRow:
        """A note at a moment, or on a span up to ``end_s``. UsageError for no text, or times that make no sense."""
        return self.database.write(notes.add, lesson_id, notes.NoteDraft(at_s, text, end_s), author)

    def edit_note(self, note_id: str, text: str, *, seen_at: datetime | None = None) -> NoteRow:
        """The note with another text; with ``seen_at`` (its ``updated_at``) only if nobody changed it since."""
        return self.database.write(notes.edit, note_id, text, seen_at)

    def delete_note(self, note_id: str) -> None:
        """Hides the note until :meth:`restore_note`; it goes for good with its lesson."""
        self.database.write(notes.delete, note_id)

    def restore_note(self, note_id: str) -> NoteRow:
        """Brings a deleted note back."""
        return self.database.write(notes.restore, note_id)

    def notes(self, lesson_id: str) -> tuple[NoteRow, ...]:
        """The lesson's notes by time."""
        return self.database.read(notes.of_lesson, lesson_id)

    # Corrections

    def add_correction(self, lesson_id: str, correction: Correction, author: str = "") -> CorrectionRow:
        """Keeps what somebody says about who speaks; :mod:`pipeline.corrections` makes the numbers follow."""
        return self.database.write(corrections.add, lesson_id, correction, author)

    def undo_correction(self, lesson_id: str, correction_id: str | None = None) -> CorrectionRow:
        """Takes back a correction, or the latest; NotFoundError where there is none."""
        return self.database.write(corrections.undo, lesson_id, correction_id)

    def corrections(self, lesson_id: str) -> tuple[CorrectionRow, ...]:
        """The corrections that count, in the order in which they were made."""
        return self.database.read(corrections.of_lesson, lesson_id)

    # Enrolled voices

    def put_voiceprint(
        self, name: str, vector: bytes, *, speech_s: float, model_sha256: str, consent: str
    ) -> VoiceprintRow:
        """Keeps a person's voice, instead of an earlier one of the same name; the audit record says so."""
        return self.database.write(voiceprints.put, name, vector, speech_s, model_sha256, consent)

    def remove_voiceprint(self, name: str) -> VoiceprintRow:
        """Removes a person's voice for good; the audit record says so. NotFoundError where there is none."""
        return self.database.write(voiceprints.remove, name)

    def voiceprint(self, name: str) -> VoiceprintRow | None:
        """The enrolled voice of a person, None without."""
        return self.database.read(voiceprints.of_person, name)

    def voiceprints(self) -> tuple[VoiceprintRow, ...]:
        """All enrolled voices, oldest first."""
        return self.database.read(voiceprints.everybody)

    def audit_record(self) -> tuple[AuditRow, ...]:
        """What was done with voices, accounts and sharing, oldest first."""
        return self.database.read(audit.everything)

    # Deleting

    def deletion_plan(self, lesson_id: str) -> DeletionPlan:
        """What :meth:`delete_lesson` will remove."""
        plan = self.database.read(deletion.plan_rows, lesson_id)
        return replace(plan, files=self.media.files_of(plan.sha256, lesson_id))

    def delete_lesson(self, lesson_id: str) -> DeletionPlan:
        """Removes the lesson: rows, media, uploads. Its jobs stop. A tombstone without content stays.

        Raises StoreError where a file resists; the rows are gone then, and the next :meth:`sweep` tries the file again.
        """
        plan = self.deletion_plan(lesson_id)
        self.database.write(deletion.remove_rows, lesson_id)
        self.sweep()
        return plan

    def tombstones(self) -> tuple[Tombstone, ...]:
        """All deletions, oldest first."""
        return self.database.read(deletion.tombstones)

    def sweep(self) -> None:
        """Finishes what an interrupted process has begun: files of deleted lessons, half-copied recordings."""
        pending = [stone for stone in self.tombstones() if not stone.files_gone]
        graves = []
        for stone in pending:
            self.media.remove_uploads(stone.sha256, stone.lesson_id)
            graves.append(self.database.write(deletion.bury_files, self.media, stone))
        self.media.sweep()
        if pending:
            self.database.wipe()
        for grave in graves:
            if grave and grave.exists():
                raise StoreError(f"Some files in {grave} cannot be removed.", hint="Remove that folder by hand.")

    def _clean_up(self) -> None:
        try:
            self.sweep()
        except StoreError as error:  # a file that resists today must not keep people from their lessons
            _LOG.warning("Some files of a deleted lesson could not be removed: %s", error)
