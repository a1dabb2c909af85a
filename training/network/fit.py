"""The training of the network."""

import sys
import time
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any

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
from training.network.inference import infer, logits, probabilities
from training.recipe import Recipe

LEAST_GAIN = 1e-3  # of validation loss, within the patience
STEPS_AT_ONCE = 32  # in one call of TensorFlow: between two calls, Python takes longer than a step of a small batch
JUDGED_AT_ONCE = 1024  # rows


@dataclass(frozen=True, slots=True)
class Trained:
    """A network and what its training looked like: a value per epoch under `loss`, `val_loss` and their accuracies."""

    model: keras.Model
    history: dict[str, list[float]]
    best_epoch: int  # whose weights were kept, counted from 1
    seconds: float  # of the epochs that this process took part in

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
    """Train until the validation loss stops falling and keep the best weights.

    With a `team` its workers train one network together; with a `store` a killed training goes on after its last epoch.
    `watchers` are told of each epoch.
    A terminal gets a progress bar per epoch, a log one line. Raises TrainingError if no epoch ends with a loss.
    """
    keras.utils.set_random_seed(recipe.seed)
    with team.strategy.scope() if team else nullcontext():
        model = _compiled(build(train, classes), classes, recipe)
    # Where beats are easy the loss falls for ever by ever less, which nobody should wait for.
    stop = keras.callbacks.EarlyStopping(
        "val_loss", min_delta=LEAST_GAIN, patience=recipe.patience, restore_best_weights=True
    )
    epochs = Epochs(stop, store)
    callbacks = [stop, epochs, keras.callbacks.TerminateOnNaN(), *watchers]
    left = range(epochs.done, epochs.done if epochs.ended else recipe.epochs)
    started = time.monotonic()
    _fit(model, train, validation, recipe, left, callbacks, team)
    seconds = time.monotonic() - started
    if not np.isfinite(epochs.history["val_loss"]).any():
        raise TrainingError("the training diverged, its loss is NaN; try a lower --learning-rate")
    return Trained(_alone(model) if team else model, epochs.history, stop.best_epoch + 1, seconds)


def _compiled(model: keras.Model, classes: int, recipe: Recipe) -> keras.Model:
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    model.compile(
        keras.optimizers.Adam(recipe.learning_rate), loss, metrics=["accuracy"], steps_per_execution=STEPS_AT_ONCE
    )
    return model


def _fit(
    model: keras.Model,
    train: Rows,
    validation: Rows,
    recipe: Recipe,
    epochs: range,
    callbacks: list[keras.callbacks.Callback],
    team: Team | None,
) -> None:
    batch = min(recipe.batch_size or batch_size(len(train)), len(train))
    seed = recipe.seed + epochs.start  # a resumed training does not see the first epoch's order again
    judged = in_order(validation, JUDGED_AT_ONCE)
    if team:
        own = shuffled(train, batch, seed, team.workers.index, team.size)
        share = judged.shard(team.size, team.workers.index)
        fit_distributed(team, model, own, share, batch, epochs, _weights(train, recipe), callbacks)
        return
    model.fit(
        shuffled(train, batch, seed),
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
    copy = keras.models.clone_model(model)
    copy.set_weights(model.get_weights())
    return copy


def batch_size(rows: int) -> int:
    """A batch that lets a small set take many steps and a large one use the machine: 32 to 1024 rows."""
    return min(1024, max(32, rows // 200))


def _weights(train: Rows, recipe: Recipe) -> dict[int, Any] | None:
    if recipe.class_weights == "none":
        return None
    present = {column: count for column, count in enumerate(train.counts) if count}
    return {column: len(train) / (len(present) * count) for column, count in present.items()}
