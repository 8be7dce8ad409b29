"""From stretches of speech and their voice vectors to who speaks when.

Speech is cut where the segmentation model sees the speaker change, into pieces of about 1.5 s; pieces are clustered by
the likeness of their vectors; short ones follow the nearest voice. That is a first guess with rather too many voices, from
which :mod:`pipeline.analysis.voices` goes on. Two levels of clustering keep memory bounded: three hours are some 6,000
pieces, whose pairs would otherwise be compared all at once.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.lesson import Speech
from pipeline.timeline import Span, merged

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Ints = NDArray[np.int64]

PIECE_S = 1.5  # long enough to know a voice by, short enough to hold one
MIN_PART_S = 0.25  # a change this near to an edge is the edge
MIN_VOICE_S = 0.7  # vectors of shorter pieces are too noisy to start a cluster
MIN_EMBED_S = 0.75  # shorter pieces are embedded with what surrounds them
EMBED_STEP_S = (
    0.25  # equal lengths go through the network together; what is cut off lies at the edges, the least pure part
)
CHANGE = 0.015  # share of the active speaker that changes from one frame (17 ms) to the next; a real change takes many
CHANGE_APART_S = 0.25  # two changes nearer than this are one
BLOCK = 2000  # pieces compared pairwise at once: 16 MB
MIN_SPEAKER_S = 2.0  # a voice heard for less in a whole lesson is more likely a misheard piece of another
# Cosine of two voices' means from which on they are one person's: at 0.75 synthetic students merge (docs/accuracy.md). Where one
# has less than SMALL_BESIDE of the other's talk, moods of a single speaker were alike from 0.45 on; other people seldom are.
SAME_VOICE, SAME_IF_SMALL, SMALL_BESIDE = 0.8, 0.45, 0.06
CLEAR_PIECE_S = 1.0  # vectors of shorter pieces scatter by their shortness
SECOND_CONFIDENCE = 0.5  # who is only guessed to speak at once with another is right about half the time
MIN_OTHER = 0.03  # a less probable voice changes no number
OVERLAP_REACH_S = 3.0  # someone who speaks at once with another has nearly always just spoken or goes on


@dataclass(frozen=True, slots=True)
class SpeakerRules:
    """When two clusters are one voice.

    ``distance``: mean cosine distance between their pieces up to which they are; ``block_distance``: the same within a
    block, where a wrong step could not be mended later; ``max_speakers``: upper bound.
    """

    distance: float = 0.5
    block_distance: float = 0.4
    max_speakers: int = 60


def cut_pieces(speech: Sequence[Span], changes_s: Sequence[float]) -> tuple[Span, ...]:
    """Speech cut at speaker changes (seconds, in order), and evenly into pieces of about 1.5 s."""
    times = np.asarray(changes_s, float)
    pieces: list[Span] = []
    for span in speech:
        first, last = np.searchsorted(times, [span.start_s + MIN_PART_S, span.end_s - MIN_PART_S])
        edges = [span.start_s, *(float(time) for time in times[first:last]), span.end_s]
        for start_s, end_s in itertools.pairwise(edges):
            count = max(1, round((end_s - start_s) / PIECE_S))
            cuts = np.linspace(start_s, end_s, count + 1)
            pieces.extend(Span(float(a), float(b)) for a, b in itertools.pairwise(cuts))
    return tuple(pieces)


def find_changes(change: Floats, *, frame_s: float, offset_s: float) -> tuple[float, ...]:
    """Moments (seconds, in order) at which the speaker changes: the highest peaks of ``change``, 0.25 s apart.

    ``change`` has the shape (frames,); the first frame begins at ``offset_s``.
    """
    inner = change[1:-1]
    peaks = 1 + np.flatnonzero((inner >= CHANGE) & (inner > change[:-2]) & (inner >= change[2:]))
    apart = max(1, round(CHANGE_APART_S / frame_s))
    free = np.ones(len(change), dtype=bool)
    found = []
    for peak in peaks[np.argsort(-change[peaks], kind="stable")].tolist():
        if free[peak]:
            found.append(peak)
            free[max(0, peak - apart + 1) : peak + apart] = False
    return tuple((peak + 1) * frame_s + offset_s for peak in sorted(found))


def embedding_spans(pieces: Sequence[Span], duration_s: float) -> tuple[Span, ...]:
    """What to embed for each piece: its middle, in steps of 0.25 s, or 0.75 s around it, inside the recording."""
    result = []
    for piece in pieces:
        half_s = max(piece.duration_s // EMBED_STEP_S * EMBED_STEP_S, MIN_EMBED_S) / 2
        start_s = max(0.0, min(piece.middle_s - half_s, duration_s - 2 * half_s))
        result.append(Span(start_s, max(start_s, min(duration_s, start_s + 2 * half_s))))
    return tuple(result)


def cluster_voices(vectors: Floats, durations_s: Floats, rules: SpeakerRules | None = None) -> Ints:
    """A speaker number for every piece, 0 for who speaks longest, shape (pieces,).

    ``vectors`` have length 1, shape (pieces, n); one without a direction (zero, not a number) goes with the main
    speaker. Voices heard for under 2 s in all go to the nearest other; there is at least one speaker, and at most
    ``max_speakers``.
    """
    rules = rules or SpeakerRules()
    if len(vectors) == 0:
        return np.zeros(0, np.int64)
    vectors = np.nan_to_num(np.asarray(vectors, np.float32), posinf=0.0, neginf=0.0)
    clear = np.flatnonzero((durations_s >= MIN_VOICE_S) & vectors.any(axis=1))
    if len(clear) == 0:
        clear = np.arange(len(vectors))
    labels, weights = _linked(vectors[clear], rules), durations_s[clear]
    kept = _main_voices(labels, weights, rules.max_speakers)
    centroids = np.stack([_centroid(vectors[clear], weights, labels == label) for label in kept])
    result = (vectors @ centroids.T).argmax(axis=1).astype(np.int64)
    for number, label in enumerate(kept):
        result[clear[labels == label]] = number
    return _by_talk(result, durations_s)


def _main_voices(labels: Ints, weights: Floats, max_speakers: int) -> list[int]:
    """The labels heard for at least 2 s, most first; the first one in any case."""
    totals = np.bincount(labels, weights=weights)
    ranked = np.argsort(-totals, kind="stable")[:max_speakers]
    return [int(label) for place, label in enumerate(ranked) if place == 0 or totals[label] >= MIN_SPEAKER_S]


def assemble(
    pieces: Sequence[Span], labels: Ints, overlap: Sequence[Span] = (), *, max_pause_s: float = 0.25
) -> tuple[Speech, ...]:
    """Stretches of speech by speaker (S1 speaks longest), in order of time; pauses of up to ``max_pause_s`` are closed.

    In ``overlap``, where two speak at once, who is nearest in time to the one found is taken to be the other.
    """
    owned = sorted((piece, int(label)) for piece, label in zip(pieces, labels, strict=True))
    by_speaker: dict[int, list[Span]] = {label: [] for _, label in owned}
    for piece, label in (*owned, *_second_speakers(owned, overlap)):
        by_speaker[label].append(piece)
    found = [
        Speech(span, f"S{label + 1}")
        for label, spans in by_speaker.items()
        for span in merged(spans, max_gap_s=max_pause_s)
    ]
    return tuple(sorted(found, key=lambda item: (item.span, item.speaker)))


def unbroken(pieces: Sequence[Span], changes_s: Sequence[float]) -> NDArray[np.bool_]:
    """Which pieces follow the one before without a pause, and were not cut there by a change of speaker; (pieces,)."""
    changes = set(changes_s)
    joined = [b.start_s <= a.end_s and b.start_s not in changes for a, b in itertools.pairwise(pieces)]
    return np.array([False, *joined][: len(pieces)], bool)


def join_alike(shares: Doubles, places: Floats, durations_s: Floats) -> Doubles:
    """The voices' shares (pieces, voices) with those made one whose mean places are one person's.

    In a long lesson one person's moods look like several voices, because there is so much of each; their means give them
    away. A voice that is small beside another has to differ from it clearly. ``places`` have length 1, shape (pieces, n).
    """
    shares = shares.copy()
    while shares.shape[1] > 1:
        talk_s = durations_s @ shares
        means = (shares * durations_s[:, None]).T @ places
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
        ratio = np.minimum.outer(talk_s, talk_s) / np.maximum(np.maximum.outer(talk_s, talk_s), 1e-9)
        beyond = means @ means.T - np.where(ratio < SMALL_BESIDE, SAME_IF_SMALL, SAME_VOICE)
        np.fill_diagonal(beyond, -np.inf)
        one, two = divmod(int(beyond.argmax()), len(beyond))
        if beyond[one, two] < 0:
            break
        shares[:, one] += shares[:, two]
        shares = np.delete(shares, two, axis=1)
    return shares


def main_voices(shares: Doubles, durations_s: Floats, max_speakers: int) -> Doubles:
    """The voices that are somebody's for at least 2 s (and the longest in any case), who speaks longest first.

    ``shares`` are how probably each piece is each voice's, shape (pieces, voices), and so is what is returned.
    """
    kept = _main_voices(shares.argmax(axis=1).astype(np.int64), durations_s, max_speakers)
    left = shares[:, kept] + 1e-12  # a piece of a voice that goes belongs to somebody else
    order = np.argsort(-np.bincount(left.argmax(axis=1), weights=durations_s, minlength=len(kept)), kind="stable")
    return np.asarray(left[:, order] / left.sum(axis=1, keepdims=True), np.float64)


def with_evidence(
    speech: Sequence[Speech], pieces: Sequence[Span], shares: Doubles, log_odds: Floats, spreads: Mapping[int, float]
) -> tuple[Speech, ...]:
    """The stretches with how sure their voice is, whose else it may be, how far it sounds like a child, and its spread.

    All are means over the stretch's own pieces, by length. Who was only added as the second in overlap has no piece
    there: the odds are then those of all the speaker's pieces, the confidence is that of such a guess.
    """
    labels = shares.argmax(axis=1)
    spoken: dict[str, list[tuple[Span, int]]] = {}
    for piece, label, row in sorted(zip(pieces, labels.tolist(), range(len(pieces)), strict=True)):
        spoken.setdefault(f"S{label + 1}", []).append((piece, row))
    result = []
    for item in speech:
        own = spoken[item.speaker]
        first = bisect.bisect_right(own, item.span.start_s, key=lambda known: known[0].end_s)
        last = bisect.bisect_left(own, item.span.end_s, key=lambda known: known[0].start_s)
        heard = own[first:last]
        rows = [row for _, row in heard or own]
        lengths = np.array([piece.duration_s for piece, _ in heard or own])
        lengths = lengths / max(float(lengths.sum()), 1e-9)
        odds = round(float(lengths @ log_odds[rows]), 2)
        if heard:
            sure, others = _told(lengths @ shares[rows], int(item.speaker[1:]) - 1)
        else:
            sure, others = SECOND_CONFIDENCE, ()
        spread = spreads.get(int(item.speaker[1:]) - 1)
        result.append(replace(item, child_log_odds=odds, speaker_confidence=sure, others=others, voice_spread=spread))
    return tuple(result)


def voice_spreads(points: Doubles, labels: Ints, durations_s: Floats) -> dict[int, float]:
    """By voice, the mean variance of its clear pieces along the axes of the voice space; voices of one such piece left out.

    ``points`` have the shape (pieces, n). Several people taken for one voice lie wider apart than one.
    """
    spreads = {}
    for label in np.unique(labels).tolist():
        own = points[(labels == label) & (durations_s >= CLEAR_PIECE_S)]
        if len(own) > 1:
            spreads[label] = round(float(own.var(axis=0, ddof=1).mean()), 3)
    return spreads


def _told(share: Doubles, own: int) -> tuple[float, tuple[tuple[str, float], ...]]:
    """The probability of a voice, and the other voices with theirs."""
    others = ((f"S{voice + 1}", round(float(share[voice]), 3)) for voice in np.flatnonzero(share >= MIN_OTHER).tolist())
    return min(1.0, round(float(share[own]), 3)), tuple(other for other in others if other[0] != f"S{own + 1}")


def _second_speakers(owned: Sequence[tuple[Span, int]], overlap: Sequence[Span]) -> Iterator[tuple[Span, int]]:
    """Who else speaks in each part of ``overlap``: the nearest in time but the owner of the piece, within 3 s."""
    starts = [piece.start_s for piece, _ in owned]
    longest_s = max((piece.duration_s for piece, _ in owned), default=0.0)
    for stretch in overlap:
        first = bisect.bisect_left(starts, stretch.start_s - OVERLAP_REACH_S - longest_s)
        last = bisect.bisect_right(starts, stretch.end_s + OVERLAP_REACH_S)
        near = owned[first:last]
        for piece, owner in near:
            part = stretch.clipped(piece)
            others = [(part.distance_s(span), label) for span, label in near if part and label != owner]
            if part and part.duration_s >= MIN_PART_S and others and min(others)[0] <= OVERLAP_REACH_S:
                yield part, min(others)[1]


def _linked(vectors: Floats, rules: SpeakerRules) -> Ints:
    """Cluster numbers from 0 by average linkage; above one block, blocks first and then the clusters that they hold."""
    count = len(vectors)
    if count <= BLOCK:
        return _joined(vectors, np.ones(count), rules.distance)
    blocks = range(0, count, BLOCK)
    labels = np.empty(count, np.int64)
    means: list[Floats] = []
    for first in blocks:
        block = vectors[first : first + BLOCK]
        # However different the pieces are, all blocks' clusters together fit into one block.
        small = _joined(block, np.ones(len(block)), rules.block_distance, at_most=max(1, BLOCK // len(blocks)))
        labels[first : first + BLOCK] = small + len(means)
        means.extend(block[small == label].mean(axis=0) for label in range(int(small.max()) + 1))
    return _joined(np.stack(means), np.bincount(labels), rules.distance)[labels]


def _joined(means: Floats, sizes: NDArray[Any], distance: float, *, at_most: int | None = None) -> Ints:
    """Average linkage that can go on from clusters: their numbers from 0, shape (clusters,).

    The product of two clusters' means, of vectors of length 1, is the mean likeness of their pieces, so clusters of
    ``sizes`` pieces are joined as their pieces would be. With ``at_most`` it goes on beyond ``distance`` until no more
    than so many are left.
    """
    apart = 1 - means @ means.T
    np.fill_diagonal(apart, np.inf)
    weights, labels, rows = sizes.astype(float), np.arange(len(means)), np.arange(len(means))
    nearest = apart.argmin(axis=1)
    for left in range(len(means), 1, -1):
        one = int(apart[rows, nearest].argmin())
        two = int(nearest[one])
        if apart[one, two] > distance and (at_most is None or left <= at_most):
            break
        share = weights[one] / (weights[one] + weights[two])
        apart[one] = apart[:, one] = share * apart[one] + (1 - share) * apart[two]
        apart[two] = apart[:, two] = apart[one, one] = np.inf
        weights[one] += weights[two]
        labels[labels == two] = one
        # Joining never brings two nearer to a third than the nearer one was, so all other rows stay right.
        stale = np.flatnonzero((nearest == one) | (nearest == two))
        nearest[stale] = apart[stale].argmin(axis=1)
    return np.asarray(np.unique(labels, return_inverse=True)[1], np.int64)


def _centroid(vectors: Floats, weights: Floats, mask: NDArray[np.bool_]) -> Floats:
    mean = (vectors[mask] * weights[mask, None]).sum(axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-9), np.float32)


def _by_talk(labels: Ints, durations_s: Floats) -> Ints:
    """The same speakers, numbered by how long they speak."""
    used, index = np.unique(labels, return_inverse=True)
    order = np.argsort(-np.bincount(index, weights=durations_s, minlength=len(used)), kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    return np.asarray(rank[index], np.int64)
