"""Slides and scenes are told from people who move."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.analysis import scenes

COLUMNS, ROWS = 24, 14
BLOCKS = COLUMNS * ROWS


def film(*levels: int) -> NDArray[np.uint8]:
    """Even frames of these grey levels."""
    return np.repeat(np.array(levels, dtype=np.uint8)[:, None], BLOCKS, axis=1)


def slide(seed: int) -> NDArray[np.uint8]:
    """White paper with dark patches of its own."""
    frame = np.full(BLOCKS, 230, dtype=np.uint8)
    frame[np.random.default_rng(seed).permutation(BLOCKS)[: BLOCKS // 5]] = 60
    return frame


def times(count: int, step_s: float = 2.0) -> tuple[float, ...]:
    return tuple(step_s * number for number in range(count))


def test_a_new_slide_starts_a_scene() -> None:
    frames = np.stack([slide(number // 10) for number in range(50)])
    assert scenes.scene_starts(times(50), frames) == (0, 10, 20, 30, 40)


def test_a_dark_slide_after_a_white_one_starts_a_scene() -> None:
    assert scenes.scene_starts(times(8), film(240, 240, 240, 240, 30, 30, 30, 30)) == (0, 4)


def test_a_person_who_walks_by_starts_no_scene() -> None:
    frames = np.stack([slide(1).reshape(ROWS, COLUMNS) for _ in range(20)])
    for number in range(20):
        frames[number, 4:14, number : number + 4] = 120
    assert scenes.scene_starts(times(20), frames.reshape(20, BLOCKS)) == (0,)


def test_a_slide_behind_a_person_who_moves_starts_a_scene() -> None:
    frames = np.stack([slide(number // 10).reshape(ROWS, COLUMNS) for number in range(20)])
    for number in range(20):
        frames[number, 4:14, number : number + 4] = 120
    assert scenes.scene_starts(times(20), frames.reshape(20, BLOCKS)) == (0, 10)


def test_camera_noise_and_automatic_exposure_start_no_scene() -> None:
    noise = np.random.default_rng(0)
    frames = [slide(1) + noise.normal(0, 3, BLOCKS) + 12 * (number % 2) for number in range(20)]
    assert scenes.scene_starts(times(20), np.clip(frames, 0, 255).astype(np.uint8)) == (0,)


def test_a_flash_starts_no_scene() -> None:
    assert scenes.scene_starts(times(7), film(80, 80, 80, 255, 80, 80, 80)) == (0,)


def test_of_quick_changes_the_strongest_counts() -> None:
    weak, strong = slide(1).copy(), np.full(BLOCKS, 10, dtype=np.uint8)
    weak[:40] = 120
    frames = np.stack([slide(1), slide(1), slide(1), slide(1), weak, weak, strong, strong, strong])
    assert scenes.scene_starts(times(9), frames) == (0, 6)


def test_there_are_never_more_than_the_most() -> None:
    frames = np.stack([slide(number // 3) for number in range(600)])
    found = scenes.scene_starts(times(600), frames)
    assert len(found) == scenes.MOST_FRAMES and found[0] == 0


def test_one_frame_and_none() -> None:
    assert scenes.scene_starts((), np.zeros((0, BLOCKS), np.uint8)) == ()
    assert scenes.scene_starts((0.0,), film(9)) == (0,)
    assert scenes.fill_gaps((), ()) == ()
    assert scenes.fill_gaps((0.0,), (0,)) == (0,)


def test_long_stretches_without_news_get_pictures() -> None:
    at_s = times(300)
    filled = scenes.fill_gaps(at_s, (0, 290))
    assert {0, 290} <= set(filled)
    assert max(at_s[later] - at_s[earlier] for earlier, later in pairwise(filled)) <= scenes.FILL_GAP_S


def test_a_very_long_film_is_filled_evenly_up_to_the_most() -> None:
    at_s = times(1200, 9.0)
    filled = scenes.fill_gaps(at_s, (0,))
    gaps_s = [at_s[later] - at_s[earlier] for earlier, later in pairwise(filled)]
    assert len(filled) == scenes.MOST_FRAMES and max(gaps_s) <= 2.5 * min(gaps_s)


def test_sparse_key_frames_are_all_that_can_be_shown() -> None:
    assert scenes.fill_gaps((0.0, 500.0, 1000.0), (0,)) == (0, 1, 2)


@given(st.lists(st.floats(0.1, 100), min_size=1, max_size=80), st.integers(0, 99))
def test_chosen_frames_are_in_order_and_exist(steps_s: list[float], seed: int) -> None:
    at_s = np.cumsum(steps_s).tolist()
    blocks = np.random.default_rng(seed).integers(0, 256, (len(at_s), BLOCKS)).astype(np.uint8)
    chosen = scenes.fill_gaps(at_s, scenes.scene_starts(at_s, blocks))
    assert chosen[0] == 0 and list(chosen) == sorted(set(chosen)) and chosen[-1] < len(at_s)
    assert len(chosen) <= scenes.MOST_FRAMES


@pytest.mark.parametrize(("contrast", "blank"), [(0.0, True), (3.9, True), (4.1, False), (60.0, False)])
def test_blank_frames_are_known_by_their_contrast(contrast: float, blank: bool) -> None:
    assert scenes.is_blank(contrast) is blank


def test_only_a_much_richer_frame_replaces_an_earlier_poster() -> None:
    assert scenes.is_better_poster(50, than=1)
    assert not scenes.is_better_poster(50, than=45)
