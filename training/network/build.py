"""The architecture of the network."""

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from training.dataset.shards import Rows
from training.network.loss import loss_of
from training.network.schedule import Schedule
from training.recipe import Recipe

STEPS_AT_ONCE = (
    32  # per call of TensorFlow: the Python code between two calls takes longer than a step of a small batch
)
# Names by which other modules find these layers.
NORMALIZATION = "normalization"
LOGITS = "logits"  # without the activation, which is the next layer


def compiled(schedule: Schedule, classes: int, recipe: Recipe) -> keras.Model:
    """Return the network compiled with Adam, cross entropy and the schedule's learning rate."""
    model = build(schedule.train, classes)
    optimizer = keras.optimizers.Adam(schedule.learning_rate(recipe))
    loss = loss_of(classes, schedule.label_smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=STEPS_AT_ONCE)
    return model


def build(rows: Rows, classes: int) -> keras.Model:
    """Return the network: standardisation, 128 ReLU, 64 ReLU, and one sigmoid (two classes) or a softmax (more).

    Mean and variance of `rows`, the training rows, are part of the model.
    """
    layers = keras.layers
    mean, variance = _moments(rows)
    return keras.Sequential(
        [
            layers.Input((rows.width,), name="features"),
            layers.Normalization(mean=mean, variance=variance, name=NORMALIZATION),
            layers.Dense(128, "relu", name="hidden_1"),
            layers.Dense(64, "relu", name="hidden_2"),
            layers.Dense(1 if classes == 2 else classes, name=LOGITS),
            layers.Activation("sigmoid" if classes == 2 else "softmax", name="probabilities"),
        ]
    )


def _moments(rows: Rows) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scaler = StandardScaler()
    for features, _ in rows.blocks():
        scaler.partial_fit(features)
    # A constant column is not scaled: division by almost 0 would make any new value huge.
    return scaler.mean_, np.where(scaler.var_ < 1e-12, 1.0, scaler.var_)
