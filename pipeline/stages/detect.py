"""Where anybody speaks: speech, overlap and changes of speaker, in bounded memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.analysis.activity import find_speech, level_db, resampled
from pipeline.analysis.speakers import find_changes
from pipeline.ports import SAMPLE_RATE_HZ, Audio, Progress, SpeechDetector
from pipeline.timeline import Span, merged

BLOCK_S = 600.0  # loudness is read in blocks of this length: 38 MB
OVERLAP = 0.5  # probability from which on two speak at once
MIN_OVERLAP_S = 0.3  # shorter ones are the edge of a quick change


@dataclass(frozen=True, slots=True)
class Heard:
    """Where somebody sounds, where two speak at once, and when the speaker changes (seconds); all in order."""

    speech: tuple[Span, ...]
    overlap: tuple[Span, ...]
    changes_s: tuple[float, ...]

    def to_json(self) -> dict[str, Any]:
        """For the cache."""
        return {
            "speech": [[span.start_s, span.end_s] for span in self.speech],
            "overlap": [[span.start_s, span.end_s] for span in self.overlap],
            "changes_s": list(self.changes_s),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Heard:
        """What :meth:`to_json` gave."""
        return cls(
            tuple(Span(*pair) for pair in data["speech"]),
            tuple(Span(*pair) for pair in data["overlap"]),
            tuple(data["changes_s"]),
        )


def detect_speech(detector: SpeechDetector, audio: Audio, *, progress: Progress) -> Heard:
    """Finds speech, overlap and changes of speaker in the whole recording."""
    activity = detector.activity(audio, progress=progress)
    level = _level(audio)
    timing = {"step_s": activity.frame_s, "offset_s": activity.offset_s}
    speech = find_speech(resampled(activity.speech, count=len(level), **timing), level)
    return Heard(
        speech=speech,
        overlap=_overlap(activity.overlap, speech, **timing),
        changes_s=find_changes(activity.change, frame_s=activity.frame_s, offset_s=activity.offset_s),
    )


def _level(audio: Audio) -> np.ndarray[Any, np.dtype[np.float32]]:
    starts = np.arange(0.0, max(audio.duration_s, BLOCK_S), BLOCK_S)
    blocks = [level_db(audio.read(Span(start, start + BLOCK_S)), SAMPLE_RATE_HZ) for start in map(float, starts)]
    return np.concatenate(blocks)


def _overlap(
    probability: np.ndarray[Any, np.dtype[np.float32]], speech: tuple[Span, ...], *, step_s: float, offset_s: float
) -> tuple[Span, ...]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], (probability > OVERLAP).astype(np.int8), [0]]))).reshape(-1, 2)
    spans = merged(Span(offset_s + first * step_s, offset_s + last * step_s) for first, last in edges.tolist())
    parts = (part for span in spans for stretch in _touching(speech, span) if (part := span.clipped(stretch)))
    return tuple(part for part in parts if part.duration_s >= MIN_OVERLAP_S)


def _touching(speech: tuple[Span, ...], span: Span) -> tuple[Span, ...]:
    import bisect

    first = bisect.bisect_right([item.end_s for item in speech], span.start_s)
    last = bisect.bisect_left([item.start_s for item in speech], span.end_s)
    return speech[first:last]
