"""MLServer: a custom runtime and adaptive batching, without workers for inference.

One or two of them beside the process that speaks HTTP, as is the default, answer fewer requests on two cores. Requests
wait a millisecond for others, as the default of the batching is not to batch, and ten are answered less often.

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
        """Load it."""
        self._loaded = tf.saved_model.load(os.environ["ECG_BENCH_VERSION"])
        self._predict = self._loaded.signatures["serving_default"]
        return True

    async def predict(self, payload: InferenceRequest) -> InferenceResponse:
        """Answer a batch, which MLServer has put together."""
        features = NumpyCodec.decode_input(payload.inputs[0])
        outputs = self._predict(features=tf.constant(features, tf.float32))
        return InferenceResponse(
            model_name=self.name,
            outputs=[
                NumpyCodec.encode_output(name, outputs[name].numpy()) for name in ("predicted_class", "probability")
            ],
        )
