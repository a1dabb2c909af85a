"""BentoML with adaptive batching and one worker per core, without access log.

https://docs.bentoml.com/en/latest/guides/adaptive-batching.html
https://docs.bentoml.com/en/latest/build-with-bentoml/parallelize-requests.html
"""
# mypy: disable-error-code="import-not-found,misc,untyped-decorator"

import os

import bentoml
import numpy as np
import tensorflow as tf


@bentoml.service(workers=2, threads=1, traffic={"timeout": 60}, logging={"access": {"enabled": False}})
class Ecg:
    """The SavedModel in the folder of ECG_BENCH_VERSION."""

    def __init__(self) -> None:
        self._loaded = tf.saved_model.load(os.environ["ECG_BENCH_VERSION"])
        self._predict = self._loaded.signatures["serving_default"]

    # inputs and outputs of a batchable method are always batches
    @bentoml.api(batchable=True, max_batch_size=4096, max_latency_ms=60_000)
    def predict(self, features: np.ndarray) -> np.ndarray:
        """Return class label and probability (n, 2) for features (n, width)."""
        outputs = self._predict(features=tf.constant(features, tf.float32))
        return np.stack([outputs["predicted_class"].numpy(), outputs["probability"].numpy()], axis=1)
