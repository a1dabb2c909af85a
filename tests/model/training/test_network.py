"""The network on rows from disk, compared with the same network on arrays."""

import math
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from data.tables.reader import read_beats
from tests.support.beats.made_beats import write_beats
from training.dataset.assignment import split_rows
from training.dataset.shards import Rows, spool, write_shards
from training.network.build import build
from training.network.fit import fit
from training.network.loss import loss_of
from training.network.schedule import FIXED_EPOCHS, FIXED_STEPS, Schedule
from training.recipe import Recipe

CLASS_LABELS = np.array([2, 3, 5])


@pytest.fixture
def parts(tmp_path: Path) -> list[Rows]:
    """Noisy beats of three classes, sorted by class, in shards of 16 rows."""
    beats = read_beats(write_beats(tmp_path / "beats.csv", [2] * 400 + [3] * 400 + [5] * 400))
    noise = np.random.default_rng(1).normal(0, 1.5, beats.features.shape)
    features = (beats.features + noise).astype(np.float32)
    blocks = [(features[start : start + 50], beats.labels[start : start + 50]) for start in range(0, 1200, 50)]
    spooled = spool(blocks, tmp_path / "beats", 12)
    groups = split_rows(spooled.labels, spooled.hashes, 0.15, 0.2, seed=0)
    return write_shards(spooled, groups, CLASS_LABELS, tmp_path, shard_bytes=16 * 13 * 4, chunk_bytes=100 * 13 * 4)


def on_arrays(train: Rows, epochs: int) -> keras.Model:
    features = np.concatenate([block for block, _ in train.blocks()])
    model = build(train, 3)
    model.compile(keras.optimizers.Adam(), "sparse_categorical_crossentropy")
    model.fit(features, train.columns(), epochs=epochs, batch_size=32, verbose=0)
    return model


def test_shards_teach_as_much_as_arrays(parts):
    train, validation, test = parts
    trained = fit(train, validation, 3, Recipe(epochs=12, patience=12))
    probabilities = trained.probabilities(test)
    beats = np.concatenate([block for block, _ in test.blocks()])
    assert np.allclose(probabilities, trained.model.predict(beats, verbose=0), atol=1e-5)
    expected = on_arrays(train, epochs=12).predict(beats, verbose=0)
    here, there = (np.mean(answers.argmax(axis=1) == test.columns()) for answers in (probabilities, expected))
    assert there > 0.7
    assert here > there - 0.05


@pytest.mark.parametrize("classes", [2, 3])
def test_the_loss_is_cross_entropy_of_smoothed_labels(classes):
    rng = np.random.default_rng(0)
    answers = rng.dirichlet(np.ones(classes), 20).astype(np.float32)
    columns = rng.integers(0, classes, 20)
    wanted = 0.8 * np.eye(classes)[columns] + 0.2 / classes
    expected = -(wanted * np.log(answers)).sum(axis=1)
    given = (columns[:, None].astype(np.float32), answers[:, 1:]) if classes == 2 else (columns, answers)
    np.testing.assert_allclose(loss_of(classes, 0.2)(*given), expected, rtol=1e-3)


def test_without_patience_all_rows_are_trained_on_for_a_fixed_number_of_epochs(parts):
    train, validation, test = parts
    trained = fit(train, validation, 3, Recipe(epochs=12, patience=0))
    assert not trained.early_stop
    assert (trained.best_epoch, list(trained.history)) == (12, ["accuracy", "loss"])
    assert np.mean(trained.probabilities(test).argmax(axis=1) == test.columns()) > 0.65


def test_the_schedule_of_few_rows_has_all_of_them_and_ends_by_itself(make_rows):
    def schedule(rows: int, epochs: int = 500) -> Schedule:
        learned, judging = (make_rows(np.zeros((each, 2), np.float32), np.arange(each) % 2) for each in (rows, 8))
        return Schedule.of(learned, judging, Recipe(epochs=epochs))

    few, many = schedule(15), schedule(40_000)
    assert (len(few.train), few.validation, few.batch_size, few.epochs) == (23, None, 23, 500)
    assert schedule(15, 30).epochs == 30
    assert schedule(492).epochs == math.ceil(FIXED_STEPS * 32 / 500)
    assert many.epochs == FIXED_EPOCHS
    falling: Any = few.learning_rate(Recipe())
    assert [float(falling(step)) for step in (0, 250, 500)] == pytest.approx([1e-3, 5e-4, 0], abs=1e-9)


@pytest.mark.parametrize(
    ("recipe", "found"),
    [
        (Recipe(), [(0, 0), (1, 0), (0, 0), (0, 0.1)]),
        (Recipe(augment=0), [(0, 0), (0, 0.1), (0, 0), (0, 0.1)]),
        (Recipe(label_smoothing=0.2), [(0, 0.2), (1, 0.2), (0, 0.2), (0, 0.2)]),
    ],
)
def test_few_rows_without_early_stopping_are_augmented_or_smoothed_by_default(make_rows, recipe, found):
    # rows that train, rows that validate, and how many of their two values are of a trace
    cases = ((100, 200, 2), (100, 8, 2), (5000, 8, 2), (100, 8, 0))

    def schedule(train: int, validation: int, trace: int) -> Schedule:
        learned, judging = (
            make_rows(np.zeros((each, 2), np.float32), np.arange(each) % 2, trace=trace) for each in (train, validation)
        )
        return Schedule.of(learned, judging, recipe)

    assert [(it.augment, it.label_smoothing) for it in (schedule(*case) for case in cases)] == found
