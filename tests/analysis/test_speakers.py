"""Voices are told apart, however long the lesson is."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.cluster.hierarchy import fcluster, linkage

from pipeline.analysis import speakers
from pipeline.analysis.speakers import (
    SpeakerRules,
    assemble,
    cluster_voices,
    cut_pieces,
    embedding_spans,
    find_changes,
    join_alike,
    main_voices,
    unbroken,
    voice_spreads,
    with_evidence,
)
from pipeline.timeline import Span, total_s
from tests.lesson_values import patient

SIZE = 192


def voices(who: np.ndarray, *, noise: float = 0.5, seed: int = 1) -> np.ndarray:
    """Vectors of length 1 of the people ``who``, some way off each one's own direction."""
    random = np.random.default_rng(seed)
    own = random.normal(size=(int(who.max()) + 1, SIZE))
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    vectors = own[who] + random.normal(size=(len(who), SIZE)) * noise / np.sqrt(SIZE)
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def seconds(count: int, each_s: float = 1.5) -> np.ndarray:
    return np.full(count, each_s, np.float32)


def pairs(labels: np.ndarray, truth: np.ndarray) -> set[tuple[int, int]]:
    return set(zip(truth.tolist(), labels.tolist(), strict=True))


def test_speech_is_cut_into_pieces_of_about_a_second_and_a_half() -> None:
    pieces = cut_pieces([Span(0, 6), Span(7, 7.4)], [])
    assert pieces == (Span(0, 1.5), Span(1.5, 3), Span(3, 4.5), Span(4.5, 6), Span(7, 7.4))


def test_speech_is_cut_where_the_speaker_changes_but_not_at_its_very_edge() -> None:
    pieces = cut_pieces([Span(10, 12)], [3.0, 10.1, 11.2, 11.9, 15.0])
    assert pieces == (Span(10, 11.2), Span(11.2, 12))


@patient
@given(
    st.lists(st.integers(1, 60), max_size=8).map(lambda tenths: np.cumsum(tenths) / 10),
    st.lists(st.integers(0, 500).map(lambda tenths: tenths / 10), max_size=8).map(sorted),
)
def test_pieces_cover_the_speech_once(edges: np.ndarray, changes: list[float]) -> None:
    speech = [Span(float(a), float(b)) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    pieces = cut_pieces(speech, changes)
    assert sum(piece.duration_s for piece in pieces) == pytest.approx(sum(span.duration_s for span in speech))
    assert total_s(pieces) == pytest.approx(total_s(speech))
    assert all(piece.duration_s <= 2.25 for piece in pieces)


def test_changes_are_the_peaks_and_never_close_together() -> None:
    change = np.zeros(100, np.float32)
    change[[10, 12, 50, 70]] = [0.05, 0.09, 0.01, 0.04]
    assert find_changes(change, frame_s=0.02, offset_s=1.0) == pytest.approx((1.26, 2.42))
    assert find_changes(np.zeros(0, np.float32), frame_s=0.02, offset_s=0.0) == ()


def test_short_pieces_are_embedded_with_what_surrounds_them() -> None:
    found = embedding_spans([Span(5, 5.2), Span(0, 0.2), Span(9.9, 10), Span(2, 4)], 10.0)
    assert [(round(span.start_s, 2), round(span.end_s, 2)) for span in found] == [
        (4.72, 5.47),
        (0.0, 0.75),
        (9.25, 10.0),
        (2.0, 4.0),
    ]


def test_pieces_of_nearly_equal_length_are_embedded_at_one_length_inside_themselves() -> None:
    pieces = [Span(1.0, 2.4), Span(3.0, 4.49), Span(5.0, 6.3)]
    found = embedding_spans(pieces, 10.0)
    assert {round(span.duration_s, 3) for span in found} == {1.25}
    assert all(
        piece.start_s <= span.start_s and span.end_s <= piece.end_s for piece, span in zip(pieces, found, strict=True)
    )


def test_a_recording_shorter_than_a_piece_is_embedded_whole() -> None:
    assert embedding_spans([Span(0.1, 0.3)], 0.4) == (Span(0.0, 0.4),)


@pytest.mark.parametrize("people", [1, 2, 7])
def test_each_voice_becomes_one_speaker(people: int) -> None:
    who = np.random.default_rng(2).permutation(np.repeat(np.arange(people), 12))
    labels = cluster_voices(voices(who), seconds(len(who)))
    assert set(labels.tolist()) == set(range(people))
    assert len(pairs(labels, who)) == people


def test_speakers_are_numbered_by_how_long_they_speak() -> None:
    who = np.array([0] * 5 + [1] * 20 + [2] * 10)
    labels = cluster_voices(voices(who), seconds(len(who)))
    assert [int(labels[who == person][0]) for person in range(3)] == [2, 0, 1]


def test_a_voice_heard_for_under_two_seconds_goes_to_another() -> None:
    who = np.array([0] * 10 + [1] * 10 + [2])
    assert set(cluster_voices(voices(who), seconds(len(who))).tolist()) == {0, 1}


def test_short_pieces_follow_the_nearest_voice_and_start_none() -> None:
    who = np.array([0] * 10 + [1] * 10 + [1, 0, 2])
    durations_s = seconds(len(who))
    durations_s[-3:] = 0.3
    labels = cluster_voices(voices(who), durations_s)
    assert labels[-3] == labels[10]
    assert labels[-2] == labels[0]
    assert set(labels.tolist()) == {0, 1}


def test_a_recording_of_short_pieces_alone_has_a_speaker() -> None:
    assert cluster_voices(voices(np.zeros(3, int)), seconds(3, 0.4)).tolist() == [0, 0, 0]
    assert cluster_voices(voices(np.zeros(1, int)), seconds(1, 0.4)).tolist() == [0]
    assert cluster_voices(np.zeros((0, SIZE), np.float32), seconds(0)).tolist() == []


def test_there_are_never_more_speakers_than_allowed() -> None:
    who = np.repeat(np.arange(6), 8)
    labels = cluster_voices(voices(who), seconds(len(who)), SpeakerRules(max_speakers=2))
    assert set(labels.tolist()) == {0, 1}


@pytest.mark.parametrize("broken", [0.0, np.nan, np.inf])
def test_a_vector_without_a_direction_does_not_spoil_the_others(broken: float) -> None:
    who = np.array([0] * 12 + [1] * 10)
    vectors = voices(who)
    vectors[15] = broken
    labels = cluster_voices(vectors, seconds(len(who)))
    others = np.arange(len(who)) != 15
    assert len(pairs(labels[others], who[others])) == 2
    assert labels[15] in (0, 1)


def test_joining_is_average_linkage() -> None:
    """Against scipy's, on voices that are hard to tell apart."""
    vectors = voices(np.repeat(np.arange(5), 30), noise=1.6)
    plain = fcluster(linkage(vectors, "average", "cosine"), 0.6, "distance")
    mine = speakers._joined(vectors, np.ones(len(vectors)), 0.6)
    assert len(set(plain.tolist())) > 5
    assert len(pairs(mine, plain)) == len(set(plain.tolist())) == len(set(mine.tolist()))


def test_joining_goes_on_from_clusters_as_from_their_pieces() -> None:
    vectors = voices(np.repeat(np.arange(4), 20), noise=0.9)
    first = speakers._joined(vectors, np.ones(len(vectors)), 0.3)
    means = np.stack([vectors[first == label].mean(axis=0) for label in range(int(first.max()) + 1)])
    in_two_steps = speakers._joined(means, np.bincount(first), 0.6)[first]
    at_once = speakers._joined(vectors, np.ones(len(vectors)), 0.6)
    assert len(pairs(in_two_steps, at_once)) == len(set(at_once.tolist())) == 4


def test_a_long_lesson_gives_the_same_speakers_as_a_short_one(monkeypatch: pytest.MonkeyPatch) -> None:
    who = np.random.default_rng(3).permutation(np.repeat(np.arange(8), 40))
    vectors = voices(who, noise=0.9)
    at_once = cluster_voices(vectors, seconds(len(who)))
    monkeypatch.setattr(speakers, "BLOCK", 100)
    in_blocks = cluster_voices(vectors, seconds(len(who)))
    assert len(pairs(in_blocks, at_once)) == len(pairs(in_blocks, who)) == 8


def test_never_are_more_compared_at_once_than_a_block(monkeypatch: pytest.MonkeyPatch) -> None:
    """Vectors that have nothing in common would otherwise all be left over for the second level."""
    compared: list[int] = []
    joined = speakers._joined

    def counting(means: np.ndarray, *others: object, **options: object) -> np.ndarray:
        compared.append(len(means))
        return joined(means, *others, **options)

    monkeypatch.setattr(speakers, "BLOCK", 60)
    monkeypatch.setattr(speakers, "_joined", counting)
    vectors = voices(np.arange(500), noise=0.0)
    assert len(cluster_voices(vectors, seconds(500))) == 500
    assert max(compared) <= 60
    assert len(compared) == 10


def test_pieces_of_one_speaker_are_joined_over_short_pauses() -> None:
    pieces = [Span(0, 1.5), Span(1.5, 3), Span(3.2, 4), Span(4, 5), Span(6, 7)]
    speech = assemble(pieces, np.array([0, 0, 0, 1, 1]))
    assert [(item.speaker, item.span) for item in speech] == [
        ("S1", Span(0, 4)),
        ("S2", Span(4, 5)),
        ("S2", Span(6, 7)),
    ]


def test_where_two_speak_at_once_the_nearest_in_time_is_the_other() -> None:
    pieces = [Span(0, 1.5), Span(1.5, 3), Span(3, 5), Span(30, 31)]
    speech = assemble(pieces, np.array([2, 0, 1, 2]), [Span(2.5, 3)])
    assert [(item.speaker, item.span) for item in speech] == [
        ("S3", Span(0, 1.5)),
        ("S1", Span(1.5, 3)),
        ("S2", Span(2.5, 5)),
        ("S3", Span(30, 31)),
    ]


def test_at_a_change_within_overlap_each_goes_on_beside_the_other() -> None:
    speech = assemble([Span(0, 2), Span(2, 4)], np.array([0, 1]), [Span(1.5, 2.5)])
    assert [(item.speaker, item.span) for item in speech] == [("S1", Span(0, 2.5)), ("S2", Span(1.5, 4))]


def test_nobody_far_away_is_taken_to_speak_at_once() -> None:
    pieces = [Span(0, 2), Span(20, 22)]
    speech = assemble(pieces, np.array([0, 1]), [Span(1, 2), Span(50, 51)])
    assert [(item.speaker, item.span) for item in speech] == [("S1", Span(0, 2)), ("S2", Span(20, 22))]


def test_no_pieces_give_no_speech() -> None:
    assert assemble([], np.zeros(0, np.int64), [Span(0, 1)]) == ()


def sure(labels: list[int], voices: int) -> np.ndarray:
    """Shares that leave no doubt."""
    return np.eye(voices)[labels]


def test_each_stretch_sounds_like_its_own_pieces() -> None:
    pieces = (Span(0, 1), Span(1, 3), Span(3, 4), Span(6, 7))
    labels = [0, 0, 1, 0]
    odds = np.array([3.0, 0.0, -2.0, -1.5], np.float32)
    found = with_evidence(assemble(pieces, np.array(labels)), pieces, sure(labels, 2), odds, {0: 1.2})
    assert [(item.span, item.speaker, item.child_log_odds) for item in found] == [
        (Span(0, 3), "S1", 1.0),
        (Span(3, 4), "S2", -2.0),
        (Span(6, 7), "S1", -1.5),
    ]
    assert [item.voice_spread for item in found] == [1.2, None, 1.2]
    assert [item.speaker_confidence for item in found] == [1.0, 1.0, 1.0]


def test_a_stretch_in_overlap_sounds_like_its_speaker_but_is_only_a_guess() -> None:
    pieces, labels = (Span(0, 2), Span(2, 6)), [0, 1]
    found = assemble(pieces, np.array(labels), [Span(3, 4)])
    told = with_evidence(found, pieces, sure(labels, 2), np.array([2.0, -1.0], np.float32), {})
    assert {(item.span, item.speaker, item.child_log_odds, item.speaker_confidence) for item in told} == {
        (Span(0, 2), "S1", 2.0, 1.0),
        (Span(3, 4), "S1", 2.0, speakers.SECOND_CONFIDENCE),
        (Span(2, 6), "S2", -1.0, 1.0),
    }


def test_a_stretch_says_whose_else_it_may_be() -> None:
    pieces, shares = (Span(0, 1), Span(1, 2)), np.array([[0.8, 0.2, 0.0], [0.6, 0.38, 0.02]])
    [item] = with_evidence(assemble(pieces, np.array([0, 0])), pieces, shares, np.zeros(2, np.float32), {})
    assert item.speaker_confidence == pytest.approx(0.7)
    assert item.others == (("S2", 0.29),)


def test_speech_is_unbroken_but_after_a_pause_or_a_change() -> None:
    pieces = (Span(0, 1), Span(1, 2), Span(2, 3), Span(3.5, 4))
    assert unbroken(pieces, [2.0]).tolist() == [False, True, False, False]
    assert unbroken((), []).tolist() == []


def test_a_voice_of_nearly_nothing_goes_and_who_speaks_longest_comes_first() -> None:
    shares = np.array([[0.9, 0.1, 0.0]] * 2 + [[0.1, 0.9, 0.0]] * 4 + [[0.1, 0.3, 0.6]])
    kept = main_voices(shares, seconds(7), max_speakers=30)
    assert kept.shape == (7, 2)
    assert kept.argmax(axis=1).tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert kept.sum(axis=1) == pytest.approx(np.ones(7))


def test_people_taken_for_one_lie_wider_apart_than_one() -> None:
    random = np.random.default_rng(1)
    one, two = random.normal(size=(40, 30)), random.normal(size=(40, 30))
    two[::2] += 3
    labels, lengths = np.repeat([0, 1, 2], [40, 40, 1]), np.full(81, 1.5, np.float32)
    spreads = voice_spreads(np.concatenate([one, two, one[:1]]), labels, lengths)
    assert set(spreads) == {0, 1}
    assert spreads[0] == pytest.approx(1, abs=0.2)
    assert spreads[1] > 2


def test_voices_whose_means_are_the_same_are_one() -> None:
    places = voices(np.repeat([0, 1], 60), noise=0.5)
    shares = sure([0, 1] * 30 + [2] * 60, 3)
    joined = join_alike(shares, places, seconds(120))
    assert joined.shape == (120, 2)
    assert joined.sum(axis=1) == pytest.approx(np.ones(120))
    assert len(set(joined[:60].argmax(axis=1))) == 1 != len(set(joined.argmax(axis=1)))


def test_a_voice_small_beside_another_has_to_differ_clearly() -> None:
    own = voices(np.zeros(101, int), noise=0.1)
    other = voices(np.array([0, 1]), noise=0.0, seed=5)[1]
    near = own[0] + 1.4 * other
    own[100] = near / np.linalg.norm(near)
    half = np.array([0] * 100 + [1])
    assert join_alike(sure(half.tolist(), 2), own, seconds(101)).shape[1] == 1
    beside = np.where(np.arange(101) == 100, 120.0, 1.5).astype(np.float32)
    assert join_alike(sure(half.tolist(), 2), own, beside).shape[1] == 2
