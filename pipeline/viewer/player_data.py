"""What the player needs of a lesson, small enough to be fetched once and kept by the page: plain lists and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pipeline.lesson import Lesson, Speech, Utterance
from pipeline.store.rows import LessonRow
from pipeline.timeline import Span, merged
from pipeline.viewer.playable import Media
from pipeline.viewer.said import is_tagged, move_of
from pipeline.viewer.voices import Voice, voices_of

_NUMBER = re.compile(r"\d{1,6}(\.\d{1,3})?")
_DIGITS = 2  # a hundredth of a second: finer than any screen
# Stretches of one voice with less between them than an eye can see on a timeline are drawn as one.
_DRAWN_GAP_S = 0.3


def player_payload(lesson: Lesson, thumbnails_s: Sequence[float]) -> dict[str, Any]:
    """Lines, voices, speech, segments, waits and thumbnails, in order of time and ready for :func:`json.dumps`.

    A line is ``[start_s, end_s, voice, text, question kind or "", talk move's plain name or ""]``; a voice is an index into
    ``voices``. Moves of which the program is unsure are left out.
    """
    voices = voices_of(lesson)
    index = {(voice.speaker, voice.role): number for number, voice in enumerate(voices)}
    timed = [item for item in lesson.utterances if item.span]
    return {
        "duration_s": lesson.recording.duration_s,
        "voices": [{"name": voice.name, "role": voice.role, "talk_s": round(voice.talk_s, 1)} for voice in voices],
        "lines": [
            _line(item, index[item.speaker, item.role])
            for item in sorted(timed, key=lambda item: item.span or Span(0, 0))
        ],
        "speech": [_drawn(lesson.speech, voice) for voice in voices],
        "segments": [[*_times(item.span), item.kind] for item in lesson.segments],
        "waits": [[*_times(item.span), item.kind, item.by] for item in lesson.waits],
        "thumbnails_s": [round(at_s, 3) for at_s in thumbnails_s],
    }


def mount_data(row: LessonRow, media: Media, *, analysed: bool, start: str | None) -> dict[str, Any]:
    """What the player is told when it is mounted: addresses, and what it can play. Everything else it fetches once."""
    base = f"/api/lessons/{row.id}"
    return {
        "lesson_id": row.id,
        "duration_s": row.duration_s,
        "media": media.kind,
        "media_reason": media.reason,
        "media_url": f"{base}/video",
        "poster_url": f"{base}/poster.jpg" if media.has_poster else None,
        "captions_url": f"{base}/captions.vtt" if analysed else None,
        "lesson_url": f"{base}/player.json?changed={row.updated_at.timestamp():.3f}" if analysed else None,
        "thumbnails_url": f"{base}/thumbs",
        "language": row.language,
        "waiting": "" if analysed else "The transcript and the timeline appear here when the analysis is done.",
        "start_s": float(start) if start and _NUMBER.fullmatch(start) else 0.0,
    }


def _line(item: Utterance, voice: int) -> list[Any]:
    question = item.question.kind if item.question else ""
    move = move_of(item)
    return [*_times(item.span), voice, item.text, question, move.name if move and is_tagged(item) else ""]


def _times(span: Span | None) -> tuple[float, float]:
    return (round(span.start_s, _DIGITS), round(span.end_s, _DIGITS)) if span else (0.0, 0.0)


def _drawn(speech: Sequence[Speech], voice: Voice) -> list[float]:
    """Starts and ends of one voice's speech, one after the other."""
    spans = merged(
        (item.span for item in speech if (item.speaker, item.role) == (voice.speaker, voice.role)),
        max_gap_s=_DRAWN_GAP_S,
    )
    return [edge for span in spans for edge in _times(span)]
