"""Speech is found where somebody sounds, and ends where a pause is long."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.activity import LEVEL_STEP_S, SpeechRules, find_speech, level_db, resampled
from pipeline.timeline import Span
from tests.lesson_values import patient

ROOM_DB, VOICE_DB = -70.0, -30.0


def heard(*parts: tuple[float, float, float]) -> tuple[np.ndarray, np.ndarray]:
    """Probability and loudness for parts of (seconds, probability, dB)."""
    counts = [round(seconds / LEVEL_STEP_S) for seconds, _, _ in parts]
    probability = np.repeat([probability for _, probability, _ in parts], counts).astype(np.float32)
    return probability, np.repeat([level for _, _, level in parts], counts).astype(np.float32)


def edges(spans: tuple[Span, ...]) -> list[tuple[float, float]]:
    return [(round(span.start_s, 2), round(span.end_s, 2)) for span in spans]


def test_loudness_is_in_decibels_of_full_scale_every_10_ms() -> None:
    samples = np.full(16000, 0.1, np.float32)
    level = level_db(samples, 16000)
    assert level.shape == (100,)
    assert level == pytest.approx(np.full(100, -20.0), abs=0.01)


def test_the_first_step_is_as_loud_as_it_is() -> None:
    samples = np.concatenate([np.full(160, 0.001), np.full(160, 0.1)]).astype(np.float32)
    assert level_db(samples, 16000) == pytest.approx([-60.0, -40.0], abs=0.1)


def test_digital_silence_and_no_sound_at_all_have_a_loudness() -> None:
    assert level_db(np.zeros(320, np.float32), 16000) == pytest.approx([-100.0, -100.0])
    assert level_db(np.zeros(0, np.float32), 16000).shape == (0,)
    assert level_db(np.ones(159, np.float32), 16000).shape == (0,)


def test_frames_are_read_at_the_middle_of_each_step() -> None:
    values = np.array([0.0, 1.0, 2.0], np.float32)
    read = resampled(values, step_s=0.02, offset_s=0.0, count=8)
    assert read.tolist() == [0, 0, 1, 1, 2, 2, 2, 2]


def test_frames_that_begin_later_stand_for_what_lies_before_them() -> None:
    values = np.array([5.0, 6.0], np.float32)
    assert resampled(values, step_s=0.01, offset_s=0.02, count=4).tolist() == [5, 5, 5, 6]


def test_without_frames_nobody_speaks() -> None:
    assert resampled(np.zeros(0, np.float32), step_s=0.01, offset_s=0.0, count=3).tolist() == [0, 0, 0]
    assert find_speech(np.zeros(0, np.float32), np.zeros(0, np.float32)) == ()


def test_a_voice_over_the_room_is_speech() -> None:
    probability, level = heard((2, 0.0, ROOM_DB), (1, 0.9, VOICE_DB), (2, 0.0, ROOM_DB))
    assert edges(find_speech(probability, level)) == [(2.0, 3.0)]


@pytest.mark.parametrize(("pause_s", "stretches"), [(0.25, 1), (0.26, 2)])
def test_a_pause_over_a_quarter_of_a_second_ends_a_stretch(pause_s: float, stretches: int) -> None:
    probability, level = heard(
        (2, 0.0, ROOM_DB), (1, 0.9, VOICE_DB), (pause_s, 0.9, ROOM_DB), (1, 0.9, VOICE_DB), (2, 0.0, ROOM_DB)
    )
    assert len(find_speech(probability, level)) == stretches


@pytest.mark.parametrize(("sound_s", "stretches"), [(0.09, 0), (0.1, 1)])
def test_what_is_shorter_than_a_syllable_is_no_speech(sound_s: float, stretches: int) -> None:
    probability, level = heard((2, 0.0, ROOM_DB), (sound_s, 0.9, VOICE_DB), (2, 0.0, ROOM_DB))
    assert len(find_speech(probability, level)) == stretches


def test_a_loud_noise_that_the_model_hardly_takes_for_speech_is_none() -> None:
    probability, level = heard((2, 0.0, ROOM_DB), (1, SpeechRules().peak - 0.01, VOICE_DB), (2, 0.0, ROOM_DB))
    assert find_speech(probability, level) == ()


def test_a_soft_beginning_belongs_to_a_stretch_that_becomes_clear() -> None:
    probability, level = heard((2, 0.0, ROOM_DB), (0.5, 0.1, VOICE_DB), (0.5, 0.9, VOICE_DB), (2, 0.0, ROOM_DB))
    assert edges(find_speech(probability, level)) == [(2.0, 3.0)]


def test_a_soft_child_is_heard_beside_a_loud_teacher() -> None:
    soft_db = VOICE_DB - 30
    probability, level = heard(
        (2, 0.0, ROOM_DB), (2, 0.9, VOICE_DB), (3, 0.0, ROOM_DB), (2, 0.9, soft_db), (2, 0.0, ROOM_DB)
    )
    assert edges(find_speech(probability, level)) == [(2.0, 4.0), (7.0, 9.0)]


def test_where_somebody_always_speaks_the_softest_moments_are_the_room() -> None:
    probability, level = heard((4, 0.9, VOICE_DB), (0.5, 0.9, ROOM_DB), (4, 0.9, VOICE_DB))
    assert edges(find_speech(probability, level)) == [(0.0, 4.0), (4.5, 8.5)]


@patient
@given(st.lists(st.tuples(st.integers(1, 120), st.sampled_from([0.0, 0.1, 0.9]), st.integers(-80, -20)), max_size=12))
def test_stretches_lie_in_order_inside_the_recording_with_real_pauses(parts: list[tuple[int, float, int]]) -> None:
    probability, level = heard(*((steps / 100, chance, float(loud)) for steps, chance, loud in parts))
    spans = find_speech(probability, level)
    assert all(span.start_s >= 0 and span.end_s <= len(level) * LEVEL_STEP_S + 1e-9 for span in spans)
    assert all(span.duration_s >= 0.1 - 1e-9 for span in spans)
    assert all(after.start_s - before.end_s > 0.25 - 1e-9 for before, after in pairwise(spans))


def test_a_voice_is_measured_by_its_own_loud_parts_nearby() -> None:
    """Against the plain rule: the 95th percentile of all steps up to 1.5 s away, taken anew every 0.25 s."""
    from pipeline.analysis.activity import _local_peak

    level = np.random.default_rng(1).normal(-50, 10, 777).astype(np.float32)
    plain = [np.percentile(level[max(0, at - 150) : at + 150], 95) for at in range(0, 777, 25)]
    assert _local_peak(level, SpeechRules()) == pytest.approx(np.repeat(plain, 25)[:777], abs=1e-3)


def test_pauses_of_a_lecture_are_found_though_no_quiet_is_left() -> None:
    """Noise varies from one 10 ms to the next; its softest hundredth alone would call the rest of it speech."""
    random = np.random.default_rng(3)
    probability, level = heard(*[(1.5, 0.9, -30.0), (0.35, 0.9, -48.0)] * 20)
    level = level + random.normal(0, 1.5, len(level)).astype(np.float32)
    found = find_speech(probability, level)
    assert len(found) >= 18
    assert sum(span.duration_s for span in found) == pytest.approx(30, abs=1)
