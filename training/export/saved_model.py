"""The SavedModel, which is the contract with whoever serves or asks it: written, checked, and warmed up."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog, PredictLog

from training.errors import PublishError
from training.export.session import load_session
from training.export.signatures import Servable
from training.ood.score import OodScore

WARMUP_BATCHES = (1, 16)
ASKED_ABOUT_BEATS = ("serving_default", "details", "explain")
EXPLAINED_BEATS = 16  # of those that are checked
UNEXPLAINED = 0.05  # of the difference of the scores, and of 1: far more than the quadrature leaves
AFAR = 100  # standard deviations: of real beats, some may have no distance but what rounding makes


def export(servable: Servable, folder: Path) -> None:
    """Write the SavedModel with its signatures into `folder`."""
    module = tf.Module(name="ecg")
    module.weights = servable.variables()
    tf.saved_model.save(module, str(folder), signatures=servable.signatures())


def write_warmup(folder: Path, name: str, beats: NDArray[np.float32]) -> None:
    """Leave requests of real `beats` (rows, n) that the model server plays before it calls the version available."""
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir(exist_ok=True)
    requests = [_request(name, "metadata")]
    for rows in WARMUP_BATCHES:
        batch = tf.make_tensor_proto(np.resize(beats, (rows, beats.shape[1])))
        requests += [_request(name, signature, features=batch) for signature in ASKED_ABOUT_BEATS]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            writer.write(PredictionLog(predict_log=PredictLog(request=request)).SerializeToString())


def _request(name: str, signature: str, **inputs: Any) -> Any:
    return PredictRequest(model_spec=ModelSpec(name=name, signature_name=signature), inputs=inputs)


def verify(folder: Path, features: NDArray[np.float32], probabilities: NDArray[np.float32], unusual: OodScore) -> None:
    """Load what was written and compare its answers with the trained model's own.

    `features` (rows, n) are real beats, for which `probabilities` (rows, k) and the scores of `unusual` are right.
    Raises PublishError when they differ, or when explanations do not add up to what they explain.
    """
    afar = features + np.float32(AFAR * (features.std() or 1))
    with load_session(folder) as model:
        predictions = model.answers("serving_default", features)
        details = model.answers("details", features)
        unusual_scores = model.answers("details", afar)["unusual_score"]
        explanations = model.answers("explain", features[:EXPLAINED_BEATS])
    for answers in (predictions, details):
        _require_same("the written model differs from the trained one", answers["probabilities"], probabilities)
    _require_same("the written score of unusual beats differs", unusual_scores, unusual.score(afar).numpy(), 1e-3)
    _require_same("the explained class is another one", explanations["probability"], probabilities.max(axis=1))
    difference = explanations["score"] - explanations["baseline_score"]
    _require_same("explanations do not add up", explanations["attributions"].sum(axis=1), difference, UNEXPLAINED)


def _require_same(
    trouble: str, answers: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float = 1e-5
) -> None:
    expected = expected[: len(answers)]
    if not np.allclose(answers, expected, rtol=tolerance, atol=tolerance):
        raise PublishError(f"{trouble} by {float(np.abs(answers - expected).max()):.2g} on held-back beats")
