"""Trains the network."""

import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial

import keras
import numpy as np
from numpy.typing import NDArray

from training.dataset.batches import in_order, shuffled
from training.dataset.shards import Rows
from training.distributed.loop import fit_distributed
from training.distributed.workers import Team
from training.errors import TrainingError
from training.network.build import compiled
from training.network.checkpoint import Store
from training.network.epochs import Epochs
from training.network.inference import infer, logits, probabilities, training_deviation
from training.network.schedule import Schedule
from training.recipe import Recipe

JUDGED_AT_ONCE = 1024  # rows


@dataclass(frozen=True, slots=True)
class Trained:
    """A trained network and its learning curves: `history` has a value per epoch for each metric."""

    model: keras.Model
    history: dict[str, list[float]]
    best_epoch: int  # the epoch of the weights, counted from 1
    seconds: float  # training time of this process
    batch_size: int
    early_stop: bool  # whether the validation rows stopped the training; else they were trained on, too
    augment: float
    label_smoothing: float

    def probabilities(self, rows: Rows) -> NDArray[np.float32]:
        """Return probabilities (rows, k) in the order of the rows, with a column for each class."""
        return infer(partial(probabilities, self.model), rows)

    def logits(self, rows: Rows) -> NDArray[np.float32]:
        """Return the logits (rows, k), whose softmax are the probabilities."""
        return infer(partial(logits, self.model), rows)


def fit(
    train: Rows,
    validation: Rows,
    classes: int,
    recipe: Recipe,
    team: Team | None = None,
    store: Store | None = None,
    watchers: Sequence[keras.callbacks.Callback] = (),
) -> Trained:
    """Train a network by the recipe and its `Schedule`, and return it with the best or the last weights.

    With a `team` its workers train one network together. With a `store` a killed training resumes after its last epoch.
    `watchers` are further callbacks. On a terminal each epoch has a progress bar, otherwise one line. Raises
    TrainingError if the loss is NaN, or if the recipe augments traces and the rows have none.
    """
    keras.utils.set_random_seed(recipe.seed)
    schedule = Schedule.of(train, validation, recipe)
    early_stop = schedule.validation is not None
    with team.strategy.scope() if team else nullcontext():
        model = compiled(schedule, classes, recipe)
    stop = schedule.early_stopping(recipe)
    epochs = Epochs(stop, store)
    callbacks = [stop, epochs, keras.callbacks.TerminateOnNaN(), *watchers]
    left = range(epochs.done, epochs.done if epochs.ended else schedule.epochs)
    started = time.monotonic()
    _fit(model, schedule, recipe, left, callbacks, team)
    seconds = time.monotonic() - started
    losses = epochs.history[stop.monitor]
    # Without early stopping the last weights are kept, so only the last loss counts.
    if not np.isfinite(losses if early_stop else losses[-1]).any():
        raise TrainingError("the training diverged: its loss is NaN; try a lower --learning-rate")
    epochs_used = stop.best_epoch + 1 if early_stop else len(losses)
    return Trained(
        _alone(model) if team else model,
        epochs.history,
        epochs_used,
        seconds,
        schedule.batch_size,
        early_stop,
        schedule.augment,
        schedule.label_smoothing,
    )


def _fit(
    model: keras.Model,
    schedule: Schedule,
    recipe: Recipe,
    epochs: range,
    callbacks: list[keras.callbacks.Callback],
    team: Team | None,
) -> None:
    seed = recipe.seed + epochs.start  # a resumed training must not repeat the first epoch's order
    noise = recipe.noise * training_deviation(model) if recipe.noise else None
    judged = in_order(schedule.validation, JUDGED_AT_ONCE) if schedule.validation else None
    worker, workers = (team.workers.index, team.size) if team else (0, 1)
    batches = shuffled(schedule.train, schedule.batch_size, seed, worker, workers, noise, schedule.augment)
    if team:
        share = judged and judged.shard(workers, worker)
        weights = schedule.class_weights
        fit_distributed(team, model, batches, share, schedule.batch_size, epochs, weights, callbacks)
        return
    model.fit(
        batches,
        validation_data=judged,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
        shuffle=False,  # the batches are shuffled already
        class_weight=schedule.class_weights,
        callbacks=callbacks,
        verbose=1 if sys.stdout.isatty() else 2,
    )


def _alone(model: keras.Model) -> keras.Model:
    """Return a copy of the network that does not need the other workers."""
    copy = keras.Sequential.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy
