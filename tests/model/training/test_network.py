"""The network on rows from disk beside the same network on arrays."""

from pathlib import Path

import keras
import numpy as np
import pytest

from data.tables.reader import read_beats
from tests.made_beats import write_beats
from training.dataset.assignment import split_rows
from training.dataset.shards import Rows, spool, write_shards
from training.network.build import build
from training.network.fit import fit
from training.recipe import Recipe

CLASS_LABELS = np.array([2, 3, 5])


@pytest.fixture
def parts(tmp_path: Path) -> list[Rows]:
    """Beats of three classes, one class after the other in the file, with much noise, in shards of 16 rows."""
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
