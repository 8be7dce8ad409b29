from __future__ import annotations

import numpy as np
import pytest

from pipeline.registry import voice_space


def test_points_have_length_one_and_one_row_a_piece() -> None:
    vectors = np.random.default_rng(1).normal(size=(5, 192)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    points = voice_space().place(vectors)
    assert points.shape == (5, 252)
    assert np.linalg.norm(points, axis=1) == pytest.approx(np.ones(5), abs=1e-5)


def test_a_piece_without_a_direction_gives_numbers_all_the_same() -> None:
    space = voice_space()
    assert np.isfinite(space.place(np.zeros((1, 192), np.float32))).all()
    assert np.isfinite(space.child_log_odds(np.zeros((1, 192), np.float32))).all()


def test_no_piece_is_no_trouble() -> None:
    assert voice_space().place(np.zeros((0, 192), np.float32)).shape == (0, 252)


def test_the_weights_are_known_by_their_hash() -> None:
    assert len(voice_space().model_sha256) == 64


def test_points_of_one_length_and_the_variance_of_voices_along_each_axis() -> None:
    space = voice_space()
    points = space.standardise(np.random.default_rng(1).normal(size=(3, 192)).astype(np.float32))
    assert points.shape == (3, len(space.between))
    assert (space.between > 0).all()
    assert np.square(points).sum(axis=1) == pytest.approx(np.full(3, float((1 + space.between).sum())), rel=1e-4)
