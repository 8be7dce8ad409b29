"""The tables. :mod:`pipeline.store.migrations` brings a database to this shape; a test keeps the two alike.

Every table of a lesson's content has a column ``lesson_id`` and goes with the lesson (``ON DELETE CASCADE``): deleting
and its preview then know a new table without being told. ``number`` orders rows as they came, whatever the clock does.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    false,
    text,
)

from pipeline.store.columns import CleanText, UtcTime

HEAD = "0008"  # the newest migration
VERSION_TABLE = "lessonmirror_version"

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _number() -> Column[int]:
    return Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True)


def _of_lesson(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("lesson.id", ondelete="CASCADE")
    return Column("lesson_id", CleanText, key, primary_key=primary_key, nullable=False)


def _text(name: str) -> Column[str]:
    return Column(name, CleanText, nullable=False)


lesson = Table(
    "lesson",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    Column("sha256", CleanText, nullable=False, unique=True),
    _text("name"),
    _text("media_name"),
    Column("duration_s", Float, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    _text("teacher"),
    _text("class_name"),
    _text("subject"),
    _text("title"),
    Column("held_on", Date),
    _text("lawful_basis"),
    Column("keep_until", Date),
    Column("goal", CleanText, nullable=False, server_default=""),
    _text("search_text"),  # title, name, teacher, class and subject, folded for searching
    _text("info"),  # MediaInfo as JSON
    _text("state"),
    _text("message"),
    _text("hint"),
    Column("added_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("language", CleanText),
    Column("teacher_share", Float),
    Column("owner_id", CleanText),  # the teacher whose lesson it is; nobody where none was named
    Column("uploader_id", CleanText),
    Index("ix_lesson_owner_id", "owner_id"),
)

lesson_result = Table(
    "lesson_result",
    metadata,
    _of_lesson(primary_key=True),
    Column("payload", LargeBinary, nullable=False),  # lesson.json, deflated
    Column("saved_at", UtcTime, nullable=False),
)

metric = Table(
    "metric",
    metadata,
    _of_lesson(primary_key=True),
    Column("name", CleanText, primary_key=True),
    Column("value", Float),
    _text("unit"),
    Column("low", Float),
    Column("high", Float),
    Column("numerator", Float),
    Column("denominator", Float),
    _text("method"),
)

stage_output = Table(
    "stage_output",
    metadata,
    _number(),
    _of_lesson(),
    _text("stage"),
    _text("key"),
    _text("backend"),
    _text("model_sha256"),
    _text("config_sha256"),
    Column("elapsed_s", Float, nullable=False),
    Column("finished_at", UtcTime),
    Column("payload", LargeBinary, nullable=False),  # deflated
    UniqueConstraint("lesson_id", "stage", "key"),
)

job = Table(
    "job",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _of_lesson(),
    _text("kind"),
    _text("state"),
    _text("stage"),
    Column("share_done", Float, nullable=False),
    Column("eta_s", Float),
    Column("attempts", Integer, nullable=False),
    _text("worker"),
    _text("message"),
    _text("hint"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Index("ix_job_lesson_id", "lesson_id"),
    Index("ix_job_state_number", "state", "number"),
)
_ACTIVE = text("state IN ('waiting', 'running')")
Index("uq_job_active", job.c.lesson_id, job.c.kind, unique=True, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE)

note = Table(
    "note",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _of_lesson(),
    Column("at_s", Float, nullable=False),
    Column("end_s", Float),
    _text("author"),
    _text("text"),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("deleted_at", UtcTime),
    Column("author_id", CleanText),  # nobody's where there were no accounts
    Column("parent_id", CleanText),  # the note that this one replies to
    Column("kind", CleanText, nullable=False, server_default="observation"),
    Column("tags", CleanText, nullable=False, server_default=""),  # elements of frameworks, separated by spaces
    Column("private", Boolean, nullable=False, server_default=false()),
    Column("resolved_at", UtcTime),
    Index("ix_note_lesson_id_at_s", "lesson_id", "at_s"),
)

correction = Table(
    "correction",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _of_lesson(),
    _text("author"),
    _text("payload"),  # Correction as JSON
    Column("created_at", UtcTime, nullable=False),
    Column("undone_at", UtcTime),
    Index("ix_correction_lesson_id", "lesson_id"),
)

# A voice that somebody enrolled: biometric data, so it hangs on no lesson, is in no export, and goes by one command.
voiceprint = Table(
    "voiceprint",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    Column("person", CleanText, nullable=False, unique=True),  # folded for comparing
    _text("name"),
    _text("consent"),
    _text("model_sha256"),
    Column("speech_s", Float, nullable=False),
    Column("vector", LargeBinary, nullable=False),  # 192 numbers of 32 bits, little-endian
    Column("created_at", UtcTime, nullable=False),
)

person = Table(
    "person",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    Column("login", CleanText, nullable=False, unique=True),  # folded for comparing
    _text("name"),
    _text("roles"),  # separated by spaces
    _text("state"),
    _text("password_hash"),  # argon2id; "" where none is set
    _text("code_hash"),  # of the one-time code by which a password is set; "" where none is out
    Column("code_until", UtcTime),
    Column("failures", Integer, nullable=False),
    Column("locked_until", UtcTime),
    Column("sign_on", CleanText, unique=True),  # issuer and subject at the school's provider
    _text("notice"),  # what the person is told at the next log-in
    Column("created_at", UtcTime, nullable=False),
    Column("seen_at", UtcTime),
)


def _of_person(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("person.id", ondelete="CASCADE")
    return Column("person_id", CleanText, key, primary_key=primary_key, nullable=False)


session = Table(
    "session",
    metadata,
    Column("token_sha256", CleanText, primary_key=True),
    _of_person(),
    Column("created_at", UtcTime, nullable=False),
    Column("used_at", UtcTime, nullable=False),
)

share = Table(
    "share",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _of_lesson(),
    _of_person(),
    _text("granted_by"),
    Column("until", Date),  # the last day
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Index("ix_share_lesson_id", "lesson_id"),
    Index("ix_share_person_id", "person_id"),
)

# Who looked at a lesson, and what for. It goes with the lesson, so it can be read by its owner for as long.
access = Table(
    "access",
    metadata,
    _number(),
    _of_lesson(),
    _text("person_id"),
    _text("name"),  # as it was then; people may be erased
    _text("action"),
    Column("at", UtcTime, nullable=False),
    Index("ix_access_lesson_id", "lesson_id"),
)

note_seen = Table(
    "note_seen",
    metadata,
    Column("note_id", CleanText, ForeignKey("note.id", ondelete="CASCADE"), primary_key=True),
    _of_person(primary_key=True),
    _of_lesson(),
)

framework = Table(
    "framework",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _text("text"),  # the TOML as it was uploaded
    _text("added_by"),
    Column("created_at", UtcTime, nullable=False),
)

# A coaching cycle is its teacher's, and goes with the account. The lessons are named, not held: they may be deleted meanwhile.
cycle = Table(
    "cycle",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    Column("teacher_id", CleanText, ForeignKey("person.id", ondelete="CASCADE")),
    Column("coach_id", CleanText, ForeignKey("person.id", ondelete="SET NULL")),
    _text("focus"),
    _text("goal"),  # as pipeline.analysis.goals reads it; "" without
    _text("outcome"),  # what students shall be able to do, and how one would see it
    Column("observed_id", CleanText),
    Column("later_id", CleanText),
    Column("talk_on", Date),
    Column("created_at", UtcTime, nullable=False),
    Column("updated_at", UtcTime, nullable=False),
    Column("closed_at", UtcTime),
)


def _of_cycle(*, primary_key: bool = False) -> Column[str]:
    key = ForeignKey("cycle.id", ondelete="CASCADE")
    return Column("cycle_id", CleanText, key, primary_key=primary_key, nullable=False)


reflection = Table(
    "reflection",
    metadata,
    _of_cycle(primary_key=True),
    Column("side", CleanText, primary_key=True),  # teacher or coach
    _text("answers"),  # JSON: question to answer
    Column("updated_at", UtcTime, nullable=False),
    Column("shown_at", UtcTime),  # since when the other one may read it
)

next_step = Table(
    "next_step",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _of_cycle(),
    _text("side"),
    _text("text"),
    Column("due_on", Date),
    Column("done_at", UtcTime),
)

batch = Table(
    "batch",
    metadata,
    _number(),
    Column("id", CleanText, nullable=False, unique=True),
    _text("state"),
    Column("created_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
)

# A file on its way through a batch. It names its lesson and does not hang on it: what failed has none.
batch_item = Table(
    "batch_item",
    metadata,
    _number(),
    Column("batch_id", CleanText, ForeignKey("batch.id", ondelete="CASCADE"), nullable=False),
    _text("path"),
    _text("details"),  # LessonDetails as JSON; "" where a sidecar may speak
    _text("state"),
    _text("worker"),
    Column("attempts", Integer, nullable=False),
    Column("of_lesson", CleanText),
    _text("message"),
    _text("hint"),
    Column("updated_at", UtcTime, nullable=False),
    Column("began_at", UtcTime),
    Column("ended_at", UtcTime),
    UniqueConstraint("batch_id", "path"),
    Index("ix_batch_item_batch_id_state", "batch_id", "state"),
)

audit = Table(
    "audit",
    metadata,
    _number(),
    Column("at", UtcTime, nullable=False),
    _text("action"),
    _text("subject"),
    _text("detail"),
)

tombstone = Table(
    "tombstone",
    metadata,
    Column("lesson_id", CleanText, primary_key=True),
    Column("sha256", CleanText, nullable=False),
    Column("deleted_at", UtcTime, nullable=False),
    Column("files_gone_at", UtcTime),
)
