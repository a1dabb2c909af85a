"""Inference: a network's probabilities and logits, and the temperature that calibrates them."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset.shards import Rows
from training.network.build import LOGITS, NORMALIZATION

AT_ONCE = 1024  # rows


def infer(answer: Callable[[tf.Tensor], tf.Tensor], rows: Rows) -> NDArray[np.float32]:
    """Apply `answer` to the features (batch, n) of all rows and return its results in the order of the rows."""
    # Not model.predict, which takes seconds to start with steps_per_execution.
    call = tf.function(answer, input_signature=[tf.TensorSpec([None, rows.width])])
    return np.concatenate([call(features) for features, _ in rows.blocks(AT_ONCE)])


def probabilities(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    """Return the network's probabilities (batch, k) for features (batch, n)."""
    answers = model(features, training=False)
    # A sigmoid becomes two columns here, so that other modules need not know the last layer.
    return tf.concat([1 - answers, answers], axis=1) if answers.shape[1] == 1 else answers


def logits(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    """Return the logits (batch, k), whose softmax are the probabilities; exact even for probabilities near 0 or 1."""
    for layer in model.layers:
        features = layer(features)
        if layer.name == LOGITS:
            break
    return tf.concat([tf.zeros_like(features), features], axis=1) if features.shape[1] == 1 else features


def training_mean(model: keras.Model) -> NDArray[np.float32]:
    """Return the mean of the training rows, (n,), from the network's normalization layer."""
    return np.ravel(model.get_layer(NORMALIZATION).mean).astype(np.float32)


def training_deviation(model: keras.Model) -> NDArray[np.float32]:
    """Return the standard deviation of the training rows, (n,), from the network's normalization layer."""
    return np.sqrt(np.ravel(model.get_layer(NORMALIZATION).variance)).astype(np.float32)


def apply_temperature(model: keras.Model, temperature: float) -> None:
    """Divide the network's logits by `temperature` in place; the predicted classes stay the same."""
    for variable in model.get_layer(LOGITS).weights:
        variable.assign(variable / temperature)
