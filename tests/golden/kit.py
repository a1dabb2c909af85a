"""What the model server's tests share: tiny SavedModels that keep the contract, a client, and a way to wait."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import grpc
import numpy as np
import pytest
import tensorflow as tf
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, ModelVersionStatus
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.model_service_pb2_grpc import ModelServiceStub
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse
from tensorflow_serving.apis.prediction_log_pb2 import PredictionLog
from tensorflow_serving.apis.prediction_service_pb2_grpc import PredictionServiceStub

FEATURES = 4
PATIENCE = 60.0

T = TypeVar("T")


class _Beats(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """Two classes; class 1 when the features' sum is positive. A first feature above 1000 makes it busy for long."""

    def __init__(self, labels: tuple[int, int]) -> None:
        super().__init__()
        self.weights = tf.Variable(tf.ones([FEATURES, 1]), name="weights")
        self.labels = tf.constant(labels, tf.int64)

    @tf.function(input_signature=[tf.TensorSpec([None, FEATURES], tf.float32, name="features")])
    def predict(self, features):
        rounds = tf.where(features[0, 0] > 1000, tf.cast(features[0, 0], tf.int64), 0)
        busy = tf.while_loop(lambda i: i < rounds, lambda i: [i + 1], [tf.constant(0, tf.int64)])[0]
        score = tf.sigmoid(features @ self.weights + tf.cast(busy * 0, tf.float32))
        probabilities = tf.concat([1 - score, score], axis=1)
        return {
            "probabilities": probabilities,
            "predicted_class": tf.gather(self.labels, tf.argmax(probabilities, axis=1)),
            "probability": tf.reduce_max(probabilities, axis=1),
        }

    @tf.function(input_signature=[])
    def metadata(self):
        return {
            "class_labels": self.labels,
            "feature_names": tf.constant([f"F{i + 1}" for i in range(FEATURES)]),
            "description": tf.constant("{}"),
        }


ECHOED = (tf.half, tf.bfloat16, tf.complex64, tf.complex128, tf.int8, tf.int16, tf.uint8, tf.uint16, tf.string)


class _Echo(tf.Module):  # type: ignore[misc]  # TensorFlow has no types
    """Returns its inputs: a tensor of any shape for each dtype in ECHOED, under the dtype's name."""

    @tf.function(input_signature=[tf.TensorSpec(None, dtype, dtype.name) for dtype in ECHOED])
    def predict(self, *tensors):
        return {tensor.dtype.name: tf.identity(tensor) for tensor in tensors}


def export_echoes(version: Path) -> None:
    """Publish a SavedModel whose outputs are its inputs, one of each dtype in ECHOED."""
    model = _Echo()
    tf.saved_model.save(model, str(version), model.predict)


def export(version: Path, labels: tuple[int, int] = (0, 1), warmup: Iterable[bytes] | None = None) -> None:
    """Publish a SavedModel as `version`: complete before its folder gets the name."""
    staging = version.with_name(f".staging-{version.name}")
    model = _Beats(labels)
    tf.saved_model.save(model, str(staging), {"serving_default": model.predict, "metadata": model.metadata})
    if warmup is not None:
        write_warmup(staging, warmup)
    staging.rename(version)


def export_echo_of(version: Path, dtype: str) -> None:
    """Publish a SavedModel that returns its input tensor `x`, of any shape, as its only output."""
    module = tf.Module()
    module.echo = tf.function(lambda x: {"y": tf.identity(x)}, [tf.TensorSpec(None, dtype, name="x")])
    staging = version.with_name(f".staging-{version.name}")
    tf.saved_model.save(module, str(staging), {"serving_default": module.echo})
    staging.rename(version)


def write_warmup(version: Path, records: Iterable[bytes]) -> None:
    """Put a warm-up file into a SavedModel."""
    (version / "assets.extra").mkdir()
    with tf.io.TFRecordWriter(str(version / "assets.extra" / "tf_serving_warmup_requests")) as writer:
        for record in records:
            writer.write(record)


def warmup_record(features: Any, alias: str = "features") -> bytes:
    """Return a warm-up request for the default signature."""
    log = PredictionLog()
    log.predict_log.request.inputs[alias].CopyFrom(tf.make_tensor_proto(features))
    return bytes(log.SerializeToString())


def floats(*values: float, shape: Iterable[int] = (1, FEATURES)) -> TensorProto:
    """Return a float tensor with exactly these values in its typed field."""
    proto = TensorProto(dtype=tf.float32.as_datatype_enum, float_val=values)
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    return proto


ONE_BEAT = floats(1, 2, 3, 4)
LONG_BEAT = floats(300_000, 0, 0, 0)  # a second or so


class Client:
    """A model server's gRPC, by request rather than by message."""

    def __init__(self, target: str) -> None:
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.use_local_subchannel_pool", 1)]
        self.channel = grpc.insecure_channel(target, options=unlimited)
        self.prediction = PredictionServiceStub(self.channel)
        self.model = ModelServiceStub(self.channel)

    def predict(
        self,
        spec: ModelSpec | None,
        inputs: Mapping[str, TensorProto] | None = None,
        outputs: Iterable[str] = (),
        timeout: float = PATIENCE,
    ) -> PredictResponse:
        """Call Predict with `inputs`, by default one beat."""
        request = PredictRequest(model_spec=spec, output_filter=outputs)
        for alias, proto in (inputs if inputs is not None else {"features": ONE_BEAT}).items():
            request.inputs[alias].CopyFrom(proto)
        return self.prediction.Predict(request, timeout=timeout)

    def status(self, spec: ModelSpec | None) -> list[ModelVersionStatus]:
        """Call GetModelStatus."""
        request = GetModelStatusRequest(model_spec=spec)
        return list(self.model.GetModelStatus(request, timeout=PATIENCE).model_version_status)

    def states(self, name: str) -> dict[int, str]:
        """Return the state of each version, in the server's order; empty if the model is unknown."""
        try:
            rows = self.status(ModelSpec(name=name))
        except grpc.RpcError:
            return {}
        return {row.version: ModelVersionStatus.State.Name(row.state) for row in rows}

    def metadata(self, spec: ModelSpec | None, *fields: str) -> tuple[ModelSpec, Mapping[str, Any]]:
        """Call GetModelMetadata; return the version and its signatures."""
        request = GetModelMetadataRequest(model_spec=spec, metadata_field=fields)
        response = self.prediction.GetModelMetadata(request, timeout=PATIENCE)
        signatures = SignatureDefMap()
        assert response.metadata["signature_def"].Unpack(signatures)
        return response.model_spec, signatures.signature_def

    def reload(self, request: ReloadConfigRequest) -> Any:
        """Call HandleReloadConfigRequest."""
        return self.model.HandleReloadConfigRequest(request, timeout=PATIENCE)


def spec(name: str, version: int | None = None, label: str | None = None, signature: str = "") -> ModelSpec:
    """Return a ModelSpec."""
    result = ModelSpec(name=name, signature_name=signature)
    if version is not None:
        result.version.value = version
    if label is not None:
        result.version_label = label
    return result


def array(response: PredictResponse, alias: str) -> "np.ndarray[Any, Any]":
    """Return an output as numpy."""
    return np.asarray(tf.make_ndarray(response.outputs[alias]))


@contextmanager
def refused(code: grpc.StatusCode, message: str | None = None, contains: str = "") -> Iterator[None]:
    """Expect the call inside to fail with exactly this code, and with (or with a part of) this message."""
    with pytest.raises(grpc.RpcError) as caught:
        yield
    assert caught.value.code() is code, caught.value.details()
    if message is not None:
        assert caught.value.details() == message
    assert contains in (caught.value.details() or "")
