"""Trainings with several workers, and resuming a killed training."""

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from training.dataset.shards import Rows
from training.distributed.workers import Team, Workers
from training.network.checkpoint import Store
from training.network.fit import Trained, fit
from training.recipe import Recipe

RECIPE = Recipe(epochs=4, patience=4, batch_size=16)
ALONE = Team(Workers(("localhost:1",), 0), tf.distribute.get_strategy(), tf.identity)


class Killed(Exception):
    pass


class KilledStore(Store):
    """A process that ends before the third epoch is saved."""

    def save(self, state, arrays):
        if state["epochs"] > 2:
            raise Killed
        super().save(state, arrays)


def trained(parts: tuple[Rows, Rows], *others: Any) -> Trained:
    return fit(parts[0], parts[1], *others)


@pytest.fixture
def make_parts(make_rows):
    def made(classes: int) -> tuple[Rows, Rows]:
        rng = np.random.default_rng(0)
        columns = np.minimum(np.arange(256) % 5, classes - 1)
        features = (rng.normal(0, 1, (256, 6)) + columns[:, None]).astype(np.float32)
        return make_rows(features[:192], columns[:192], trace=6), make_rows(features[192:], columns[192:], trace=6)

    return made


@pytest.fixture
def parts(make_parts):
    return make_parts(2)


@pytest.mark.parametrize(
    ("classes", "chosen"),
    [
        (2, {}),
        (3, {"class_weights": 1.0}),
        (2, {"noise": 0.5, "label_smoothing": 0.2, "class_weights": 0.5}),
        (3, {"noise": 0.5, "label_smoothing": 0.2, "patience": 0}),
        (2, {"augment": 1.0}),
    ],
    ids=["two", "weighed", "smoothed", "no early stop", "augmented"],
)
def test_the_loop_for_several_workers_trains_like_keras(make_parts, classes, chosen):
    parts = make_parts(classes)
    recipe = Recipe(epochs=3, batch_size=16, **chosen)
    own, keras = (trained(parts, classes, recipe, team) for team in (ALONE, None))
    assert own.history.keys() == keras.history.keys()
    for name, values in keras.history.items():
        assert own.history[name][0] == pytest.approx(values[0], rel=1e-4), name
        # Keras's order of the rows is another one from the second epoch on.
        assert own.history[name] == pytest.approx(values, rel=0.1), name


@pytest.mark.parametrize("team", [None, ALONE], ids=["alone", "team"])
def test_a_killed_training_resumes_after_its_last_epoch(parts, team, tmp_path):
    path = tmp_path / ".checkpoint-job.npz"
    with pytest.raises(Killed):
        trained(parts, 2, RECIPE, team, KilledStore(path, 5))
    store = Store(path, 5)
    state, _ = store.load() or pytest.fail("nothing was kept")
    gone_on = trained(parts, 2, RECIPE, team, store)
    assert {name: values[:2] for name, values in gone_on.history.items()} == state["history"]
    assert len(gone_on.history["val_loss"]) == 4
    fresh = trained(parts, 2, RECIPE, team)
    assert gone_on.history["val_loss"][-1] == pytest.approx(fresh.history["val_loss"][-1], rel=0.3)


def test_a_training_that_had_ended_trains_no_more(parts, tmp_path):
    store = Store(tmp_path / ".checkpoint-job.npz", 5)
    recipe = Recipe(epochs=30, patience=2, batch_size=16, learning_rate=0.03)
    first = trained(parts, 2, recipe, None, store)
    assert len(first.history["loss"]) < 30
    again = trained(parts, 2, recipe, None, store)
    assert again.history == first.history
    assert again.best_epoch == first.best_epoch
    np.testing.assert_array_equal(again.probabilities(parts[1]), first.probabilities(parts[1]))
