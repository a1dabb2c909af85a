"""Writes and checks the SavedModel, the contract between training, model server and gateway."""

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
BEAT_SIGNATURES = ("serving_default", "details", "explain")
CHECKED_EXPLANATIONS = 16  # number of checked beats
EXPLANATION_TOLERANCE = 0.05  # relative and absolute tolerance: far more than the error of the integration
SHIFT = 100  # standard deviations to shift beats by: the distance of a real beat may be nothing but rounding


def export(servable: Servable, folder: Path) -> None:
    """Write the SavedModel with all its signatures into `folder`."""
    module = tf.Module(name="ecg")
    module.weights = servable.variables()
    tf.saved_model.save(module, str(folder), signatures=servable.signatures())


def write_warmup(folder: Path, name: str, beats: NDArray[np.float32]) -> None:
    """Write warm-up requests with `beats` (rows, n), which the model server runs before the version is available."""
    path = folder / "assets.extra" / "tf_serving_warmup_requests"
    path.parent.mkdir(exist_ok=True)
    requests = [_request(name, "metadata")]
    for rows in WARMUP_BATCHES:
        batch = tf.make_tensor_proto(np.resize(beats, (rows, beats.shape[1])))
        requests += [_request(name, signature, features=batch) for signature in BEAT_SIGNATURES]
    with tf.io.TFRecordWriter(str(path)) as writer:
        for request in requests:
            writer.write(PredictionLog(predict_log=PredictLog(request=request)).SerializeToString())


def _request(name: str, signature: str, **inputs: Any) -> Any:
    return PredictRequest(model_spec=ModelSpec(name=name, signature_name=signature), inputs=inputs)


def verify(folder: Path, features: NDArray[np.float32], probabilities: NDArray[np.float32], ood: OodScore) -> None:
    """Load the written model and compare its answers with those of the trained one.

    `features` (rows, n) are real beats, `probabilities` (rows, k) the trained model's answers and `ood` its score.
    Raises PublishError if they differ, or if attributions do not add up to the difference of the scores.
    """
    shifted = features + np.float32(SHIFT * (features.std() or 1))
    with load_session(folder) as model:
        predictions = model.answers("serving_default", features)
        details = model.answers("details", features)
        unusual_scores = model.answers("details", shifted)["unusual_score"]
        explanations = model.answers("explain", features[:CHECKED_EXPLANATIONS])
    for answers in (predictions, details):
        _require_same("the written model differs from the trained one", answers["probabilities"], probabilities)
    _require_same("the written out-of-distribution score differs", unusual_scores, ood.score(shifted).numpy(), 1e-3)
    _require_same(
        "the probability of the explained class differs", explanations["probability"], probabilities.max(axis=1)
    )
    difference = explanations["score"] - explanations["baseline_score"]
    _require_same(
        "attributions do not add up to the difference of the scores; they differ",
        explanations["attributions"].sum(axis=1),
        difference,
        EXPLANATION_TOLERANCE,
    )


def _require_same(
    problem: str, answers: NDArray[np.float32], expected: NDArray[np.float32], tolerance: float = 1e-5
) -> None:
    expected = expected[: len(answers)]
    if not np.allclose(answers, expected, rtol=tolerance, atol=tolerance):
        raise PublishError(f"{problem} by {float(np.abs(answers - expected).max()):.2g} on held-back beats")
