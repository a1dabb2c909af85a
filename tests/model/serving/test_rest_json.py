"""REST's JSON: shapes, types and the printing of numbers."""

import contextlib
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.errors import Code, ServingError
from serving.rest.document import parse
from serving.rest.request import tensors
from serving.rest.response import predictions
from serving.runtime.tensors import decode, encode

FLOAT = {"x": TensorInfo(dtype=types_pb2.DT_FLOAT)}
TWO = {**FLOAT, "y": TensorInfo(dtype=types_pb2.DT_INT64)}
TEXT = {"x": TensorInfo(dtype=types_pb2.DT_STRING)}
SMALL = {"x": TensorInfo(dtype=types_pb2.DT_INT8)}
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
    assert rendered(np.array([value], np.float32)) == f'{{\n    "predictions": [{text}\n    ]\n}}'


@given(st.lists(st.floats(width=32), min_size=1))
def test_floats_survive_the_way_there_and_back(values):
    array = np.array([values], np.float32)
    there = tensors(parse(b'{"instances": %s}' % json.dumps(array.tolist()).encode()), FLOAT)["x"]
    np.testing.assert_array_equal(decode(there), array)
    back = json.loads(rendered(array))["predictions"]
    np.testing.assert_array_equal(np.array(back, np.float32), array)


def test_bytes_travel_in_base64():
    there = tensors({"instances": [{"b64": "AP8="}, {"b64": "A P8\n"}, "text"]}, TEXT)["x"]
    assert decode(there).tolist() == [b"\x00\xff", b"\x00\xff", b"text"]
    assert json.loads(rendered(np.array([b"\x00"], object), "image_bytes")) == {"predictions": [{"b64": "AA=="}]}
    assert json.loads(rendered(np.array([b"text"], object))) == {"predictions": ["text"]}


def test_scalars_and_integers_go_by_column():
    assert rendered(np.array(3, np.int64), rows=False) == '{\n    "outputs": 3\n}'
    assert decode(tensors({"inputs": {"x": 1.5, "y": [2]}}, TWO)["x"]) == 1.5


def encoded(**arrays: "np.ndarray") -> dict[str, TensorProto]:
    protos = {alias: TensorProto() for alias in arrays}
    for alias, array in arrays.items():
        encode(array, protos[alias])
    return protos


ROWS_OF_ONE = """{
    "predictions": [[1, 2], [3, 4]
    ]
}"""
ROWS_OF_TWO = """{
    "predictions": [
        {
            "a": [[1], [2]],
            "b": 0.5
        },
        {
            "a": [[3], [4]],
            "b": 1.5
        }
    ]
}"""
COLUMNS_OF_ONE = """{
    "outputs": [
        [
            1,
            2
        ],
        [
            3,
            4
        ]
    ]
}"""
COLUMNS_OF_TWO = """{
    "outputs": {
        "a": [
            true
        ],
        "b": []
    }
}"""
BYTES = """{
    "predictions": [
        {
            "a_bytes": [{
                    "b64": "AA=="
                }],
            "b": "\u00e9"
        }
    ]
}"""
FOUR = np.array([[1, 2], [3, 4]])


@pytest.mark.parametrize(
    ("outputs", "rows", "text"),
    [
        ({"a": FOUR}, True, ROWS_OF_ONE),
        ({"a": FOUR[..., np.newaxis], "b": np.array([0.5, 1.5], np.float32)}, True, ROWS_OF_TWO),
        ({"a": FOUR[:0]}, True, '{\n    "predictions": []\n}'),
        ({"a": FOUR[:0], "b": FOUR[:0]}, True, '{\n    "predictions": []\n}'),
        ({"a": FOUR}, False, COLUMNS_OF_ONE),
        ({"a": np.array([True]), "b": FOUR[:0]}, False, COLUMNS_OF_TWO),
        ({"a_bytes": np.array([[b"\0"]], object), "b": np.array(["\u00e9".encode()], object)}, True, BYTES),
    ],
)
def test_an_answer_is_laid_out_as_by_rapidjsons_pretty_writer(outputs, rows, text):
    assert predictions(encoded(**outputs), rows=rows) == text


@pytest.mark.parametrize(
    ("outputs", "text"),
    [
        ({}, "Cannot convert empty tensor map to JSON"),
        ({"a": TensorProto(dtype=types_pb2.DT_INT64)}, "Tensor name: a has no shape information "),
        ({"a": TensorProto(dtype=types_pb2.DT_HALF)}, "Failed to write JSON value for tensor type: half"),
        (encoded(a=np.array([1], np.uint16)), "Failed to write JSON value for tensor type: uint16"),
        (encoded(a=FOUR, b=FOUR[:1]), "Tensor name: b has inconsistent batch size: 1 expecting: 2"),
    ],
)
def test_outputs_that_make_no_rows_are_refused(outputs, text):
    with pytest.raises(ServingError) as refused:
        predictions(outputs, rows=True)
    assert (refused.value.code, refused.value.message) == (Code.INVALID_ARGUMENT, text)


def test_booleans_are_no_numbers():
    assert decode(tensors({"inputs": [True]}, BOOLS)["x"]).tolist() == [True]
    with pytest.raises(ServingError, match="is not of expected type: float"):
        tensors({"inputs": [True]}, FLOAT)


@pytest.mark.parametrize(
    ("document", "inputs", "text"),
    [
        (
            {"instances": [1], "inputs": [1]},
            FLOAT,
            "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist ",
        ),
        ({"instances": []}, FLOAT, "No values in 'instances' array"),
        ({"instances": 1}, FLOAT, "Excepting 'instances' to be an list/array"),
    ],
)
def test_a_malformed_document_is_quoted(document, inputs, text):
    with pytest.raises(ServingError) as refused:
        tensors(document, inputs)
    assert refused.value.message == f"JSON Value: {json.dumps(document, indent=4)} {text}"


@pytest.mark.parametrize(
    ("document", "inputs", "about"),
    [
        ({"instances": [1]}, TWO, "instances is a plain list"),
        ({"instances": [{"x": 1, "y": 1}, 1]}, TWO, "Expecting object but got list at item 1"),
        ({"instances": [1, {"x": 1}]}, FLOAT, "Expecting value/list but got object at item 1"),
        ({"instances": [[[1, 2]], [[1], [2]]]}, FLOAT, r"Expecting shape \[1,2\] but got: \[2,1\]"),
        ({"instances": [{"x": 1, "y": True}]}, TWO, "element: 0 key: y of 'instances' list. Error: INVALID_ARGUMENT"),
        ({"instances": [{"x": 1}]}, TWO, "keys must be equal to: x,y"),
        ({"instances": [{"x": 1, "z": 1}]}, TWO, "0 key: z .* JSON object: does not have named input: z"),
        ({"inputs": [1]}, TWO, "inputs is a plain value/list"),
        ({"inputs": [[1], 1]}, FLOAT, "found at incorrect level"),
        ({"inputs": [1, [1]]}, FLOAT, "Encountered list at unexpected level"),
        ({"inputs": {"x": 1, "y": 1.5}}, TWO, "JSON Value: 1.5 Type: Number is not of expected type: int64"),
        ({"inputs": {"x": 1, "y": 2**63}}, TWO, "is not of expected type: int64"),
        ({"inputs": [True]}, FLOAT, "JSON Value: true Type: True is not of expected type: float"),
        ({"inputs": [None]}, FLOAT, "JSON Value: null Type: Null is not of expected type: float"),
        ({"inputs": [{}]}, FLOAT, "JSON Value: {} Type: Object is not of expected type: float"),
        ({"inputs": [{"x": {"y": 1}}]}, TEXT, "not formatted correctly for base64 data"),
        ({"inputs": [{"b64": "?"}]}, TEXT, "Unable to base64 decode"),
        ({"inputs": [{"b64": "AA=="}]}, FLOAT, "is not of expected type: float"),
        ({"inputs": [2**31]}, SMALL, "JSON Value: 2147483648 Type: Number is not of expected type: int8"),
        ({"inputs": [0.1]}, SMALL, "JSON Value: 0.1 Type: Number"),
        ({"inputs": [1e39]}, SMALL, r"JSON Value: 1e\+39 Type: Number"),
        ({"inputs": [math.nan]}, SMALL, "JSON Value: NaN Type: Number"),
        ({"inputs": ["\u00e9"]}, SMALL, 'JSON Value: "\u00e9" Type: String'),
    ],
)
def test_a_wrong_document_is_refused_with_the_reason(document, inputs, about):
    with pytest.raises(ServingError, match=about):
        tensors(document, inputs)


def test_a_long_value_is_quoted_in_part():
    with pytest.raises(ServingError) as refused:
        tensors({"instances": [], "other": ["x" * 100] * 10_000}, FLOAT)
    assert refused.value.message.endswith("... No values in 'instances' array")
    assert len(refused.value.message) < 1200


def test_numbers_beyond_the_dtype_become_the_nearest_ones():
    given = {"inputs": [1e39, -1e39, 2**24 + 1, 2**64 - 1]}
    assert decode(tensors(given, FLOAT)["x"]).tolist() == [math.inf, -math.inf, 2**24, 2**64]


def parsed(body: bytes) -> Any:
    return parse(b'{"inputs": %s}' % body)["inputs"]


def test_documents_are_read_with_leniency():
    assert parsed(b"[NaN, Inf, -Inf, Infinity, -Infinity]")[1:] == [math.inf, -math.inf] * 2
    assert math.isnan(parsed(b"-NaN"))
    for after in (b"x", b" {}", b"}", b"\n\x00"):
        assert parse(b'{"inputs": 1}' + after) == {"inputs": 1}
    assert parse(b'\xef\xbb\xbf{"inputs": 1}') == {"inputs": 1}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
)


@given(JSON, st.booleans())
def test_documents_are_read_as_python_writes_them(value, ascii_only):
    assert parsed(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@pytest.mark.parametrize("others", [b"3", b"[3, 4]", b'{"y": [5]}', b'"text"'])
@pytest.mark.parametrize(("first", "value"), [(b"[1, 2]", [1, 2]), (b'{"x": [1], "x": [2]}', {"x": [1]})])
def test_the_first_of_members_with_one_name_counts(first, value, others):
    body = b'{"a": 0, "inputs": %s, "inputs": %s, "b": [6], "inputs": %s}' % (first, others, others)
    assert parse(body) == {"a": 0, "inputs": value, "b": [6]}


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", "The document is empty"),
        (b" ", "The document is empty. at offset: 1"),
        (b"{", "Missing a name for object member. at offset: 1"),
        (b'{"a"', "Missing a colon after a name of object member. at offset: 4"),
        (b'{"a":', "Invalid value. at offset: 5"),
        (b'{"a": nope}', "Invalid value. at offset: 7"),
        (b'{"a": 1', "Missing a comma or '}' after an object member. at offset: 7"),
        (b'{"a": [1', "Missing a comma or ']' after an array element. at offset: 8"),
        (b'{"a": [1,]}', "Invalid value. at offset: 9"),
        (b'{"a": "b', "Missing a closing quotation mark in string. at offset: 8"),
        (b'{"a": "\x01"}', "Invalid encoding in string. at offset: 7"),
        (rb'{"a": "\x"}', "Invalid escape character in string. at offset: 7"),
        (b'{"a": 1e400}', "Number too big to be stored in double. at offset: 6"),
        (b'{"a": 1.}', "Miss fraction part in number. at offset: 8"),
        (b'{"a": 1e}', "Miss exponent in number. at offset: 8"),
        (rb'{"a": "\ud800"}', "The surrogate pair in string is invalid. at offset: 7"),
    ],
)
def test_an_error_of_syntax_is_told_with_its_place(body, text):
    with pytest.raises(ServingError) as refused:
        parse(body)
    assert refused.value.message == f"JSON Parse error: {text}"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"[1]", "JSON Value: [\n    1\n] Is not object"),
        (
            b'{"signature_name": 1}',
            'JSON Value: {\n    "signature_name": 1\n} not formatted correctly. '
            "'signature_name' key must be a string value.",
        ),
    ],
)
def test_a_document_of_another_kind_is_quoted(body, text):
    with pytest.raises(ServingError) as refused:
        parse(body)
    assert refused.value.message == text


@given(st.binary(max_size=30) | st.text(max_size=30).map(str.encode) | st.sampled_from([b"[" * 100_000, b"9" * 5000]))
def test_any_body_is_an_object_or_refused(body):
    with contextlib.suppress(ServingError):
        assert isinstance(parse(body), dict)


@pytest.mark.parametrize("name", ["half", "bfloat16", "complex64", "complex128", "resource", "qint8", "uint16"])
@pytest.mark.parametrize("value", [1, 1.5, "x", True, None])
def test_a_dtype_that_json_has_no_values_of_is_unimplemented(name, value):
    inputs = {"x": TensorInfo(dtype=types_pb2.DataType.Value(f"DT_{name.upper()}"))}
    with pytest.raises(ServingError) as refused:
        tensors({"inputs": value}, inputs)
    assert (refused.value.code, refused.value.message) == (
        Code.UNIMPLEMENTED,
        f"Conversion of JSON Value: {json.dumps(value)} to type: {name}",
    )


@pytest.mark.parametrize("array", [np.ones(1, np.float16), np.ones(1, np.complex64), np.ones(1, np.complex128)])
def test_a_dtype_that_json_has_no_values_of_is_not_written(array):
    with pytest.raises(ServingError, match=r"Failed to write JSON value for tensor type: (half|complex)") as refused:
        rendered(array)
    assert refused.value.code is Code.INVALID_ARGUMENT
    assert json.loads(rendered(array[:0])) == {"predictions": []}


@pytest.mark.parametrize("text", [rb"\ud800", rb"\udc00\ud800", rb"\uD83D x", b"\xed\xa0\x80"])
@pytest.mark.parametrize("body", [b'{"inputs": "%s"}', b'{"signature_name": "%s"}', b'{"%s": 1}'])
def test_half_a_surrogate_pair_is_invalid_text(text, body):
    with pytest.raises(ServingError, match="JSON Parse error: ") as refused:
        parse(body % text)
    assert refused.value.code is Code.INVALID_ARGUMENT


def test_a_whole_surrogate_pair_is_a_character():
    assert parse(rb'{"inputs": "\ud83d\ude00"}') == {"inputs": "\U0001f600"}
