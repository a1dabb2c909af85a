"""The network before it is trained."""

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler

from training.dataset.shards import Rows
from training.network.loss import loss_of
from training.network.schedule import Schedule
from training.recipe import Recipe

STEPS_AT_ONCE = 32  # in one call of TensorFlow: between two calls, Python takes longer than a step of a small batch
# Layers that others find by these names.
NORMALIZATION = "normalization"
LOGITS = "logits"  # the activation is a layer of its own behind it


def compiled(schedule: Schedule, classes: int, recipe: Recipe) -> keras.Model:
    """The network with what it is trained by: Adam, cross entropy and the schedule's learning rate."""
    model = build(schedule.train, classes)
    optimizer = keras.optimizers.Adam(schedule.learning_rate(recipe))
    loss = loss_of(classes, schedule.label_smoothing)
    model.compile(optimizer, loss, metrics=["accuracy"], steps_per_execution=STEPS_AT_ONCE)
    return model


def build(rows: Rows, classes: int) -> keras.Model:
    """Standardise, 128 ReLU, 64 ReLU, and one sigmoid for two classes or a softmax for more.

    Mean and variance come from `rows`, the training rows, and stay inside the model.
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
    # A column that never varies says nothing: left unscaled, since dividing by ~0 would blow up any new value.
    return scaler.mean_, np.where(scaler.var_ < 1e-12, 1.0, scaler.var_)
