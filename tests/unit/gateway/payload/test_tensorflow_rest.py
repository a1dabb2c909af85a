"""TensorFlow Serving's REST API: requests are read and answers written as its clients expect."""

import json
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import Answer, ServedModel, VersionState
from gateway.payload.beats import Matrix
from gateway.payload.json_beats import LARGE
from gateway.payload.tensorflow_rest import PredictRequest, metadata, read, status, write_answer

MODEL = ServedModel(2, 3, class_labels=(0, 1))
ROWS = [[1, 2.5, 3], [4, 5, 6]]
PACKED = struct.pack("<6f", 1, 2.5, 3, 4, 5, 6)
ANSWER = Answer(2, [1, 0], [0.75, 1.0], [[0.25, 0.75], [1.0, 0.0]])


def body(**content: object) -> bytes:
    return json.dumps(content).encode()


@pytest.mark.parametrize(
    ("content", "columns"),
    [
        ({"instances": ROWS}, False),
        ({"instances": [{"features": row} for row in ROWS]}, False),
        ({"inputs": ROWS}, True),
        ({"inputs": {"features": ROWS}}, True),
        ({"inputs": ROWS, "signature_name": "serving_default"}, True),
        ({"instances": ROWS, "signature_name": ""}, False),
    ],
)
def test_rows_and_columns_are_read(content, columns):
    asked = read(body(**content), 2)
    assert (asked.beats.fit(MODEL), asked.beats.batch, asked.columns) == (PACKED, True, columns)


def test_a_large_batch_is_read_the_fast_way():
    rows = [[n / 3] * 140 for n in range(200)]
    asked = body(instances=rows)
    assert len(asked) > LARGE
    assert isinstance(read(asked, 200).beats, Matrix)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ({}, "either 'instances' or 'inputs'"),
        ({"instances": ROWS, "inputs": ROWS}, "either 'instances' or 'inputs'"),
        ({"instances": ROWS, "threshold": 1}, "unknown key 'threshold'"),
        ({"instances": ROWS, "signature_name": "explain"}, "The signature 'explain' is not served"),
        ({"instances": ROWS, "signature_name": 3}, "The signature '3' is not served"),
        ({"instances": []}, "'instances' must be a list of at least one beat"),
        ({"instances": 3}, "'instances' must be a list of at least one beat"),
        ({"instances": [1, 2, 3]}, "instances[0] must be a list of numbers"),
        ({"instances": [{"features": [1]}, [1]]}, "instances[1] must be a JSON object"),
        ({"instances": [{"beat": [1]}]}, "instances[0] has the unknown key 'beat'"),
        ({"instances": [{}]}, "instances[0] lacks the input 'features'"),
        ({"instances": [{"features": {"F1": 1}}]}, "instances[0] must be a list of numbers"),
        ({"instances": [[1], [None]]}, "instances[1][0] is null, not a number"),
        ({"inputs": []}, "'inputs' must be a list of at least one beat"),
        ({"inputs": [1, 2, 3]}, "inputs[0] must be a list of numbers"),
        ({"inputs": {"features": [1, 2, 3]}}, "inputs[0] must be a list of numbers"),
        ({"inputs": {"x": ROWS}}, "inputs has the unknown key 'x'"),
        ({"inputs": {}}, "inputs lacks the input 'features'"),
        ({"inputs": [[1], [float("inf")]]}, "inputs[1][0] is not a finite float32"),
    ],
)
def test_unknown_and_wrong_fields_are_named(content, sentence):
    with pytest.raises(InvalidBeat) as refused:
        read(body(**content), 4)
    assert sentence in refused.value.message


@pytest.mark.parametrize("content", [{"instances": ROWS}, {"inputs": ROWS}, {"instances": [{"features": [1]}] * 2}])
def test_there_is_a_limit_of_beats(content):
    with pytest.raises(TooManyBeats, match="2 beats; at most 1"):
        read(body(**content), 1)


def test_beats_of_another_width_are_rejected():
    with pytest.raises(Misfit, match=r"inputs\[0\] has 2 values; the model takes 3"):
        read(body(inputs=[[1, 2]]), 1).beats.fit(MODEL)


@given(st.binary(max_size=100))
@settings(deadline=None)
def test_any_bytes_are_a_request_or_refused(text):
    try:
        assert isinstance(read(text, 4), PredictRequest)
    except (InvalidBeat, TooManyBeats):
        return


def test_an_answer_is_a_row_for_each_beat_or_a_column_for_each_output():
    asked = read(body(instances=ROWS), 2)
    assert json.loads(write_answer(asked, ANSWER)) == {
        "predictions": [
            {"predicted_class": 1, "probabilities": [0.25, 0.75], "probability": 0.75},
            {"predicted_class": 0, "probabilities": [1.0, 0.0], "probability": 1.0},
        ]
    }
    asked = read(body(inputs=ROWS), 2)
    assert json.loads(write_answer(asked, ANSWER)) == {
        "outputs": {
            "predicted_class": [1, 0],
            "probabilities": [[0.25, 0.75], [1.0, 0.0]],
            "probability": [0.75, 1.0],
        }
    }


def test_status_lists_the_newest_version_first():
    states = {1: VersionState("END", "out of memory"), 3: VersionState("AVAILABLE")}
    assert status(states) == {
        "model_version_status": [
            {"version": "3", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}},
            {"version": "1", "state": "END", "status": {"error_code": "UNKNOWN", "error_message": "out of memory"}},
        ]
    }


def test_metadata_has_the_signature_that_is_served():
    content = metadata("ecg", MODEL)
    assert content["model_spec"] == {"name": "ecg", "signature_name": "", "version": "2"}
    signature = content["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert signature["method_name"] == "tensorflow/serving/predict"
    shapes = {
        name: (info["dtype"], [dim["size"] for dim in info["tensor_shape"]["dim"]])
        for name, info in (signature["inputs"] | signature["outputs"]).items()
    }
    assert shapes == {
        "features": ("DT_FLOAT", ["-1", "3"]),
        "predicted_class": ("DT_INT64", ["-1"]),
        "probabilities": ("DT_FLOAT", ["-1", "2"]),
        "probability": ("DT_FLOAT", ["-1"]),
    }
    unlabelled = metadata("ecg", ServedModel(1, 3))["metadata"]["signature_def"]["signature_def"]["serving_default"]
    assert unlabelled["outputs"]["probabilities"]["tensor_shape"]["dim"][1]["size"] == "-1"
