"""Packs stretches of speech into the windows that a speech recogniser reads: as full as they can be, cut only in pauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from pipeline.timeline import Span, covering, gaps, merged, summed_s

MAX_WINDOW_S = 28.0  # Whisper reads 30 s; the rest keeps the last word clear of its edge
PAD_S = 0.2  # quiet first and last sounds of a word lie just outside what a detector calls speech
SENTENCE_PAUSE_S = (
    0.5  # a pause this long mostly ends a sentence; a model tends to leave out half a sentence at the end
)
FULL_ENOUGH = 2 / 3  # share of a window that is given up at most for such a pause
UNHEARD_S = 1.0  # speech detectors and word times are off by up to half of this at either end
CUT_SEARCH_S = 6.0  # how far before the limit a pause within unbroken speech is looked for

Quietest = Callable[[Span], float]
"""The moment (seconds) within a span at which a cut hurts least."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is read in one go. ``regions`` are the speech inside ``span``, in order; windows never share a moment."""

    span: Span
    regions: tuple[Span, ...]

    @property
    def speech_s(self) -> float:
        """Seconds of speech in the window."""
        return sum(region.duration_s for region in self.regions)


def pack_windows(
    regions: Sequence[Span], duration_s: float, *, quietest: Quietest, max_window_s: float = MAX_WINDOW_S
) -> tuple[Window, ...]:
    """Windows of at most ``max_window_s`` that hold all speech of ``regions`` once, in order of time.

    Neighbours share a window as long as they fit. A window ends in a pause between regions, if there is one in its last
    third in a long one; a region that is too long for one window is cut where ``quietest`` says, within the last seconds
    before the limit. Windows reach up to 0.2 s beyond their speech, but not beyond the middle of the pause to the next
    window, nor beyond the recording.
    """
    limit_s = max_window_s - 2 * PAD_S
    inside = merged(clipped for region in regions if (clipped := region.clipped(Span(0.0, duration_s))))
    waiting = [piece for region in inside for piece in _pieces(region, limit_s, quietest)]
    groups: list[list[Span]] = []
    while waiting:
        count = _fitting(waiting, limit_s)
        groups.append(waiting[:count])
        del waiting[:count]
    return tuple(_padded(groups, duration_s))


def _fitting(pieces: Sequence[Span], limit_s: float) -> int:
    """How many of the pieces make the first window."""
    start_s = pieces[0].start_s
    most = next((count for count, piece in enumerate(pieces) if piece.end_s - start_s > limit_s), len(pieces))
    if most == len(pieces):
        return most
    pauses_s = {count: pieces[count].start_s - pieces[count - 1].end_s for count in range(1, most + 1)}
    late = [count for count in pauses_s if pieces[count - 1].end_s - start_s >= limit_s * FULL_ENOUGH]
    long = [count for count in late if pauses_s[count] >= SENTENCE_PAUSE_S]
    return max(long) if long else max(late or [most], key=lambda count: (pauses_s[count], count))


def _pieces(region: Span, limit_s: float, quietest: Quietest) -> Iterator[Span]:
    """The region itself, or its parts of at most ``limit_s``."""
    search_s = min(CUT_SEARCH_S, limit_s / 2)
    while region.duration_s > limit_s:
        latest_s = region.start_s + limit_s
        cut_s = min(max(quietest(Span(latest_s - search_s, latest_s)), latest_s - search_s), latest_s)
        yield Span(region.start_s, cut_s)
        region = Span(cut_s, region.end_s)
    yield region


def _padded(groups: Sequence[Sequence[Span]], duration_s: float) -> Iterator[Window]:
    free_from_s = 0.0
    for group, following in zip_longest(groups, groups[1:]):
        free_until_s = (group[-1].end_s + following[0].start_s) / 2 if following else duration_s
        start_s = max(free_from_s, group[0].start_s - PAD_S)
        end_s = min(free_until_s, group[-1].end_s + PAD_S)
        yield Window(Span(start_s, end_s), tuple(group))
        free_from_s = end_s


def unheard_windows(window: Window, heard: Sequence[Span]) -> tuple[Window, ...]:
    """Where a window holds at least 1 s of speech on end without a word: those stretches as windows of their own.

    ``heard`` are the words' times. A Whisper model sometimes leaves out half a sentence, mostly the last one.
    """
    found: list[Window] = []
    for gap in gaps(heard, window.span):
        parts = tuple(part for region in window.regions if (part := region.clipped(gap)))
        if summed_s(parts) >= UNHEARD_S:
            speech = covering(parts)
            span = Span(max(gap.start_s, speech.start_s - PAD_S), min(gap.end_s, speech.end_s + PAD_S))
            found.append(Window(span, parts))
    return tuple(found)
