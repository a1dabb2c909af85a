"""REST's JSON: shapes, types and the printing of numbers."""

import contextlib
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.errors import Code, ServingError
from serving.rest.request import parse, tensors
from serving.rest.response import predictions
from serving.runtime.tensors import decode, encode

FLOAT = {"x": TensorInfo(dtype=types_pb2.DT_FLOAT)}
TWO = {**FLOAT, "y": TensorInfo(dtype=types_pb2.DT_INT64)}
TEXT = {"x": TensorInfo(dtype=types_pb2.DT_STRING)}
BOOLS = {"x": TensorInfo(dtype=types_pb2.DT_BOOL)}


def rendered(array: "np.ndarray", alias: str = "p", rows: bool = True) -> str:
    proto = TensorProto()
    encode(array, proto)
    return predictions({alias: proto}, rows=rows)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (1, "1.0"), (9e6, "9e+06"), (0.1, "0.1"), (1 / 3, "0.333333343"), (float("nan"), "NaN")],
)
def test_floats_are_printed_short(value, text):
    assert rendered(np.array([value], np.float32)) == f'{{"predictions": [{text}]}}'


@given(st.lists(st.floats(width=32), min_size=1))
def test_floats_survive_the_way_there_and_back(values):
    array = np.array([values], np.float32)
    there = tensors(parse(b'{"instances": %s}' % json.dumps(array.tolist()).encode()), FLOAT)["x"]
    np.testing.assert_array_equal(decode(there), array)
    back = json.loads(rendered(array))["predictions"]
    np.testing.assert_array_equal(np.array(back, np.float32), array)


def test_bytes_travel_in_base64():
    there = tensors({"instances": [{"b64": "AP8="}, "text"]}, TEXT)["x"]
    assert decode(there).tolist() == [b"\x00\xff", b"text"]
    assert rendered(np.array([b"\x00"], object), "image_bytes") == '{"predictions": [{"b64": "AA=="}]}'
    assert rendered(np.array([b"text"], object)) == '{"predictions": ["text"]}'


def test_scalars_and_integers_go_by_column():
    assert rendered(np.array(3, np.int64), rows=False) == '{"outputs": 3}'
    assert decode(tensors({"inputs": {"x": 1.5, "y": [2]}}, TWO)["x"]) == 1.5
    with pytest.raises(ServingError, match="batch size"):
        rendered(np.array(3, np.int64))


def test_booleans_are_no_numbers():
    assert decode(tensors({"inputs": [True]}, BOOLS)["x"]).tolist() == [True]
    with pytest.raises(ServingError, match="is not of expected type: float"):
        tensors({"inputs": [True]}, FLOAT)


@pytest.mark.parametrize(
    ("document", "inputs", "about"),
    [
        ({"instances": [1], "inputs": [1]}, FLOAT, "only one of"),
        ({"instances": []}, FLOAT, "at least one element"),
        ({"instances": [1]}, TWO, "instances is a plain list"),
        ({"instances": [{"x": 1, "y": 1}, 1]}, TWO, "Expecting object but got list at item 1"),
        ({"instances": [1, {"x": 1}]}, FLOAT, "Expecting value/list but got object at item 1"),
        ({"instances": [[[1, 2]], [[1], [2]]]}, FLOAT, r"Expecting shape \[1,2\] but got: \[2,1\]"),
        ({"instances": [{"x": 1, "y": True}]}, TWO, "element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT"),
        ({"instances": [{"x": 1}]}, TWO, "keys must be equal to: x,y"),
        ({"inputs": [1]}, TWO, "inputs is a plain value/list"),
        ({"inputs": [[1], 1]}, FLOAT, "found at incorrect level"),
        ({"inputs": [1, [1]]}, FLOAT, "Encountered list at unexpected level"),
        ({"inputs": [1e39]}, FLOAT, "without loss of precision"),
        ({"inputs": [2**24]}, FLOAT, "without loss of precision"),
        ({"inputs": [10**400]}, FLOAT, "without loss of precision"),
        ({"inputs": {"x": 1, "y": 1.5}}, TWO, "is not of expected type: int64"),
        ({"inputs": {"x": 1, "y": 2**63}}, TWO, "is not of expected type: int64"),
        ({"inputs": [{"b64": "?"}]}, TEXT, "Unable to base64 decode"),
        ({"inputs": [{"b64": "AA=="}]}, FLOAT, "is not of expected type: float"),
    ],
)
def test_a_wrong_document_is_refused_with_the_reason(document, inputs, about):
    with pytest.raises(ServingError, match=about):
        tensors(document, inputs)


@given(st.binary(max_size=30) | st.text(max_size=30).map(str.encode) | st.sampled_from([b"[" * 100_000, b"9" * 5000]))
def test_any_body_is_an_object_or_refused(body):
    with contextlib.suppress(ServingError):
        assert isinstance(parse(body), dict)


@pytest.mark.parametrize("name", ["half", "bfloat16", "complex64", "complex128", "resource", "qint8"])
@pytest.mark.parametrize("value", [1, 1.5, [[1]], "x", True, None, {"b64": "AA=="}])
def test_a_dtype_that_json_has_no_values_of_is_unimplemented(name, value):
    inputs = {"x": TensorInfo(dtype=types_pb2.DataType.Value(f"DT_{name.upper()}"))}
    with pytest.raises(ServingError) as refused:
        tensors({"inputs": value}, inputs)
    assert refused.value.code is Code.UNIMPLEMENTED


@pytest.mark.parametrize("array", [np.ones(1, np.float16), np.ones(1, np.complex64), np.ones(1, np.complex128)])
def test_a_dtype_that_json_has_no_values_of_is_not_written(array):
    with pytest.raises(ServingError, match=r"Failed to write JSON value for tensor type: (half|complex)") as refused:
        rendered(array)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert rendered(array[:0]) == '{"predictions": []}'


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00\ud800", rb"\uD83D x", b"\xed\xa0\x80"])
@pytest.mark.parametrize("body", [b'{"inputs": "%s"}', b'{"signature_name": "%s"}', b'{"%s": 1}'])
def test_half_a_surrogate_pair_is_no_text(text, body):
    with pytest.raises(ServingError, match="JSON Parse error: ") as refused:
        parse(body % text)
    assert refused.value.code is Code.INVALID_ARGUMENT


def test_a_whole_surrogate_pair_is_a_character():
    assert parse(rb'{"inputs": "\ud83d\ude00"}') == {"inputs": "\U0001f600"}
