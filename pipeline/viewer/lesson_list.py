"""A lesson as the list shows it: a title, one line about it, and how far it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.store.rows import JobRow, LessonRow, LessonState
from pipeline.viewer.words import written_duration

# What the button says that lines a lesson up for its analysis.
ACTIONS: Mapping[LessonState, str] = {"new": "Analyse it", "failed": "Try again"}
_BUSY = ("waiting", "running")
_LEAST_LEFT = 0.005  # below this, what is left of a stage says nothing about the rest
# The stages of an analysis in their order, as jobs report them: what they do, for people, and how much of the whole
# time they take, roughly. It is for a bar that runs once instead of six times.
_STAGES: tuple[tuple[str, str, float], ...] = (
    ("pictures", "Looking for pictures", 0.05),
    ("audio", "Reading the sound", 0.05),
    ("detect", "Finding where people speak", 0.15),
    ("transcribe", "Writing down what is said", 0.50),
    ("diarize", "Hearing who speaks", 0.20),
    ("discourse", "Reading what is asked", 0.02),
    ("understand", "Finding questions and pauses", 0.03),
    ("writer", "Wording the feedback", 0.0),  # seldom on
)
_UNKNOWN_STAGE = ("Working", 0.0, 1.0)


def is_busy(row: LessonRow) -> bool:
    """Whether the lesson waits for its analysis or is in the middle of it."""
    return row.state in _BUSY


def title_of(row: LessonRow) -> str:
    """What the lesson is called."""
    return row.details.title or row.name


def about(row: LessonRow) -> str:
    """``7b · Physics · M. Weber · 3 March 2025``: what is known, in one line; when it was added if no date is."""
    details = row.details
    day = written_day(details.held_on) if details.held_on else f"added {written_day(row.added_at)}"
    return " · ".join(part for part in (details.class_name, details.subject, details.teacher, day) if part)


def written_day(day: Any) -> str:
    """``3 March 2025``, in one piece."""
    return f"{day.day}\N{NO-BREAK SPACE}{day:%B}\N{NO-BREAK SPACE}{day.year}"


def progress_words(row: LessonRow, job: JobRow | None) -> str:
    """What is going on, and how long it will take where that is known."""
    if row.state != "running" or job is None or not job.stage:
        return "Waits for its turn"
    words, _, weight = _stage(job.stage)
    left = (1 - job.share_done) * weight
    if job.eta_s is None or left < _LEAST_LEFT:
        return f"{words} …"
    return f"{words} · {_time_left(job.eta_s * (1 - share_done(job)) / left)}"


def share_done(job: JobRow | None) -> float:
    """How much of the whole analysis is done, 0 to 1."""
    if job is None or not job.stage:
        return 0.0
    _, before, weight = _stage(job.stage)
    return before + weight * job.share_done


def standstill(row: LessonRow) -> str:
    """Why nothing goes on with this lesson; empty where nothing has to."""
    if row.state == "new":
        return "This lesson is not analysed yet."
    return f"{row.message} {row.hint}".strip() if row.state == "failed" else ""


def list_entry(row: LessonRow, job: JobRow | None, *, has_poster: bool) -> dict[str, Any]:
    """The lesson as the list component takes it."""
    busy = is_busy(row)
    return {
        "id": row.id,
        "title": title_of(row),
        "about": about(row),
        "length": written_duration(row.duration_s),
        "state": row.state,
        "share": share_done(job),
        "message": progress_words(row, job) if busy else standstill(row),
        "action": ACTIONS.get(row.state, ""),
        "poster": f"/api/lessons/{row.id}/poster.jpg" if has_poster else None,
        "kind": "video" if row.info.video_codec else "sound",
    }


def _stage(name: str) -> tuple[str, float, float]:
    """Words, the share of the whole before this stage, and its own share."""
    before = 0.0
    for known, words, weight in _STAGES:
        if known == name:
            return words, before, weight
        before += weight
    return _UNKNOWN_STAGE


def _time_left(eta_s: float) -> str:
    minutes = round(eta_s / 60)
    return f"about {minutes} min left" if minutes >= 1 else "less than a minute left"
