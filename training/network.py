"""The network and its training."""

import sys
from dataclasses import dataclass
from typing import Any, Literal

import keras
import numpy as np
from numpy.typing import NDArray
from sklearn.preprocessing import StandardScaler
from sklearn.utils.class_weight import compute_class_weight

from training.errors import TrainingError

LEAST_GAIN = 1e-3  # of validation loss, within the patience

Features = NDArray[np.float32]
Columns = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train; what to train on is not its business."""

    epochs: int = 200
    patience: int = 15
    batch_size: int | None = None
    learning_rate: float = 1e-3
    class_weights: Literal["none", "balanced"] = "none"
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Trained:
    """A network and what its training looked like: a value per epoch under `loss`, `val_loss` and their accuracies."""

    model: keras.Model
    history: dict[str, list[float]]
    best_epoch: int  # whose weights were kept, counted from 1

    def probabilities(self, features: Features) -> NDArray[np.float32]:
        """Answers (rows, k) for features (rows, n), a column for each class, for two classes too."""
        answers = self.model.predict(features, batch_size=1024, verbose=0)
        return np.hstack([1 - answers, answers]) if answers.shape[1] == 1 else answers


def build(features: Features, classes: int) -> keras.Model:
    """Standardise, 128 ReLU, 64 ReLU, and one sigmoid for two classes or a softmax for more.

    The scaling is taken from `features` (rows, n), the training rows, and stays inside the model.
    """
    layers = keras.layers
    mean, variance = _moments(features)
    last = layers.Dense(1, "sigmoid") if classes == 2 else layers.Dense(classes, "softmax")
    return keras.Sequential(
        [
            layers.Input((features.shape[1],), name="features"),
            layers.Normalization(mean=mean, variance=variance),
            layers.Dense(128, "relu"),
            layers.Dense(64, "relu"),
            last,
        ]
    )


def _moments(features: Features) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scaler = StandardScaler()
    for start in range(0, len(features), 8192):  # in pieces: numpy's own variance would copy the whole array twice
        scaler.partial_fit(features[start : start + 8192])
    # A column that never varies says nothing: left unscaled, since dividing by ~0 would blow up any new value.
    return scaler.mean_, np.where(scaler.var_ < 1e-12, 1.0, scaler.var_)


def fit(train: tuple[Features, Columns], validation: tuple[Features, Columns], classes: int, recipe: Recipe) -> Trained:
    """Train until the validation loss stops falling and keep the best weights.

    Each pair is features (rows, n) and class columns (rows,) in 0..classes-1. A terminal gets a progress bar per epoch,
    a log one line. Raises TrainingError if no epoch ends with a loss.
    """
    keras.utils.set_random_seed(recipe.seed)
    model = build(train[0], classes)
    loss = "binary_crossentropy" if classes == 2 else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.Adam(recipe.learning_rate), loss, metrics=["accuracy"])
    # Where beats are easy the loss falls for ever by ever less, which nobody should wait for.
    stop = keras.callbacks.EarlyStopping(
        "val_loss", min_delta=LEAST_GAIN, patience=recipe.patience, restore_best_weights=True
    )
    history = model.fit(
        *train,
        validation_data=validation,
        epochs=recipe.epochs,
        batch_size=recipe.batch_size or batch_size(len(train[1])),
        class_weight=_weights(train[1], recipe),
        callbacks=[stop, keras.callbacks.TerminateOnNaN()],
        verbose=1 if sys.stdout.isatty() else 2,
    ).history
    if not np.isfinite(history["val_loss"]).any():
        raise TrainingError("the training diverged, its loss is NaN; try a lower --learning-rate")
    curves = {name: [float(value) for value in values] for name, values in history.items()}
    return Trained(model, curves, stop.best_epoch + 1)


def batch_size(rows: int) -> int:
    """A batch that lets a small set take many steps and a large one use the machine: 32 to 1024 rows."""
    return min(1024, max(32, rows // 200))


def _weights(columns: Columns, recipe: Recipe) -> dict[int, Any] | None:
    if recipe.class_weights == "none":
        return None
    present = np.unique(columns)
    return dict(zip(present.tolist(), compute_class_weight("balanced", classes=present, y=columns), strict=True))
