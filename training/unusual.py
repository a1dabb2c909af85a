"""How unlike the training beats a beat is: its distance to the nearest of them, on a scale of the data's own."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.shards import Features, Rows

SHARE = 0.01  # of validation rows that are called unusual
MOST_BEATS = 1000
MOST_VALUES = 1 << 20  # of all beats that are kept: longer beats are fewer
MOST_JUDGED = 20_000  # validation rows
AT_ONCE = 1024  # rows
FARTHEST = 1e6  # a standardised value beyond this, or a score that is no number


@dataclass(frozen=True, slots=True)
class Unusual:
    """A fitted score; `variables` are what it needs in a SavedModel."""

    mean: tf.Variable  # (n,)
    scale: tf.Variable  # (n,)
    beats: tf.Variable  # (kept, n), standardised
    threshold: tf.Variable  # ()
    judged: int

    @property
    def variables(self) -> list[tf.Variable]:
        """All that the score reads."""
        return [self.mean, self.scale, self.beats, self.threshold]

    def score(self, features: tf.Tensor) -> tf.Tensor:
        """Distance of the beats `features` (batch, n) divided by the threshold, float32 (batch,): unusual above 1."""
        score = self.distance(features) / self.threshold
        return tf.where(tf.math.is_finite(score), tf.minimum(score, FARTHEST), FARTHEST)

    def distance(self, features: tf.Tensor) -> tf.Tensor:
        """Distance of the beats `features` (batch, n) to the nearest that is kept, (batch,)."""
        beats = tf.clip_by_value((features - self.mean) / self.scale, -FARTHEST, FARTHEST)
        norms = tf.reduce_sum(beats**2, axis=1, keepdims=True) + tf.reduce_sum(self.beats**2, axis=1)
        squares = norms - 2 * tf.matmul(beats, self.beats, transpose_b=True)
        return tf.sqrt(tf.maximum(tf.reduce_min(squares, axis=1), 0))

    def describe(self) -> dict[str, Any]:
        """The method and its threshold, ready for JSON."""
        return {
            "method": "distance to the nearest training beat",
            "threshold": float(self.threshold),
            "share_of_validation": SHARE,
            "training_rows": int(self.beats.shape[0]),
            "validation_rows": self.judged,
        }


def fit(train: Rows, validation: Rows, seed: int) -> Unusual:
    """Keep a sample of the training rows, and take the threshold from a sample of the validation rows."""
    rng = np.random.default_rng(seed)
    beats = _sample(train, max(2, min(MOST_BEATS, MOST_VALUES // train.width)), rng)
    mean, variance = beats.mean(axis=0, dtype=np.float64), beats.var(axis=0, dtype=np.float64)
    scale = np.sqrt(np.where(variance < 1e-12, 1.0, variance))
    judged = _sample(validation, MOST_JUDGED, rng)
    kept = (_variable(mean), _variable(scale), _variable((beats - mean) / scale), _variable(1.0))
    unusual = Unusual(*kept, judged=len(judged))
    distances = np.concatenate([unusual.distance(judged[at : at + AT_ONCE]) for at in range(0, len(judged), AT_ONCE)])
    unusual.threshold.assign(limit(distances))
    return unusual


def limit(distances: NDArray[np.floating[Any]], share: float = SHARE) -> float:
    """The distance that a new beat exceeds with a chance of `share`; the largest where so few cannot tell."""
    place = min(len(distances), int(np.ceil((len(distances) + 1) * (1 - share))))
    return max(float(np.sort(distances)[place - 1]), float(np.finfo(np.float32).tiny))


def _sample(rows: Rows, most: int, rng: np.random.Generator) -> Features:
    return rows.take(np.sort(rng.permutation(len(rows))[:most]))


def _variable(value: NDArray[Any] | float) -> tf.Variable:
    return tf.Variable(value, trainable=False, dtype=tf.float32)
