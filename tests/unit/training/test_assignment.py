"""The split of rows into training, validation and test."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from training.dataset.assignment import hash_rows, split_rows

labels_with_enough_rows = st.lists(st.integers(3, 40), min_size=2, max_size=6).map(
    lambda sizes: np.repeat(np.arange(len(sizes)), sizes)
)
shares = st.floats(0.01, 0.99)
rng = np.random.default_rng(0)


def random_beats(rows: int) -> NDArray[np.float32]:
    return rng.normal(size=(rows, 5)).astype(np.float32)


@given(labels=labels_with_enough_rows, validation=shares, test=shares, seed=st.integers(0, 9), kinds=st.integers(1, 99))
def test_every_row_is_dealt_once_and_every_part_has_every_class(labels, validation, test, seed, kinds):
    hashes = hash_rows(random_beats(kinds))[np.arange(len(labels)) % kinds]
    parts = split_rows(labels, hashes, validation, test, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    for part in parts:
        assert set(labels[part]) == set(labels)


def test_shares_are_kept_within_each_class():
    labels = np.repeat([0, 1], [2000, 1000])
    train, validation, test = split_rows(labels, hash_rows(random_beats(3000)), 0.25, 0.2, seed=0)
    assert [np.bincount(labels[part]).tolist() for part in (train, validation, test)] == [
        [1200, 600],
        [400, 200],
        [400, 200],
    ]


def test_rows_of_other_classes_are_in_no_part():
    labels = np.repeat([0, 1, 2], 20)
    parts = split_rows(labels, hash_rows(random_beats(60)), 0.25, 0.2, 0, np.array([0, 2]))
    assert sorted(np.concatenate(parts)) == [*range(20), *range(40, 60)]


def test_a_seed_repeats_a_split_and_another_makes_another():
    labels = np.repeat([0, 1], 50)
    hashes = hash_rows(random_beats(100))
    first, again, other = (np.concatenate(split_rows(labels, hashes, 0.2, 0.2, seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def held_back(features: NDArray[np.float32], seed: int = 0, salt: int = 0) -> list[tuple[float, ...]]:
    labels = (features[:, 0] > 0).astype(np.int64)
    *_, test = split_rows(labels, hash_rows(features, salt), 0.2, 0.2, seed)
    return [tuple(row) for row in features[test].tolist()]


def test_the_test_rows_do_not_depend_on_seed_or_order():
    features = random_beats(500)
    assert held_back(features, seed=1) == held_back(features[::-1], seed=2)


def test_added_rows_leave_nearly_all_held_back_rows_where_they_are():
    features = random_beats(5000)
    before, after = set(held_back(features[:4000])), set(held_back(features))
    assert len(before - after) < 0.1 * len(before)


def test_another_salt_holds_other_rows_back():
    features = random_beats(500)
    assert len(set(held_back(features)) & set(held_back(features, salt=1))) < 50


def test_equal_beats_are_on_one_side():
    features = np.repeat(random_beats(100), 3, axis=0)
    labels = np.zeros(300, np.int64)
    train, validation, test = split_rows(labels, hash_rows(features), 0.2, 0.2, seed=0)
    assert not set(test // 3) & set(np.concatenate([train, validation]) // 3)
    assert abs(len(test) - 60) <= 2


def test_one_beat_many_times_does_not_upset_the_shares():
    features = np.concatenate([np.ones((900, 5), np.float32), random_beats(100)])
    *_, test = split_rows(np.zeros(1000, np.int64), hash_rows(features), 0.2, 0.2, seed=0)
    assert 100 <= len(test) <= 300
