"""Which values of a beat decided its class: integrated gradients, as TensorFlow operations.

Sundararajan, Taly, Yan: Axiomatic Attribution for Deep Networks, ICML 2017, https://arxiv.org/abs/1703.01365.
"""

from collections.abc import Callable

import tensorflow as tf

# Points between baseline and beat (midpoint rule). ReLU makes the score piecewise smooth with about as many pieces as
# neurons, so a rule of higher order is no better. The remaining error is less than a thousandth of the difference.
POINTS = 1024

Logits = Callable[[tf.Tensor], tf.Tensor]  # features (batch, n) to logits (batch, k)


def scores(logits: tf.Tensor, columns: tf.Tensor) -> tf.Tensor:
    """Return the log-odds (batch,), log p - log(1 - p), of one class column of each beat.

    `logits` are (batch, k), `columns` (batch,)."""
    chosen = tf.one_hot(columns, logits.shape[1], on_value=True, off_value=False)
    others = tf.where(chosen, -float("inf"), logits)
    return tf.gather(logits, columns, batch_dims=1) - tf.reduce_logsumexp(others, axis=1)


def attributions(logits: Logits, features: tf.Tensor, columns: tf.Tensor, baseline: tf.Tensor) -> tf.Tensor:
    """Return the contribution of each value to the score of a beat's class column, (batch, n).

    The contributions add up to the score of the beat minus that of the `baseline` (n,). Beats are processed one by one,
    so memory does not grow with the batch.
    """
    steps = (tf.range(POINTS, dtype=tf.float32)[:, None] + 0.5) / POINTS

    def attributed(beat: tuple[tf.Tensor, tf.Tensor]) -> tf.Tensor:
        difference = beat[0] - baseline
        points = baseline + steps * difference
        with tf.GradientTape() as tape:
            tape.watch(points)
            height = scores(logits(points), tf.repeat(beat[1], POINTS))
        return difference * tf.reduce_mean(tape.gradient(height, points), axis=0)

    return tf.map_fn(attributed, (features, columns), fn_output_signature=tf.TensorSpec(features.shape[1:], tf.float32))
