"""MLServer with a custom runtime and adaptive batching, without inference workers.

With the default of inference workers beside the HTTP process it answers fewer requests on two cores. Requests wait 1 ms
for a batch: by default there is no batching, and with 10 ms it answers fewer requests.

https://docs.seldon.ai/mlserver/user-guide/adaptive-batching
https://docs.seldon.ai/mlserver/user-guide/parallel-inference
https://docs.seldon.ai/mlserver/user-guide/custom
"""
# mypy: disable-error-code="import-not-found,misc"

import os

import tensorflow as tf
from mlserver import MLModel
from mlserver.codecs import NumpyCodec
from mlserver.types import InferenceRequest, InferenceResponse


class Ecg(MLModel):
    """The SavedModel in the folder of ECG_BENCH_VERSION."""

    async def load(self) -> bool:
        """Load the SavedModel."""
        self._loaded = tf.saved_model.load(os.environ["ECG_BENCH_VERSION"])
        self._predict = self._loaded.signatures["serving_default"]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Return predictions for a batch of MLServer."""
        features = NumpyCodec.decode_input(payload.inputs[0])
        outputs = self._predict(features=tf.constant(features, tf.float32))
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                NumpyCodec.encode_output(name, outputs[name].numpy()) for name in ("predicted_class", "probability")
            ],
        )
