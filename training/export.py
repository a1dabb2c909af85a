"""The SavedModel, which is the contract with whoever serves or asks it: signatures, names, types, class labels."""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from training import served
from training.errors import PublishError

WARMUP_BATCHES = (1, 16)


def export(
    model: keras.Model,
    class_labels: NDArray[np.int64],
    feature_names: tuple[str, ...],
    description: dict[str, Any],
    folder: Path,
) -> None:
    """Write the SavedModel with its two signatures into `folder`.

    `serving_default` answers beats; `metadata` takes nothing and tells the class labels, the features' names and a
    JSON `description` of how the model came to be.
    """
    module = tf.Module(name="ecg")
    # The plain variables: a Keras model tracked as a whole is restored by tf.saved_model.load, not by a model server.
    module.weights = [variable.value for variable in model.variables]
    labels = tf.constant(class_labels, tf.int64)
    signatures = {
        "serving_default": _predictions(model, labels, len(feature_names)),
        "metadata": _metadata(labels, feature_names, json.dumps(description)),
    }
    tf.saved_model.save(module, str(folder), signatures=signatures)


def _predictions(model: keras.Model, labels: tf.Tensor, width: int) -> Any:
    def serve(features: tf.Tensor) -> dict[str, tf.Tensor]:
        answers = model(features, training=False)
        # A sigmoid becomes two columns here, so that a client need not know how the network ends.
        probabilities = tf.concat([1 - answers, answers], axis=1) if answers.shape[1] == 1 else answers
        return {
            "probabilities": probabilities,
            "predicted_class": tf.gather(labels, tf.argmax(probabilities, axis=1)),
            "probability": tf.reduce_max(probabilities, axis=1),
        }

    return tf.function(serve, input_signature=[tf.TensorSpec([None, width], tf.float32, name="features")])


def _metadata(labels: tf.Tensor, feature_names: tuple[str, ...], description: str) -> Any:
    def metadata() -> dict[str, tf.Tensor]:
        return {
            "class_labels": labels,
            "feature_names": tf.constant(feature_names),
            "description": tf.constant(description),
        }

    return tf.function(metadata, input_signature=[])


def write_warmup(folder: Path, name: str, beats: NDArray[np.float32]) -> None:
    """Leave requests of real `beats` (rows, n) that the model server plays before it calls the version available."""
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir(exist_ok=True)
    requests = [_request(name, "metadata")]
    for rows in WARMUP_BATCHES:
        batch = np.resize(beats, (rows, beats.shape[1]))
        requests.append(_request(name, "serving_default", features=tf.make_tensor_proto(batch)))
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            writer.write(PredictionLog(predict_log=PredictLog(request=request)).SerializeToString())


def _request(name: str, signature: str, **inputs: Any) -> Any:
    return PredictRequest(model_spec=ModelSpec(name=name, signature_name=signature), inputs=inputs)


def verify(folder: Path, features: NDArray[np.float32], expected: NDArray[np.float32]) -> None:
    """Load what was written and compare its answers with the trained model's own.

    `features` (rows, n) are real beats, `expected` (rows, k) the trained network's probabilities for them.
    Raises PublishError when they differ.
    """
    with served.load(folder) as model:
        answers = model.answer("probabilities", features)
    if not np.allclose(answers, expected, atol=1e-5):
        worst = float(np.abs(answers - expected).max())
        raise PublishError(f"the written model differs from the trained one by {worst:.2g} on held-back beats")
