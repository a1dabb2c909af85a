"""The out-of-distribution (OOD) score, which is part of the model.

The score is the distance of a beat to the nearest of a sample of training beats (Ramaswamy et al. 2000, Sun et al.
2022). There are two distances, and the larger counts: the Euclidean distance, which finds other shapes, and the
Mahalanobis distance by the covariance of the differences between neighbours, which finds unknown noise of small
amplitude. The covariance is estimated as in relevant component analysis (Shental et al. 2002), with the model of
probabilistic PCA (Tipping and Bishop 1999). Mean, deviation and roughness are added to the values; without them a flat
beat would be near to the mean of all.

The threshold is the distance that one more beat of the same kind exceeds with a probability of 1 %: that quantile of
the validation rows (split conformal prediction, Papadopoulos et al. 2002).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset.shards import Rows
from training.ood.neighbours import LEAST, SHARE, Scale, Values, between_neighbours, draw, limit, others

SHARE_BY_SCALE = SHARE / 2  # lower for the distance by scale, which flags more beats
MOST_BEATS = 2000  # kept in the model; chosen by hand
MOST_VALUES = 1 << 20  # of all kept beats: of longer beats fewer are kept
MOST_JUDGED = 20_000  # validation rows
ENOUGH_JUDGED = 1000  # rows; fewer cannot show 1 %
AT_ONCE = 1024  # rows
LEAST_SPREAD = 0.05  # minimum standard deviation of the three summaries
FARTHEST = 1e6  # limit in deviations; also the score of a beat without a finite score


@dataclass(frozen=True, slots=True)
class Embedding:
    """Maps beats to points: n values in units of `scale`, and mean, deviation and roughness in units of `spreads`."""

    scale: tf.Variable  # ()
    spreads: tf.Variable  # (3,)
    centre: tf.Variable  # (n + 3,)

    def __call__(self, features: tf.Tensor) -> tf.Tensor:
        """Return the points (batch, n + 3) of the beats `features` (batch, n)."""
        values = tf.clip_by_value(features / self.scale, -FARTHEST, FARTHEST)
        changes = tf.reduce_sum((values[:, 1:] - values[:, :-1]) ** 2, axis=1) / max(1, values.shape[1] - 1)
        deviations = tf.math.reduce_std(values, axis=1)
        summaries = [tf.reduce_mean(values, axis=1), _logarithm(deviations), _logarithm(tf.sqrt(changes))]
        return tf.concat([values, tf.stack(summaries, axis=1) / self.spreads], axis=1) - self.centre


@dataclass(frozen=True, slots=True)
class OodScore:
    """A fitted OOD score; a SavedModel must hold its `variables`."""

    embed: Embedding
    beats: tf.Variable  # (kept, n + 3)
    scaled_beats: tf.Variable  # (kept, n + 3)
    axes: tf.Variable  # (n + 3, d)
    along: tf.Variable  # (d,)
    rest: tf.Variable  # ()
    threshold: tf.Variable  # ()
    judged: int  # number of rows that gave the threshold

    @property
    def variables(self) -> list[tf.Variable]:
        """All variables that the score reads."""
        embedding = [self.embed.scale, self.embed.spreads, self.embed.centre]
        return [*embedding, self.beats, self.scaled_beats, self.axes, self.along, self.rest, self.threshold]

    def score(self, features: tf.Tensor) -> tf.Tensor:
        """Return the score (batch,) of `features` (batch, n): distance over threshold, unusual above 1."""
        score = tf.reduce_max(self.distances(features), axis=1) / self.threshold
        return tf.where(tf.math.is_finite(score), tf.minimum(score, FARTHEST), FARTHEST)

    def distances(self, features: tf.Tensor) -> tf.Tensor:
        """Return both distances of the beats `features` (batch, n) to the nearest training beat, (batch, 2)."""
        points = self.embed(features)
        own = tf.reduce_sum((points - self._nearest(points, self.beats)) ** 2, axis=1)
        # Computed from the difference itself: the expanded square is too inexact in float32.
        differences = points - self._nearest(points, self.scaled_beats)
        inside = tf.matmul(differences, self.axes)
        outside = differences - tf.matmul(inside, self.axes, transpose_b=True)
        by_scale = tf.reduce_sum((inside / self.along) ** 2, axis=1) + tf.reduce_sum((outside / self.rest) ** 2, axis=1)
        return tf.sqrt(tf.stack([own, by_scale], axis=1))

    def _nearest(self, points: tf.Tensor, beats: tf.Variable) -> tf.Tensor:
        halves = tf.reduce_sum(self.beats * beats, axis=1) / 2
        return tf.gather(self.beats, tf.argmax(tf.matmul(points, beats, transpose_b=True) - halves, axis=1))

    def describe(self) -> dict[str, Any]:
        """Return the method and its threshold, ready for JSON."""
        return {
            "method": "distance to the nearest training beat, as it is and on the scale of neighbours",
            "threshold": float(self.threshold),
            "share_of_validation": SHARE,
            "training_rows": int(self.beats.shape[0]),
            "judged_rows": self.judged,
        }


def fit_ood(train: Rows, validation: Rows, seed: int) -> OodScore:
    """Fit the score: keep a sample of the training rows, and take the threshold from the validation rows.

    If there are fewer than ENOUGH_JUDGED validation rows, kept training rows are added, each compared with all others.
    """
    rng = np.random.default_rng(seed)
    kept, drawn = draw(train, max(2, min(MOST_BEATS, MOST_VALUES // train.width)), rng)
    features = train.take(kept)
    embed = _fit_embedding(features)
    beats = embed(features).numpy().astype(np.float64)
    learned = (drawn + 1) // 2
    scale = between_neighbours(beats, learned)
    judged = rng.permutation(len(validation))[:MOST_JUDGED]
    blocks = [judged[first : first + AT_ONCE] for first in range(0, len(judged), AT_ONCE)]
    unscaled = _ood_score(embed, beats, scale)
    distances = np.concatenate([unscaled.distances(validation.take(block)).numpy() for block in blocks])
    if len(judged) < ENOUGH_JUDGED:
        # Without the rows that the scale was fitted to, whose distances would be too small.
        neighbour_distances = [others(beats, measured)[0] for measured in (beats, scale(beats))]
        distances = np.concatenate([distances, np.stack(neighbour_distances, axis=1)[learned:drawn]])
    stretch = limit(distances[:, 1], SHARE_BY_SCALE) / limit(distances[:, 0])
    # Slightly larger, or rounding could flag the beat that gave the threshold.
    threshold = (1 + LEAST) * limit(np.maximum(distances[:, 0], distances[:, 1] / stretch))
    return _ood_score(embed, beats, scale.stretched(stretch), threshold, len(distances))


def _fit_embedding(features: NDArray[np.float32]) -> Embedding:
    deviation = float(np.sqrt(features.var(axis=0, dtype=np.float64).mean()))
    embed = Embedding(_variable(deviation or 1.0), _variable(np.ones(3)), _variable(np.zeros(features.shape[1] + 3)))
    embed.spreads.assign(np.maximum(embed(features).numpy()[:, -3:].std(axis=0), LEAST_SPREAD))
    embed.centre.assign(embed(features).numpy().mean(axis=0, dtype=np.float64))
    return embed


def _ood_score(embed: Embedding, beats: Values, scale: Scale, threshold: float = 1.0, judged: int = 0) -> OodScore:
    measure = (_variable(scale.axes), _variable(scale.along), _variable(scale.rest))
    return OodScore(embed, _variable(beats), _variable(scale(beats)), *measure, _variable(threshold), judged)


def _logarithm(sizes: tf.Tensor) -> tf.Tensor:
    return tf.math.log(sizes + LEAST)


def _variable(value: Values | float) -> tf.Variable:
    return tf.Variable(value, trainable=False, dtype=tf.float32)
