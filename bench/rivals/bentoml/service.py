"""BentoML: adaptive batching in a worker for each core, without the access log.

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

    # a batchable method takes and gives a batch, also where it is of one
    @bentoml.api(batchable=True, max_batch_size=4096, max_latency_ms=60_000)
    def predict(self, features: np.ndarray) -> np.ndarray:
        """Answer (n, 2), class label and probability, for features (n, width)."""
        outputs = self._predict(features=tf.constant(features, tf.float32))
        return np.stack([outputs["predicted_class"].numpy(), outputs["probability"].numpy()], axis=1)
