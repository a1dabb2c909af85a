"""The training of the network."""

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
from training.network.build import build
from training.network.checkpoint import Store
from training.network.epochs import Epochs
from training.network.inference import infer, logits, probabilities, training_deviation
from training.network.loss import Loss, loss_of
from training.network.schedule import Schedule
from training.recipe import Recipe

STEPS_AT_ONCE = 32  # in one call of TensorFlow: between two calls, Python takes longer than a step of a small batch
JUDGED_AT_ONCE = 1024  # rows


@dataclass(frozen=True, slots=True)
class Trained:
    """A network and what its training looked like: a value per epoch under `loss`, `val_loss` and their accuracies."""

    model: keras.Model
    history: dict[str, list[float]]
    best_epoch: int  # whose weights were kept, counted from 1
    seconds: float  # of the epochs that this process took part in
    batch_size: int
    early_stop: bool  # by the validation rows, which else were trained on, too
    augment: float
    label_smoothing: float

    def probabilities(self, rows: Rows) -> NDArray[np.float32]:
        """Answers (rows, k) in the order of the rows, a column for each class, for two classes too."""
        return infer(partial(probabilities, self.model), rows)

    def logits(self, rows: Rows) -> NDArray[np.float32]:
        """What the probabilities are the softmax of, (rows, k)."""
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
    """Train until the validation loss stops falling and keep the best weights; or on all rows, as `Schedule` has it.

    With a `team` its workers train one network together; with a `store` a killed training goes on after its last epoch.
    `watchers` are told of each epoch.
    A terminal gets a progress bar per epoch, a log one line. Raises TrainingError if no epoch ends with a loss, or if
    the recipe bends traces and the rows have none.
    """
    keras.utils.set_random_seed(recipe.seed)
    schedule = Schedule.of(train, validation, recipe)
    early_stop = schedule.validation is not None
    augment = _augmentation(schedule, recipe)
    smoothing = recipe.smoothing(early_stop, len(schedule.train), augment)
    with team.strategy.scope() if team else nullcontext():
        model = _compiled(build(schedule.train, classes), loss_of(classes, smoothing), schedule, recipe)
    stop = schedule.stop(recipe)
    epochs = Epochs(stop, store)
    callbacks = [stop, epochs, keras.callbacks.TerminateOnNaN(), *watchers]
    left = range(epochs.done, epochs.done if epochs.ended else schedule.epochs)
    started = time.monotonic()
    _fit(model, schedule, recipe, augment, left, callbacks, team)
    seconds = time.monotonic() - started
    losses = epochs.history[stop.monitor]
    # Without early stop the last weights are kept, however they are.
    if not np.isfinite(losses if early_stop else losses[-1]).any():
        raise TrainingError("the training diverged, its loss is NaN; try a lower --learning-rate")
    kept = stop.best_epoch + 1 if early_stop else len(losses)
    own = _alone(model) if team else model
    return Trained(own, epochs.history, kept, seconds, schedule.batch_size, early_stop, augment, smoothing)


def _augmentation(schedule: Schedule, recipe: Recipe) -> float:
    trace = schedule.train.trace
    if recipe.augment and not trace:
        raise TrainingError("--augment bends the traces of beats, and these columns are no trace; leave it out")
    return recipe.augmentation(schedule.validation is not None, len(schedule.train), trace)


def _compiled(model: keras.Model, loss: Loss, schedule: Schedule, recipe: Recipe) -> keras.Model:
    optimizer = keras.optimizers.Adam(schedule.learning_rate(recipe))
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=STEPS_AT_ONCE)
    return model


def _fit(
    model: keras.Model,
    schedule: Schedule,
    recipe: Recipe,
    augment: float,
    epochs: range,
    callbacks: list[keras.callbacks.Callback],
    team: Team | None,
) -> None:
    train, batch = schedule.train, schedule.batch_size
    seed = recipe.seed + epochs.start  # a resumed training does not see the first epoch's order again
    noise = recipe.noise * training_deviation(model) if recipe.noise else None
    judged = in_order(schedule.validation, JUDGED_AT_ONCE) if schedule.validation else None
    if team:
        own = shuffled(train, batch, seed, team.workers.index, team.size, noise, augment)
        share = judged and judged.shard(team.size, team.workers.index)
        fit_distributed(team, model, own, share, batch, epochs, _weights(train, recipe), callbacks)
        return
    model.fit(
        shuffled(train, batch, seed, noise=noise, augment=augment),
        validation_data=judged,
        initial_epoch=epochs.start,
        epochs=epochs.stop,
        shuffle=False,  # it is already
        class_weight=_weights(train, recipe),
        callbacks=callbacks,
        verbose=1 if sys.stdout.isatty() else 2,
    )


def _alone(model: keras.Model) -> keras.Model:
    """The same network, of which the other workers need not be asked."""
    copy = keras.Sequential.from_config(model.get_config())
    copy.set_weights(model.get_weights())
    return copy


def _weights(train: Rows, recipe: Recipe) -> dict[int, float] | None:
    """Weights of the class columns, whose mean over the rows is 1."""
    if not recipe.class_weights:
        return None
    weights = {column: (1 / count) ** recipe.class_weights for column, count in enumerate(train.counts) if count}
    total = sum(weight * train.counts[column] for column, weight in weights.items())
    return {column: weight * len(train) / total for column, weight in weights.items()}
