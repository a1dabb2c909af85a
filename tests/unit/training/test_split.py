"""Dealing beats into parts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from data.beats import Beats
from training.split import deal, reorder, split_rows

labels_with_enough_rows = st.lists(st.integers(3, 40), min_size=2, max_size=6).map(
    lambda sizes: np.repeat(np.arange(len(sizes)), sizes)
)
shares = st.floats(0.01, 0.99)


@given(labels=labels_with_enough_rows, validation=shares, test=shares, seed=st.integers(0, 9))
def test_every_row_is_dealt_once_and_every_part_has_every_class(labels, validation, test, seed):
    parts = split_rows(labels, validation, test, seed)
    assert sorted(np.concatenate(parts)) == list(range(len(labels)))
    for part in parts:
        assert set(labels[part]) == set(labels)


def test_shares_are_kept_within_each_class():
    labels = np.repeat([0, 1], [2000, 1000])
    train, validation, test = split_rows(labels, 0.25, 0.2, seed=0)
    assert [np.bincount(labels[part]).tolist() for part in (train, validation, test)] == [
        [1200, 600],
        [400, 200],
        [400, 200],
    ]


def test_a_seed_repeats_a_split_and_another_makes_another():
    labels = np.repeat([0, 1], 50)
    first, again, other = (np.concatenate(split_rows(labels, 0.2, 0.2, seed)) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


@given(
    features=arrays(np.float32, st.tuples(st.integers(1, 20), st.integers(1, 40)), elements=st.floats(-9, 9, width=32))
)
def test_reordering_in_place_equals_indexing(features):
    order = np.random.default_rng(0).permutation(len(features))
    expected = features[order]
    reorder(features, order)
    assert (features == expected).all()


@pytest.fixture
def beats() -> Beats:
    labels = np.repeat([0, 1], [30, 20]).astype(np.int64)
    features = np.stack([np.arange(50), labels], axis=1).astype(np.float32)
    return Beats(features=features, labels=labels, feature_names=("row", "label"), source="made.csv", note=None)


def test_dealt_features_stay_with_their_labels_and_are_not_copied(beats):
    parts = deal(beats, None, 0.2, 0.2, seed=0)
    for part in (parts.train, parts.validation, parts.test):
        assert (part.features[:, 1] == part.labels).all()
        assert np.shares_memory(part.features, beats.features)


def test_a_given_test_set_takes_no_rows_from_training(beats):
    parts = deal(beats, beats, 0.2, 0.2, seed=0)
    assert parts.test is beats
    assert len(parts.train.labels) + len(parts.validation.labels) == len(beats.labels)
