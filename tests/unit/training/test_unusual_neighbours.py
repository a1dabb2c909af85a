"""Nearest neighbours, the scale of their differences, and the threshold."""

from pathlib import Path

import numpy as np
import pytest

from training.dataset.shards import Rows, spool, write_shards
from training.ood.neighbours import LEAST, LEAST_BEATS, Scale, between_neighbours, draw, limit, others


def laid_down(folder: Path, columns: np.ndarray) -> Rows:
    features = np.arange(2 * len(columns), dtype=np.float32).reshape(-1, 2)
    spooled = spool([(features, columns)], folder / "beats", 2)
    (rows,) = write_shards(spooled, [np.arange(len(columns))], np.unique(columns), folder)
    return rows


def test_one_more_exceeds_the_limit_with_the_given_probability():
    rng = np.random.default_rng(0)
    exceeded = [rng.normal() > limit(rng.normal(size=199)) for _ in range(20_000)]
    assert np.mean(exceeded) == pytest.approx(0.01, abs=0.0025)  # three deviations and a half


@pytest.mark.parametrize(("rows", "place"), [(1, 1), (98, 98), (99, 99), (199, 198), (1000, 991)])
def test_where_too_few_can_tell_the_largest_is_the_limit(rows, place):
    distances = np.random.default_rng(0).permutation(np.arange(1.0, rows + 1))
    assert limit(distances) == place


def test_the_limit_of_equal_beats_is_not_zero():
    assert limit(np.zeros(5)) == LEAST


def test_beats_are_drawn_at_random_and_rare_classes_join_them(tmp_path):
    rows = laid_down(tmp_path, np.repeat([0, 1, 2], [3000, 30, 3]))
    kept, drawn = draw(rows, 100, np.random.default_rng(0))
    counts = np.bincount(rows.columns()[kept], minlength=3)
    assert drawn == 100
    assert len(np.unique(kept)) == len(kept)
    assert counts.tolist() == [counts[0], LEAST_BEATS, 3]
    assert counts[0] > 90
    assert kept.tolist() == draw(rows, 100, np.random.default_rng(0))[0].tolist()
    assert kept.tolist() != draw(rows, 100, np.random.default_rng(1))[0].tolist()


def test_all_beats_are_kept_once_where_they_are_few(tmp_path):
    kept, drawn = draw(laid_down(tmp_path, np.array([0, 1, 0, 1, 1])), 100, np.random.default_rng(0))
    assert (sorted(kept), drawn) == ([0, 1, 2, 3, 4], 5)


def test_the_nearest_other_is_never_the_beat_itself():
    beats = np.random.default_rng(0).normal(size=(50, 4))
    distances, nearest = others(beats, beats)
    between = np.linalg.norm(beats[:, None] - beats, axis=2) + np.diag(np.full(50, np.inf))
    assert nearest.tolist() == between.argmin(axis=1).tolist()
    assert np.allclose(distances, between.min(axis=1))
    assert others(beats[[0, 0, 1]], beats[[0, 0, 1]])[0][:2].tolist() == pytest.approx([0, 0], abs=1e-6)
    assert others(beats[:1], beats[:1])[0].tolist() == [0]


def test_on_the_scale_of_neighbours_a_quiet_direction_counts_for_more():
    rng = np.random.default_rng(0)
    # Pairs far from each other, whose halves differ by these deviations.
    deviations = np.array([1.0, 0.5, 0.1, 0.1])
    beats = np.repeat(1000 * rng.normal(size=(400, 4)), 2, axis=0) + rng.normal(size=(800, 4)) * deviations
    scale = between_neighbours(beats, len(beats))
    steps = np.diag(deviations)
    assert np.sum(steps * scale(steps), axis=1) == pytest.approx(1, rel=0.3)
    assert scale.axes.T @ scale.axes == pytest.approx(np.eye(scale.axes.shape[1]))


def test_a_stretched_scale_makes_distances_smaller():
    scale = Scale(np.eye(3)[:, :1], np.array([2.0]), 0.5)
    difference = np.array([[4.0, 1.0, 0.0]])
    assert np.sum(difference * scale(difference)) == pytest.approx(4 + 4)
    assert np.sum(difference * scale.stretched(2)(difference)) == pytest.approx((4 + 4) / 4)


@pytest.mark.parametrize("rows", [1, 2, 7])
def test_equal_beats_have_a_scale_too(rows):
    scale = between_neighbours(np.ones((rows, 4)), (rows + 1) // 2)
    assert scale.rest == LEAST
    assert (scale.along == LEAST).all()
