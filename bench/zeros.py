"""`python -m bench.zeros FOLDER WIDTH`: write a SavedModel with the same signature that returns only zeros."""

import sys
from typing import Any

import tensorflow as tf


def write(folder: str, width: int) -> None:
    """Write the model for beats of `width` values to `folder`."""

    def serve(features: tf.Tensor) -> dict[str, tf.Tensor]:
        rows = tf.shape(features)[0]
        return {
            "probabilities": tf.zeros([rows, 2]),
            "predicted_class": tf.zeros([rows], tf.int64),
            "probability": tf.zeros([rows]),
        }

    signature: Any = tf.function(serve, input_signature=[tf.TensorSpec([None, width], tf.float32, name="features")])
    tf.saved_model.save(tf.Module(), folder, signatures={"serving_default": signature})


if __name__ == "__main__":
    write(sys.argv[1], int(sys.argv[2]))
