"""What a network answers, as probabilities or as logits; and how they are cooled."""

from collections.abc import Callable

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset.shards import Rows

AT_ONCE = 1024  # rows


def answered(answer: Callable[[tf.Tensor], tf.Tensor], rows: Rows) -> NDArray[np.float32]:
    """What `answer` gives for features (batch, n), put together for all rows in their order."""
    # Not model.predict, which takes seconds to begin where a call makes many steps.
    call = tf.function(answer, input_signature=[tf.TensorSpec([None, rows.width])])
    return np.concatenate([call(features) for features, _ in rows.blocks(AT_ONCE)])


def probabilities(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    """The network's answers (batch, k) to features (batch, n)."""
    answers = model(features, training=False)
    # A sigmoid becomes two columns here, so that nobody else need know how the network ends.
    return tf.concat([1 - answers, answers], axis=1) if answers.shape[1] == 1 else answers


def logits(model: keras.Model, features: tf.Tensor) -> tf.Tensor:
    """What the probabilities are the softmax of, (batch, k): exact where a probability is too near to 0 or 1."""
    for layer in model.layers[:-1]:
        features = layer(features)
    return tf.concat([tf.zeros_like(features), features], axis=1) if features.shape[1] == 1 else features


def training_mean(model: keras.Model) -> NDArray[np.float32]:
    """The mean of the training rows that the network was built for, (n,)."""
    return np.ravel(model.layers[0].mean).astype(np.float32)


def cool(model: keras.Model, temperature: float) -> None:
    """Divide the network's logits by `temperature`, for ever: no class changes, only how sure it is."""
    for variable in model.layers[-2].weights:
        variable.assign(variable / temperature)
