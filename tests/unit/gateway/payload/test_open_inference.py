"""The Open Inference Protocol, read from and written for Triton's own client."""

import json
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tritonclient.http import InferenceServerClient, InferInput, InferRequestedOutput

from gateway.errors import InvalidBeat, TooManyBeats
from gateway.model import Answer, ServedModel
from gateway.payload.open_inference import HEADER_LENGTH, OUTPUTS, InferRequest, RequestedOutput, read
from gateway.payload.open_inference_answers import error, model_metadata, server_metadata, write_answer

MODEL = ServedModel(2, 3, class_labels=(0, 1))
VALUES = np.array([[1.5, -2.25, 3], [4, 5, 6.125]], "<f4")
ANSWER = Answer(2, [1, 0], [0.75, 0.625], [[0.25, 0.75], [0.625, 0.375]])
NUMBERS = {"predicted_class": [1, 0], "probability": [0.75, 0.625], "probabilities": [[0.25, 0.75], [0.625, 0.375]]}


def client_request(values, binary, outputs=None, datatype="FP32", request_id="") -> tuple[bytes, str | None]:
    """The body and the header's value as Triton's client makes them."""
    tensor = InferInput("features", list(values.shape), datatype)
    tensor.set_data_from_numpy(values, binary_data=binary)
    body, length = InferenceServerClient.generate_request_body([tensor], outputs=outputs, request_id=request_id)
    return body, None if length is None else str(length)


def request(**changes):
    """A body with the keys of the request and of its input replaced; None leaves one out."""
    tensor = {"name": "features", "shape": [1, 3], "datatype": "FP32", "data": [1, 2, 3]}
    content = {"inputs": [tensor]}
    for key, value in changes.items():
        place = content if key in ("id", "inputs", "outputs", "model_name", "request_parameters") else tensor
        place["parameters" if key == "request_parameters" else key] = value
    return json.dumps(content).encode()


@pytest.mark.parametrize("binary", [False, True])
def test_a_request_of_tritons_client_is_read_to_the_bit(binary):
    body, length = client_request(VALUES, binary, request_id="7")
    asked = read(body, length, 2)
    assert asked.beats.fit(MODEL) == VALUES.tobytes()
    assert (asked.beats.count, asked.id, asked.beats.batch, asked.beats.named) == (2, "7", True, False)
    # without outputs this client asks for binary data of all
    assert asked.outputs == tuple(RequestedOutput(name, True) for name in OUTPUTS)


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("name", list(OUTPUTS))
def test_an_answer_is_read_by_tritons_client(name, binary):
    outputs = [
        InferRequestedOutput("probability", binary_data=not binary),
        InferRequestedOutput(name, binary_data=binary),
    ]
    asked = read(*client_request(VALUES, True, outputs[name == "probability" :], request_id="x"), 2)
    content, headers = write_answer(asked, ANSWER, "ecg")
    length = headers.get(HEADER_LENGTH)
    answer = InferenceServerClient.parse_response_body(content, header_length=None if length is None else int(length))
    assert answer.as_numpy(name).tolist() == NUMBERS[name]
    assert answer.get_output(name)["datatype"] == OUTPUTS[name]
    response = answer.get_response()
    assert (response["id"], response["model_name"], response["model_version"]) == ("x", "ecg", "2")
    assert headers["Content-Type"] == ("application/octet-stream" if length else "application/json")


def test_an_answer_without_binary_data_is_json_with_all_outputs():
    content, headers = write_answer(read(request(), None, 1), ANSWER.rows(0, 1), "ecg")
    assert headers == {"Content-Type": "application/json"}
    assert json.loads(content) == {
        "model_name": "ecg",
        "model_version": "2",
        "outputs": [
            {"name": "predicted_class", "shape": [1], "datatype": "INT64", "data": [1]},
            {"name": "probability", "shape": [1], "datatype": "FP32", "data": [0.75]},
            {"name": "probabilities", "shape": [1, 2], "datatype": "FP32", "data": [0.25, 0.75]},
        ],
    }


@pytest.mark.parametrize("data", [[1, 2, 3, 4, 5, 6], [[1, 2, 3], [4, 5, 6]]])
@pytest.mark.parametrize("datatype", ["FP32", "FP64", "INT32", "INT64"])
def test_data_may_be_flat_or_nested_and_of_four_types(data, datatype):
    asked = read(request(data=data, shape=[2, 3], datatype=datatype), None, 2)
    assert asked.beats.fit(MODEL) == struct.pack("<6f", 1, 2, 3, 4, 5, 6)


def test_one_beat_may_have_one_dimension():
    assert read(request(shape=[3]), None, 1).beats.fit(MODEL) == struct.pack("<3f", 1, 2, 3)
    body, length = client_request(VALUES[0], True)
    assert read(body, length, 1).beats.fit(MODEL) == VALUES[0].tobytes()


def test_further_keys_of_clients_are_accepted():
    body = request(
        id=None,
        model_name="ecg",
        outputs=[],
        request_parameters={"content_type": "np"},
        parameters={"content_type": "np"},
    )
    asked = read(body, None, 1)
    assert (asked.id, asked.model_name) == (None, "ecg")
    assert asked.outputs == tuple(RequestedOutput(name) for name in OUTPUTS)


@pytest.mark.parametrize(
    ("body", "sentence", "field"),
    [
        (b"{", "Not JSON", None),
        (b"[]", "the request must be a JSON object", "the request"),
        (request(id=7), "'id' must be a string", "id"),
        (request(inputs=None), "'inputs' must be a list", "inputs"),
        (request(inputs=[]), "'inputs' must be a list", "inputs"),
        (request(inputs=[3]), "inputs[0] must be a JSON object", "inputs[0]"),
        (request(threshold=1), "unknown key 'threshold'", "threshold"),
        (request(name="beats"), "no input 'beats'; its input is 'features'", "beats"),
        (request(name="x" * 99), "no input '" + "x" * 37 + "...'", "x" * 37 + "..."),
        (request(datatype="BYTES"), "datatype 'BYTES'", "datatype"),
        (request(datatype="FP16"), "datatype 'FP16'", "datatype"),
        (request(datatype=[1]), "datatype '[1]'", "datatype"),
        (request(shape=None), "[n, width]", "shape"),
        (request(shape=[1, 3, 1]), "[n, width]", "shape"),
        (request(shape=[-1, 3]), "[n, width]", "shape"),
        (request(shape=[True, 3]), "[n, width]", "shape"),
        (request(shape=[0, 3], data=[]), "[n, width]", "shape"),
        (request(shape=[1, 4]), "is not of the shape [1, 4]", "data"),
        (request(data=[[1, 2], [3]]), "is not of the shape [1, 3]", "data"),
        (request(data=[[1, 2, 3], 4]), "is not of the shape [1, 3]", "data"),
        (request(data=[{"a": 1, "b": 2, "c": 3}]), "is not of the shape", "data"),
        (request(data=None), "must be a list of numbers", "data"),
        (request(parameters={"binary_data_size": 12}), "must be FP32 and have no 'data'", "features"),
        (request(parameters={"binary_data_size": 12}, data=None), HEADER_LENGTH, HEADER_LENGTH),
        (
            request(parameters={"shared_memory_region": "x"}),
            "unknown key 'shared_memory_region'",
            "shared_memory_region",
        ),
        (request(request_parameters={"priority": 1}), "unknown key 'priority'", "priority"),
        (request(request_parameters={"binary_data_output": 1}), "must be true or false", "binary_data_output"),
        (request(outputs={}), "must be a list", "outputs"),
        (request(outputs=[{"name": "logits"}]), "The output 'logits' does not exist", "logits"),
        (request(outputs=[{"name": ["x"]}]), "does not exist", "['x']"),
        (request(outputs=[{"name": "probability"}] * 2), "'probability' is requested twice", "probability"),
        (
            request(outputs=[{"name": "probability", "parameters": {"classification": 2}}]),
            "unknown key 'classification'",
            "classification",
        ),
    ],
)
def test_unknown_and_wrong_fields_are_named(body, sentence, field):
    with pytest.raises(InvalidBeat) as refused:
        read(body, None, 4)
    assert sentence in refused.value.message
    assert refused.value.where.get("field") == field


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"data": [1, None, 3]}, "features[0][1] is null, not a number"),
        ({"data": [1, True, 3]}, "features[0][1] is a boolean, not a number"),
        ({"data": [1, 1e39, 3]}, "features[0][1] is not a finite float32"),
        ({"data": [1, 2**24 + 1, 3], "datatype": "INT64"}, "features[0][1] is not an integer that a float32 holds"),
        ({"data": [1, 2.0, 3], "datatype": "INT32"}, "features[0][1] is not an integer that a float32 holds"),
    ],
)
def test_the_value_that_is_wrong_is_named(changes, sentence):
    with pytest.raises(InvalidBeat) as refused:
        read(request(**changes), None, 4)
    assert sentence in refused.value.message
    assert refused.value.where == {"instance": 0, "index": 1}


def test_there_is_a_limit_of_beats():
    body, length = client_request(VALUES, True)
    with pytest.raises(TooManyBeats, match="2 beats; at most 1"):
        read(body, length, 1)


@pytest.mark.parametrize("length", ["", "-1", "x", "1e2", "+5", "9" * 30, "100000"])
def test_a_header_that_is_not_the_length_of_the_json_is_rejected(length):
    with pytest.raises(InvalidBeat, match=HEADER_LENGTH):
        read(client_request(VALUES, True)[0], length, 4)


def test_binary_data_must_have_the_announced_length_and_be_finite():
    body, length = client_request(VALUES, True)
    for wrong in (body[:-1], body + b"\0", body[:-24]):
        with pytest.raises(InvalidBeat, match="24 bytes"):
            read(wrong, length, 4)
    text = request()
    with pytest.raises(InvalidBeat, match="4 bytes follow the JSON"):
        read(text + b"1234", str(len(text)), 4)
    with pytest.raises(InvalidBeat, match=r"features\[1\]\[2\] is not a finite float32") as refused:
        read(body[:-4] + struct.pack("<f", float("nan")), length, 4)
    assert refused.value.where == {"instance": 1, "index": 2}
    doubles = InferInput("features", [2, 3], "FP64")
    doubles.set_data_from_numpy(VALUES.astype("<f8"))
    body, length = InferenceServerClient.generate_request_body([doubles])
    with pytest.raises(InvalidBeat, match="must be FP32"):
        read(body, str(length), 4)


@given(st.binary(max_size=200), st.none() | st.integers(0, 250).map(str))
@settings(deadline=None)
def test_any_bytes_are_a_request_or_refused(body, length):
    try:
        assert isinstance(read(body, length, 4), InferRequest)
    except (InvalidBeat, TooManyBeats):
        return


@given(st.data(), st.booleans())
@settings(deadline=None)
def test_a_changed_request_is_read_or_refused(data, binary):
    body, length = client_request(VALUES, binary)
    changed = bytearray(body)
    at = data.draw(st.integers(0, len(body) - 1))
    changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    try:
        asked = read(bytes(changed), length, 4)
    except (InvalidBeat, TooManyBeats):
        return
    assert np.isfinite(np.frombuffer(asked.beats.values, "<f4")).all()
    assert len(asked.beats.values) == 4 * asked.beats.count * asked.beats.width


def test_metadata_has_the_models_inputs_and_outputs():
    assert server_metadata("ecg-gateway", "0.1") == {
        "name": "ecg-gateway",
        "version": "0.1",
        "extensions": ["binary_tensor_data"],
    }
    assert model_metadata("ecg", [2, 1], MODEL) == {
        "name": "ecg",
        "versions": ["2", "1"],
        "platform": "tensorflow_savedmodel",
        "inputs": [{"name": "features", "datatype": "FP32", "shape": [-1, 3]}],
        "outputs": [
            {"name": "predicted_class", "datatype": "INT64", "shape": [-1]},
            {"name": "probability", "datatype": "FP32", "shape": [-1]},
            {"name": "probabilities", "datatype": "FP32", "shape": [-1, 2]},
        ],
    }
    assert model_metadata("ecg", [], ServedModel(1, 3))["outputs"][2]["shape"] == [-1, -1]


def test_an_error_is_one_sentence():
    assert error("no") == {"error": "no"}
