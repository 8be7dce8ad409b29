"""Who talks how much: turns, silence, overlap, monologue, pace, and the segments of activity."""

from __future__ import annotations

import bisect
import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.lesson import Role, Segment, SegmentKind, Speech, Turn
from pipeline.timeline import Span, covering, gaps, merged, summed_s

TURN_PAUSE_S = 3.0  # longer silence ends a turn; the same length is what counts as silence
MONOLOGUE_PAUSE_S = 5.0
MONOLOGUE_STUDENT_S = 1.0
PACE_PAUSE_S = 1.0  # pauses up to this belong to the talk of a turn


def build_turns(speech: Sequence[Speech]) -> tuple[Turn, ...]:
    """Turns at talk: consecutive stretches of one speaker, until another speaks or 3 s of silence pass."""
    turns: list[Turn] = []
    for item in sorted(speech, key=lambda item: item.span):
        last = turns[-1] if turns else None
        if last and last.speaker == item.speaker and item.span.start_s - last.span.end_s < TURN_PAUSE_S:
            turns[-1] = Turn(Span(last.span.start_s, max(last.span.end_s, item.span.end_s)), item.speaker, item.role)
        else:
            turns.append(Turn(item.span, item.speaker, item.role))
    return tuple(turns)


def of_role(speech: Iterable[Speech], role: Role) -> tuple[Span, ...]:
    """The stretches of everybody in that role."""
    return tuple(item.span for item in speech if item.role == role)


def silences(speech: Iterable[Speech], duration_s: float) -> tuple[Span, ...]:
    """The stretches of at least 3 s in which nobody speaks."""
    empty = gaps((item.span for item in speech), Span(0.0, max(0.0, duration_s)))
    return tuple(span for span in empty if span.duration_s >= TURN_PAUSE_S)


def longest_monologue(speech: Sequence[Speech]) -> Span | None:
    """The longest span of teacher speech with no student stretch over 1 s and no pause over 5 s in it; None without.

    It runs from the first to the last of the stretches; where a student speaks into one of them, that cuts it.
    """
    teacher = merged(of_role(speech, "teacher"))
    if not teacher:
        return None
    heard = (span for span in of_role(speech, "student") if span.duration_s > MONOLOGUE_STUDENT_S)
    free = gaps(heard, covering(teacher))
    spans = (span for stretch in free for span in merged(_within(teacher, stretch), max_gap_s=MONOLOGUE_PAUSE_S))
    return max(spans, key=lambda span: span.duration_s, default=None)


def _within(spans: Sequence[Span], limits: Span) -> Iterator[Span]:
    """The parts inside ``limits``; ``spans`` lie in order and do not overlap."""
    first = bisect.bisect_left(spans, limits.start_s, key=lambda span: span.end_s)
    last = bisect.bisect_right(spans, limits.end_s, key=lambda span: span.start_s)
    return (part for span in spans[first:last] if (part := span.clipped(limits)))


def paced_talk_s(speech: Sequence[Speech], role: Role) -> float:
    """Seconds of talk of a role for its pace: pauses of up to 1 s within a turn count as talk."""
    ordered = sorted(speech, key=lambda item: item.span)
    pauses_s = (
        after.span.start_s - before.span.end_s
        for before, after in itertools.pairwise(ordered)
        if before.speaker == after.speaker and before.role == role
    )
    return summed_s(of_role(speech, role)) + sum(pause_s for pause_s in pauses_s if 0 < pause_s <= PACE_PAUSE_S)


# Segments of activity: what a window of this length around each second is mostly made of. Half a minute is what an
# observer needs to name an activity; a shorter change inside one is part of it.
SEGMENT_WINDOW_S = 30
MIN_SEGMENT_S = 15
SILENT_SHARE = 0.15  # less speech than this in the window is silence (work without talk)
GROUP_OVERLAP_SHARE = 0.12  # of the speech: led by a teacher, few talk at once; in free talk a tenth and more
GROUP_VOICES, GROUP_TEACHER_SHARE = 3, 0.2  # so many students, and hardly the teacher: they talk with each other
TEACHER_TALK_SHARE = 0.85  # of the speech: one person is presenting


def build_segments(speech: Sequence[Speech], duration_s: float) -> tuple[Segment, ...]:
    """Teacher talk, dialogue, group talk and silence; the segments cover the lesson without a gap.

    ``group_talk`` is where much speech overlaps, or several students talk with each other and hardly the teacher. All
    is read from windows of 30 s, so an edge is known to some 10 s. Without any speech nothing is known (who spoke when
    could not be told), and there are no segments.
    """
    seconds = math.ceil(duration_s)
    if seconds <= 0 or not speech:
        return ()
    teacher = _windowed(of_role(speech, "teacher"), seconds)
    anybody = _windowed(merged(item.span for item in speech), seconds)
    summed = _windowed([item.span for item in speech], seconds)
    rows = zip(anybody.tolist(), summed.tolist(), teacher.tolist(), _voices(speech, seconds).tolist(), strict=True)
    runs = _rejoined((_kind(*row), second, second + 1) for second, row in enumerate(rows))
    return tuple(
        Segment(Span(float(first), min(float(last), duration_s)), kind) for kind, first, last in _without_short(runs)
    )


def _windowed(spans: Iterable[Span], seconds: int) -> NDArray[np.float64]:
    """The share of each second's window that the spans fill, shape (seconds,); over 1 where they overlap each other."""
    filled = np.zeros(seconds)
    for span in spans:
        for second in range(max(0, int(span.start_s)), min(seconds, math.ceil(span.end_s))):
            filled[second] += min(span.end_s, second + 1) - max(span.start_s, second)
    width = min(SEGMENT_WINDOW_S, seconds)
    kernel, before = np.ones(width), (width - 1) // 2
    sums = np.convolve(filled, kernel)[before:][:seconds]
    counts = np.convolve(np.ones(seconds), kernel)[before:][:seconds]
    return np.asarray(sums / counts)


def _voices(speech: Iterable[Speech], seconds: int) -> NDArray[np.int64]:
    """How many students are heard in each second's window, shape (seconds,)."""
    spans: dict[str, list[Span]] = {}
    for item in speech:
        if item.role == "student":
            spans.setdefault(item.speaker, []).append(item.span)
    heard = [_windowed(own, seconds) > 0 for own in spans.values()]
    return np.sum(heard, axis=0, dtype=np.int64) if heard else np.zeros(seconds, np.int64)


def _kind(anybody: float, summed: float, teacher: float, voices: int) -> SegmentKind:
    if anybody < SILENT_SHARE:
        return "silence"
    if summed - anybody > GROUP_OVERLAP_SHARE * anybody:
        return "group_talk"
    if voices >= GROUP_VOICES and teacher < GROUP_TEACHER_SHARE * summed:
        return "group_talk"
    return "teacher_talk" if teacher > TEACHER_TALK_SHARE * summed else "dialogue"


_Run = tuple[SegmentKind, int, int]


def _without_short(runs: list[_Run]) -> list[_Run]:
    """Runs under 15 s go to the longer neighbour, shortest first."""
    while len(runs) > 1:
        place = min(range(len(runs)), key=lambda index: _length(runs[index]))
        if _length(runs[place]) >= MIN_SEGMENT_S:
            break
        neighbours = (index for index in (place - 1, place + 1) if 0 <= index < len(runs))
        kind = runs[max(neighbours, key=lambda index: _length(runs[index]))][0]
        runs = _rejoined((kind, *run[1:]) if index == place else run for index, run in enumerate(runs))
    return runs


def _length(run: _Run) -> int:
    return run[2] - run[1]


def _rejoined(runs: Iterable[_Run]) -> list[_Run]:
    """Neighbours of one kind made one."""
    result: list[_Run] = []
    for kind, first, last in runs:
        if result and result[-1][0] == kind:
            result[-1] = (kind, result[-1][1], last)
        else:
            result.append((kind, first, last))
    return result
