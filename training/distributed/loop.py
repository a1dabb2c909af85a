"""The training loop for several workers, each of which takes its rows of every batch."""

import sys
from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from training.distributed.workers import Team, translating_errors

STEPS_AT_ONCE = 32  # steps per call of TensorFlow; signals are handled between two calls


def fit_distributed(
    team: Team,
    model: keras.Model,
    train: tf.data.Dataset,
    validation: tf.data.Dataset | None,
    batch_size: int,
    epochs: range,
    class_weights: Mapping[int, float] | None,
    callbacks: Sequence[keras.callbacks.Callback],
) -> None:
    """Train like `Model.fit`, which does not support several workers in Keras 3. All workers' callbacks get equal logs.

    `train` has this worker's rows of each batch of `batch_size`, `validation` its share of the validation rows. The
    model must be compiled in the team's scope. Raises WorkerLostError if another worker is lost.
    """
    loop = _Loop(team, model, batch_size, class_weights)
    steps = int(train.cardinality())
    all_callbacks = keras.callbacks.CallbackList(
        list(callbacks),
        add_progbar=team.leads,
        model=model,
        verbose=1 if sys.stdout.isatty() else 2,
        epochs=epochs.stop,
        steps=steps,
    )
    model.stop_training = False
    with team.strategy.scope():  # for callbacks that write into the network
        all_callbacks.on_train_begin()
        for epoch in epochs:
            all_callbacks.on_epoch_begin(epoch)
            logs = loop.epoch(train, steps, validation)
            all_callbacks.on_train_batch_end(steps - 1, {"accuracy": logs["accuracy"], "loss": logs["loss"]})
            all_callbacks.on_epoch_end(epoch, logs)
            if model.stop_training:
                break
        all_callbacks.on_train_end()


class _Loop:
    """A custom training loop, as TensorFlow documents it for MultiWorkerMirroredStrategy.

    https://www.tensorflow.org/tutorials/distribute/multi_worker_with_ctl
    """

    def __init__(
        self, team: Team, model: keras.Model, batch_size: int, class_weights: Mapping[int, float] | None
    ) -> None:
        self._team = team
        self._model = model
        self._batch_size = batch_size
        self._loss = keras.losses.get(model.loss)
        (width,) = model.output_shape[1:]
        binary = width == 1
        self._right = keras.metrics.binary_accuracy if binary else keras.metrics.sparse_categorical_accuracy
        weights = np.ones(2 if binary else width, np.float32)
        for column, weight in (class_weights or {}).items():
            weights[column] = weight
        self._weights = tf.constant(weights)
        self._take_steps = tf.function(self._steps)
        self._judge_all = tf.function(self._judged_rows)

    def epoch(self, train: tf.data.Dataset, steps: int, validation: tf.data.Dataset | None) -> dict[str, float]:
        """Train for one epoch and return the means over all workers' rows, named as by `Model.fit`."""
        batches = iter(train)
        sums = np.zeros(3)
        with translating_errors():
            for first in range(0, steps, STEPS_AT_ONCE):
                sums += self._take_steps(batches, tf.constant(min(STEPS_AT_ONCE, steps - first))).numpy()
            judged = np.zeros(3) if validation is None else self._judge_all(validation).numpy()
        right, loss, rows, val_right, val_loss, val_rows = self._team.total(np.concatenate([sums, judged]))
        logs = {"accuracy": right / rows, "loss": loss / rows}
        if validation is not None:
            logs |= {"val_accuracy": val_right / val_rows, "val_loss": val_loss / val_rows}
        return logs

    def _steps(self, batches: Any, count: tf.Tensor) -> tf.Tensor:
        sums = tf.zeros(3, tf.float64)
        for _ in tf.range(count):
            sums += self._team.strategy.run(self._step, args=next(batches))
        return sums

    def _step(self, features: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            answers = self._model(features, training=True)
            losses = self._losses(columns, answers) * tf.gather(self._weights, columns)
            # Divided by the size of the whole batch: the optimizer sums the workers' gradients.
            loss = tf.reduce_sum(losses) / self._batch_size
        variables = self._model.trainable_variables
        self._model.optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return self._sums(columns, answers, losses)

    def _judged_rows(self, validation: tf.data.Dataset) -> tf.Tensor:
        sums = tf.zeros(3, tf.float64)
        for batch in validation:
            sums += self._team.strategy.run(self._judged, args=batch)
        return sums

    def _judged(self, features: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
        answers = self._model(features, training=False)
        return self._sums(columns, answers, self._losses(columns, answers))

    def _losses(self, columns: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        return self._loss(self._shaped(columns, answers), answers)

    def _sums(self, columns: tf.Tensor, answers: tf.Tensor, losses: tf.Tensor) -> tf.Tensor:
        right = self._right(self._shaped(columns, answers), answers)
        sums = (tf.reduce_sum(right), tf.reduce_sum(losses), tf.cast(tf.size(columns), tf.float32))
        return tf.cast(tf.stack(sums), tf.float64)

    @staticmethod
    def _shaped(columns: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        return tf.reshape(columns, (-1, 1)) if answers.shape[1] == 1 else columns
