"""Rows on disk as tf.data batches."""

from collections.abc import Callable
from itertools import chain

import numpy as np
import pytest
import tensorflow as tf

from training.dataset.batches import in_order, shuffled
from training.dataset.shards import Rows


@pytest.fixture
def rows(make_rows: Callable[..., Rows]) -> Rows:
    """100 rows in shards of 7; each beat encodes its number and class column."""
    columns = np.arange(100) % 3
    return make_rows(np.stack([np.arange(100), columns], axis=1).astype(np.float32), columns, shard_rows=7)


def numbers(batches: tf.data.Dataset) -> list[list[int]]:
    seen = []
    for features, columns in batches:
        assert (features[:, 1].numpy() == columns.numpy()).all()
        seen.append(features[:, 0].numpy().astype(int).tolist())
    return seen


def test_in_order_is_the_order_of_the_blocks(rows):
    batches = in_order(rows, 32)
    assert len(batches) == 4
    assert list(chain(*numbers(batches))) == [int(number) for block, _ in rows.blocks(9) for number in block[:, 0]]


def test_every_epoch_has_each_row_once_in_another_order(rows):
    batches = shuffled(rows, 32, seed=1)
    first, second = (list(chain(*numbers(batches))) for _ in range(2))
    assert len(batches) == 4
    assert first != second
    assert sorted(first) == sorted(second) == list(range(100))


def test_rows_far_apart_meet_in_a_batch(rows):
    for batch in numbers(shuffled(rows, 16, seed=1)):
        assert np.ptp(batch) > 30


def test_a_seed_repeats_the_orders_of_all_epochs_and_another_makes_others(rows):
    orders = [[numbers(batches) for _ in range(3)] for batches in (shuffled(rows, 8, seed) for seed in (5, 5, 6))]
    assert orders[0] == orders[1]
    assert orders[0][0] != orders[2][0]


def test_workers_share_the_batches_of_one_and_take_equally_many_steps(rows):
    alone = numbers(shuffled(rows, 12, seed=3))
    shares = [numbers(shuffled(rows, 12, 3, worker, workers=3)) for worker in range(3)]
    assert [sorted(chain(*batches)) for batches in zip(*shares, strict=True)] == [sorted(batch) for batch in alone[:8]]
    assert {len(batch) for share in shares for batch in share} == {4}


def test_noise_is_another_each_time_and_the_same_however_many_workers(rows):
    deviations = np.array([0.5, 0], np.float32)  # of the second column none, which tells the class

    def noise(batches):
        features = np.concatenate([features for features, _ in batches])
        return features[:, 0] - np.round(features[:, 0])

    batches = shuffled(rows, 20, seed=3, noise=deviations / np.float32(10))
    first, second = noise(batches), noise(batches)
    assert np.std(first) == pytest.approx(0.05, rel=0.3)
    assert not np.isin(np.round(first, 5), np.round(second, 5)).all()
    alone = [features.numpy() for features, _ in shuffled(rows, 20, 3, noise=deviations)]
    shares = [shuffled(rows, 20, 3, worker, 2, deviations) for worker in range(2)]
    for batch, *parts in zip(alone, *shares, strict=True):
        for worker, (features, columns) in enumerate(parts):
            np.testing.assert_array_equal(features, batch[worker::2])
            np.testing.assert_array_equal(features[:, 1], columns)


def test_bent_traces_are_others_each_time_and_the_same_however_many_workers(make_rows):
    columns = np.arange(60) % 3
    waves = np.sin(np.arange(30) / 4 + np.arange(60)[:, None])
    rows = make_rows(np.hstack([waves, columns[:, None]]).astype(np.float32), columns, shard_rows=7, trace=30)

    def all_of(batches):
        features, columns = (np.concatenate(each) for each in zip(*batches, strict=True))
        np.testing.assert_array_equal(features[:, 30], columns)
        return features[:, :30]

    batches = shuffled(rows, 20, seed=3, augment=1.0)
    traces, others = all_of(batches), all_of(batches)
    distances = [np.abs(traces[:, None] - some[None]).max(axis=2).min(axis=1) for some in (waves, others)]
    assert all(np.median(each) > 0.05 for each in distances)
    alone = [features.numpy() for features, _ in shuffled(rows, 20, 3, augment=1.0)]
    shares = [shuffled(rows, 20, 3, worker, 2, augment=1.0) for worker in range(2)]
    for batch, *parts in zip(alone, *shares, strict=True):
        for worker, (features, _) in enumerate(parts):
            np.testing.assert_array_equal(features, batch[worker::2])
