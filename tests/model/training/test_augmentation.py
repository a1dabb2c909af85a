"""Augmentation of training beats."""

import numpy as np
import pytest

from training.dataset.augmentation import augment_traces
from training.errors import TrainingError
from training.network.fit import fit
from training.recipe import Recipe

SEED = np.array([1, 2], np.int32)
TRACES = (3 + 2 * np.sin(np.arange(140) / 9 + np.arange(500)[:, None])).astype(np.float32)


def test_a_bent_trace_keeps_its_mean_and_deviation_and_little_strength_changes_little():
    bent = [augment_traces(TRACES, strength, SEED).numpy() for strength in (1.0, 0.1, 0.0)]
    for traces in bent:
        np.testing.assert_allclose(traces.mean(axis=1), TRACES.mean(axis=1), atol=1e-3)
        np.testing.assert_allclose(traces.std(axis=1), TRACES.std(axis=1), rtol=1e-3)
    changes = [np.median(np.abs(traces - TRACES)) for traces in bent]
    assert changes[0] > 5 * changes[1] > 0.01
    assert changes[2] < 1e-5


def test_the_time_axis_is_bent_by_values_on_either_side():
    steps = np.tile(np.repeat([0.0, 1.0], 70), (500, 1)).astype(np.float32)
    rises = (augment_traces(steps, 0.5, SEED).numpy() > 0.5).argmax(axis=1)
    assert rises.min() < 68
    assert rises.max() > 72


def test_a_flat_line_stays_flat():
    np.testing.assert_array_equal(augment_traces(np.full((3, 20), 7, np.float32), 1.0, SEED), np.full((3, 20), 7))


def test_augmentation_of_rows_without_a_trace_is_an_error(make_rows):
    columns = np.arange(20) % 2
    rows = make_rows(np.stack([columns, columns], axis=1).astype(np.float32), columns)
    with pytest.raises(TrainingError, match="--augment needs the trace of a beat"):
        fit(rows, rows, 2, Recipe(augment=0.5))
    assert fit(rows, rows, 2, Recipe(epochs=1)).augment == 0


def test_few_beats_without_early_stop_are_bent_and_their_labels_not_smoothed(make_rows):
    columns = np.arange(20) % 2
    rows = make_rows(TRACES[:20], columns, trace=140)
    trained = fit(rows, rows, 2, Recipe(epochs=1))
    assert (trained.augment, trained.label_smoothing) == (1, 0)
