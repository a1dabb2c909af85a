"""The requests to contenders, and the check of their responses."""

import json
import pickle
from array import array

import pytest

from bench.contracts import Batches, Beat, Json, OpenInference, Packed, TensorFlowServing, recorded
from gateway.model_server.wire.serving_pb2 import DT_FLOAT, DT_INT64, PredictRequest, PredictResponse

BEATS = [Beat((0.5, -0.25), 1, 0.75), Beat((1.0, 2.0), 0, 0.875)]


def grpc_answer(labels, probabilities):
    response = PredictResponse()
    for name, dtype, field, values in (
        ("predicted_class", DT_INT64, "int64_val", labels),
        ("probability", DT_FLOAT, "float_val", probabilities),
    ):
        tensor = response.outputs[name]
        tensor.dtype = dtype
        tensor.tensor_shape.dim.add(size=len(values))
        getattr(tensor, field).extend(values)
    return response.SerializeToString()


def json_answer(labels, probabilities):
    rows = [{"predicted_class": label, "probability": each} for label, each in zip(labels, probabilities, strict=True)]
    return json.dumps({"predictions": rows}).encode()


def pairs(labels, probabilities):
    return json.dumps([[float(label), each] for label, each in zip(labels, probabilities, strict=True)]).encode()


def tensors(labels, probabilities):
    outputs = [{"name": "predicted_class", "data": labels}, {"name": "probability", "data": probabilities}]
    return json.dumps({"outputs": outputs}).encode()


ANSWERS = [
    (Json(), json_answer),
    (Batches(), pairs),
    (OpenInference(), tensors),
    (TensorFlowServing(), grpc_answer),
]


@pytest.mark.parametrize(("contract", "answer"), ANSWERS)
def test_only_the_expected_answer_counts_as_right(contract, answer):
    check = pickle.loads(pickle.dumps(contract.target(1, BEATS).check))  # as it travels to the generator
    assert check(answer([1, 0], [0.75, 0.875]))
    assert check(answer([1, 0], [0.75002, 0.875]))
    assert not check(answer([0, 0], [0.75, 0.875]))
    assert not check(answer([1, 0], [0.76, 0.875]))
    assert not check(answer([1], [0.75]))
    assert not check(b"nonsense")
    assert not check(b"[1, 2]")


@pytest.mark.parametrize(("contract", "answer"), ANSWERS)
def test_a_contender_without_a_model_has_the_same_answer_for_all(contract, answer):
    check = type(contract)((0, 0.5)).target(1, BEATS).check
    assert check(answer([0, 0], [0.5, 0.5]))
    assert not check(answer([1, 0], [0.75, 0.875]))


def test_one_beat_and_several_are_sent_as_the_gateway_takes_them():
    assert json.loads(Json().body(BEATS[:1])) == {"features": [0.5, -0.25]}
    assert json.loads(Json().body(BEATS)) == {"instances": [[0.5, -0.25], [1.0, 2.0]]}
    assert Json().target(1, BEATS[:1]).check(b'{"predicted_class": 1, "probability": 0.75}')


def test_an_http_request_is_complete():
    head, _, body = Json().target(8000, BEATS).request.partition(b"\r\n\r\n")
    assert head.startswith(b"POST /predict HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n")
    assert f"Content-Length: {len(body)}".encode() in head
    assert OpenInference().target(1, BEATS).request.startswith(b"POST /v2/models/ecg/infer ")


def test_a_grpc_request_is_tensorflow_servings():
    request = PredictRequest.FromString(TensorFlowServing().target(1, BEATS).request)
    assert request.model_spec.name == "ecg"
    assert [dim.size for dim in request.inputs["features"].tensor_shape.dim] == [2, 2]
    assert len(request.inputs["features"].tensor_content) == 16


def test_recorded_beats_have_the_decimals_that_a_float32_needs(tmp_path):
    (tmp_path / "assets.extra").mkdir()
    row = {"features": [-0.15986000001430511, 0.5], "label": 0, "predicted_class": 1, "probability": 0.9}
    (tmp_path / "assets.extra" / "beats.json").write_text(json.dumps([row, row]))
    beats = recorded(tmp_path, 5)
    assert len(beats) == 5
    assert beats[0] == Beat((-0.15986, 0.5), 1, 0.9)


def test_beats_as_bytes_say_what_they_are():
    head, _, body = Packed().target(8000, BEATS).request.partition(b"\r\n\r\n")
    assert b"Content-Type: application/octet-stream\r\n" in head
    assert array("f", body).tolist() == [0.5, -0.25, 1.0, 2.0]
