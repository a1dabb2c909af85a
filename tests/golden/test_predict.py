"""Predict: successful answers, the reading of tensors, and each error with its code and message."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow_serving.apis.classification_pb2 import ClassificationRequest
from tensorflow_serving.apis.inference_pb2 import MultiInferenceRequest
from tensorflow_serving.apis.regression_pb2 import RegressionRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig

from tests.golden.kit import ECHOED, LONG_BEAT, Client, array, export_echoes, floats, refused, spec

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


@pytest.fixture(scope="session")
def n(client: Client, model: str) -> int:
    """The number of features that the served model takes."""
    _, signatures = client.metadata(spec(model), "signature_def")
    return int(signatures["serving_default"].inputs["features"].tensor_shape.dim[1].size)


@pytest.fixture
def beat(n: int) -> TensorProto:
    return floats(*range(n), shape=(1, n))


def test_an_answer_has_every_output_and_the_version(client, model, beat):
    response = client.predict(spec(model), {"features": beat})
    assert set(response.outputs) == {"probabilities", "predicted_class", "probability"}
    assert response.model_spec.name == model
    assert response.model_spec.version.value >= 1
    assert response.model_spec.signature_name == "serving_default"
    assert array(response, "probabilities").sum() == pytest.approx(1, abs=1e-5)


def test_outputs_travel_in_typed_fields(client, model, n):
    response = client.predict(spec(model), {"features": floats(*range(3 * n), shape=(3, n))})
    assert len(response.outputs["probability"].float_val) == 3
    assert len(response.outputs["predicted_class"].int64_val) == 3
    assert not any(proto.tensor_content for proto in response.outputs.values())


def test_output_filter_selects(client, model, beat):
    response = client.predict(spec(model), {"features": beat}, outputs=["probability"])
    assert set(response.outputs) == {"probability"}


def test_a_signature_without_inputs_needs_none(client, model):
    response = client.predict(spec(model, signature="metadata"), {})
    assert response.model_spec.signature_name == "metadata"
    assert set(response.outputs) == {"class_labels", "feature_names", "description"}
    assert array(response, "class_labels").dtype == np.int64


@pytest.mark.parametrize("given", [0, 1, 3, 9], ids=lambda given: f"{given}-values")
def test_a_short_field_is_filled_and_a_long_one_cut(client, model, n, given):
    values = [float(i + 1) for i in range(given * n // 4 or given)]
    full = [*values, *[values[-1] if values else 0.0] * n][:n]
    short = client.predict(spec(model), {"features": floats(*values, shape=(1, n))})
    exact = client.predict(spec(model), {"features": floats(*full, shape=(1, n))})
    assert array(short, "probabilities").tolist() == array(exact, "probabilities").tolist()


def test_tensor_content_is_read(client, model, n, beat):
    content = TensorProto(dtype=types_pb2.DT_FLOAT, tensor_content=np.arange(n, dtype=np.float32).tobytes())
    content.tensor_shape.CopyFrom(beat.tensor_shape)
    by_content = client.predict(spec(model), {"features": content})
    by_field = client.predict(spec(model), {"features": beat})
    assert array(by_content, "probabilities").tolist() == array(by_field, "probabilities").tolist()


def test_tensor_content_of_another_length_does_not_parse(client, model, beat):
    content = TensorProto(dtype=types_pb2.DT_FLOAT, tensor_content=b"1234567", tensor_shape=beat.tensor_shape)
    with refused(INVALID, "tensor parsing error: features"):
        client.predict(spec(model), {"features": content})


def test_a_malformed_shape_does_not_parse(client, model):
    with refused(INVALID, "tensor parsing error: features"):
        client.predict(spec(model), {"features": floats(1, shape=(1, -2))})


def test_a_model_spec_is_needed(client):
    with refused(INVALID, "Missing ModelSpec"):
        client.predict(None)


def test_a_name_is_needed(client):
    with refused(INVALID, "ModelSpec has no name specified."):
        client.predict(spec(""))


def test_an_unknown_model_is_not_found(client):
    with refused(NOT_FOUND, "Servable not found for request: Latest(nobody)"):
        client.predict(spec("nobody"))


def test_an_unknown_version_is_not_found(client, model):
    with refused(NOT_FOUND, f"Servable not found for request: Specific({model}, 987654)"):
        client.predict(spec(model, version=987654))


def test_an_unknown_label_is_invalid(client, model):
    with refused(INVALID, "Unrecognized servable version label: nolabel"):
        client.predict(spec(model, label="nolabel"))


def test_an_unknown_signature_is_a_failed_precondition(client, model, beat):
    with refused(grpc.StatusCode.FAILED_PRECONDITION, 'Serving signature key "foo" not found.'):
        client.predict(spec(model, signature="foo"), {"features": beat})


@pytest.mark.parametrize(
    ("aliases", "message"),
    [
        ([], "0!=1 len({}) != len({features}). Sent extra: {}. Missing but required: {features}."),
        (["a", "features"], "2!=1 len({a,features}) != len({features}). Sent extra: {a}. Missing but required: {}."),
        (["b", "a"], "2!=1 len({a,b}) != len({features}). Sent extra: {a,b}. Missing but required: {features}."),
    ],
    ids=["none", "extra", "others"],
)
def test_another_number_of_inputs_is_listed(client, model, beat, aliases, message):
    with refused(INVALID, f"input size does not match signature: {message}"):
        client.predict(spec(model), dict.fromkeys(aliases, beat))


def test_an_input_under_another_name_is_named(client, model, beat):
    _, signatures = client.metadata(spec(model), "signature_def")
    feed = signatures["serving_default"].inputs["features"].name
    with refused(
        INVALID,
        f"Signature input alias: features(feed name: {feed}) not found in request and no default value provided. "
        "Inputs expected to be in the request {wrong}, or default input alias set: ",
    ):
        client.predict(spec(model), {"wrong": beat})


def test_an_unknown_output_is_named(client, model, beat):
    with refused(
        INVALID,
        "output tensor alias not found in signature: logits "
        "Outputs expected to be in the set {predicted_class,probabilities,probability}.",
    ):
        client.predict(spec(model), {"features": beat}, outputs=["logits"])


def test_an_output_asked_for_twice_is_named(client, model, beat):
    with refused(INVALID, "duplicate output tensor alias: probability"):
        client.predict(spec(model), {"features": beat}, outputs=["probability", "probability"])


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        ({"double_val": [1]}, "double"),
        ({"string_val": [b"x"]}, "string"),
        ({"int64_val": [1]}, "int64"),
        ({"half_val": [1]}, "half"),
        ({"half_val": [1]}, "bfloat16"),
        ({"scomplex_val": [1, 2]}, "complex64"),
        ({"dcomplex_val": [1, 2]}, "complex128"),
        ({"int_val": [300]}, "uint8"),
        ({}, "qint8"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_another_dtype_is_not_cast(client, model, beat, values, dtype):
    enum = types_pb2.DataType.Value(f"DT_{dtype.upper()}")
    proto = TensorProto(dtype=enum, tensor_shape=beat.tensor_shape, **values)
    with refused(INVALID, contains=f"Expects arg[0] to be float but {dtype} is provided"):
        client.predict(spec(model), {"features": proto})


@pytest.mark.usefixtures("differs_from_tfs")
def test_a_resource_does_not_end_the_server(client, model, beat):
    proto = TensorProto(dtype=types_pb2.DT_RESOURCE, tensor_shape=beat.tensor_shape)
    proto.resource_handle_val.add().dtypes_and_shapes.add(dtype=types_pb2.DT_FLOAT).shape.dim.add(size=-5)
    with refused(INVALID, contains="Expects arg[0] to be float but resource is provided"):
        client.predict(spec(model), {"features": proto})
    client.predict(spec(model), {"features": beat})


def test_an_unknown_rank_is_ignored(client, model, beat):
    expected = client.predict(spec(model), {"features": beat})
    beat.tensor_shape.unknown_rank = True
    assert client.predict(spec(model), {"features": beat}) == expected


def test_a_scalar_has_an_empty_shape(client, model):
    description = client.predict(spec(model, signature="metadata"), {}).outputs["description"]
    assert description.HasField("tensor_shape")
    assert not description.tensor_shape.dim


@pytest.fixture
def echo(target, folder: ModelConfig) -> str:
    """The name of a model whose outputs are its inputs."""
    export_echoes(Path(folder.base_path, "1"))
    target.serve(folder)
    return str(folder.name)


def test_values_are_read_by_their_bits(client, echo):
    sent: dict[str, dict[str, Any]] = {
        "float16": {"half_val": [0x3C00, 0x1C000]},
        "bfloat16": {"half_val": [0x3F80, -0x4000]},
        "complex64": {"scomplex_val": [1, 2, 3]},
        "complex128": {"dcomplex_val": [1, 2, 3, 4]},
        "int8": {"int_val": [200, -129]},
        "int16": {"int_val": [-32769]},
        "uint8": {"int_val": [300, -1]},
        "uint16": {"int_val": [65536]},
        "string": {"tensor_content": b"\x00\x81\x01" + b"x" * 129},
    }
    inputs = {}
    for dtype in ECHOED:
        inputs[dtype.name] = TensorProto(dtype=dtype.as_datatype_enum, **sent[dtype.name])
        inputs[dtype.name].tensor_shape.dim.add(size=2)
    outputs = client.predict(spec(echo), inputs).outputs
    assert list(outputs["float16"].half_val) == [0x3C00, 0xC000]
    assert list(outputs["bfloat16"].half_val) == [0x3F80, 0xC000]
    assert list(outputs["complex64"].scomplex_val) == [1, 2, 1, 2]
    assert list(outputs["complex128"].dcomplex_val) == [1, 2, 3, 4]
    assert list(outputs["int8"].int_val) == [-56, 127]
    assert list(outputs["int16"].int_val) == [32767, 32767]
    assert list(outputs["uint8"].int_val) == [44, 255]
    assert list(outputs["uint16"].int_val) == [0, 0]
    assert list(outputs["string"].string_val) == [b"", b"x" * 129]


def test_one_of_several_missing_inputs_is_named(client, echo):
    aliases = [f"wrong{number}" for number, _ in enumerate(ECHOED)]
    with pytest.raises(grpc.RpcError) as caught:
        client.predict(spec(echo), dict.fromkeys(aliases, floats(1, shape=())))
    assert caught.value.code() is INVALID
    # any of them: TensorFlow reads them in the order of a hash map
    name = re.escape("Signature input alias: ") + f"({'|'.join(dtype.name for dtype in ECHOED)})"
    assert re.match(rf"{name}\(feed name: serving_default_\1:0\) not found in request ", str(caught.value.details()))


def test_another_width_is_refused_by_the_model(client, model, n):
    with refused(INVALID, contains=f"[1,{n + 1}]"):
        client.predict(spec(model), {"features": floats(1, shape=(1, n + 1))})


def test_a_missing_batch_dimension_is_refused_by_the_model(client, model, n):
    with refused(INVALID):
        client.predict(spec(model), {"features": floats(1, shape=(n,))})


def test_the_signature_is_judged_before_the_inputs_and_these_before_the_outputs(client, model):
    with refused(grpc.StatusCode.FAILED_PRECONDITION):
        client.predict(spec(model, signature="foo"), {})
    with refused(INVALID, contains="input size does not match"):
        client.predict(spec(model), {}, outputs=["logits"])
    with refused(INVALID, contains="output tensor alias not found in signature: logits"):
        client.predict(spec(model), {"features": TensorProto(dtype=types_pb2.DT_HALF)}, outputs=["logits"])
    with refused(NOT_FOUND):
        client.predict(spec("nobody", signature="foo"), {})


@pytest.mark.parametrize(
    ("method", "request_type"),
    [("Classify", ClassificationRequest), ("Regress", RegressionRequest), ("MultiInference", MultiInferenceRequest)],
)
@pytest.mark.usefixtures("differs_from_tfs")
def test_methods_on_examples_are_not_implemented(client, method, request_type):
    with refused(grpc.StatusCode.UNIMPLEMENTED):
        getattr(client.prediction, method)(request_type(), timeout=10)


@pytest.mark.usefixtures("differs_from_tfs")
def test_a_malformed_request_is_invalid(client):
    call: Callable[..., bytes] = client.channel.unary_unary("/tensorflow.serving.PredictionService/Predict")
    with refused(INVALID):
        call(b"\xff", timeout=10)


@pytest.mark.usefixtures("differs_from_tfs")
def test_one_value_is_not_filled_up_to_many_megabytes(client, model, n):
    with refused(INVALID, "tensor parsing error: features"):
        client.predict(spec(model), {"features": floats(1, shape=(2**25 // n, n))})


def test_a_deadline_is_kept_and_the_server_lives_on(client, served):
    with refused(grpc.StatusCode.DEADLINE_EXCEEDED):
        client.predict(spec(served.name), {"features": LONG_BEAT}, timeout=0.1)
    client.predict(spec(served.name))


def test_large_messages_pass(client, model, n):
    rows = 6_000_000 // (4 * n)
    response = client.predict(spec(model), {"features": floats(1, shape=(rows, n))}, outputs=["probability"])
    assert len(response.outputs["probability"].float_val) == rows
