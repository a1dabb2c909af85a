"""The loss: cross entropy with optional label smoothing."""

from collections.abc import Callable

import keras
import tensorflow as tf

Loss = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def loss_of(classes: int, smoothing: float = 0.0) -> Loss:
    """Return the loss function (batch,) for class columns (batch,) or (batch, 1) and outputs (batch, k).

    With two classes the outputs are (batch, 1). `smoothing` is the share of the target probability that is spread over
    all classes (Szegedy and others: Rethinking the Inception Architecture for Computer Vision, CVPR 2016).
    """

    def smoothed(columns: tf.Tensor, answers: tf.Tensor) -> tf.Tensor:
        if classes == 2:
            return keras.losses.binary_crossentropy(columns, answers, label_smoothing=smoothing)
        wanted = tf.one_hot(tf.cast(tf.reshape(columns, (-1,)), tf.int32), classes)
        return keras.losses.categorical_crossentropy(wanted, answers, label_smoothing=smoothing)

    return smoothed
