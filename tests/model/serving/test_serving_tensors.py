"""Tensors on the wire, with TensorFlow's own parser as the judge."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.runtime.tensors import TensorError, decode, encode

INTEGERS = {
    "int_val": [tf.int32, tf.int16, tf.int8, tf.uint8, tf.uint16],
    "int64_val": [tf.int64],
    "uint32_val": [tf.uint32],
    "uint64_val": [tf.uint64],
}
FLOATS = {"float_val": tf.float32, "double_val": tf.float64}
SHAPES = st.lists(st.integers(0, 4), max_size=3)


@st.composite
def protos(draw) -> tuple[TensorProto, tf.DType]:
    field = draw(st.sampled_from([*INTEGERS, *FLOATS, "bool_val", "string_val"]))
    values: st.SearchStrategy[object]
    if field in FLOATS:
        dtype, values = FLOATS[field], st.floats(width=32)
    elif field in INTEGERS:
        dtype = draw(st.sampled_from(INTEGERS[field]))
        values = st.integers(dtype.min, dtype.max)
    else:
        dtype, values = (tf.bool, st.booleans()) if field == "bool_val" else (tf.string, st.binary(max_size=4))
    proto = TensorProto(dtype=dtype.as_datatype_enum, **{field: draw(st.lists(values, max_size=12))})
    for size in draw(SHAPES):
        proto.tensor_shape.dim.add(size=size)
    return proto, dtype


@given(protos())
def test_typed_fields_are_read_as_tensorflow_reads_them(proto_and_dtype):
    proto, dtype = proto_and_dtype
    expected = tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy()
    np.testing.assert_array_equal(decode(proto), expected)
    assert decode(proto).dtype == dtype.as_numpy_dtype


@given(protos(), st.booleans())
def test_what_is_written_is_what_tensorflow_reads(proto_and_dtype, as_content):
    array, dtype = decode(proto_and_dtype[0]), proto_and_dtype[1]
    written = TensorProto()
    encode(array, written, as_content=as_content)
    np.testing.assert_array_equal(tf.io.parse_tensor(written.SerializeToString(), dtype).numpy(), array)
    assert bool(written.tensor_content) == (as_content and dtype != tf.string and array.size > 0)


def proto(*shape: int, dtype: int = types_pb2.DT_FLOAT, **values) -> TensorProto:
    result = TensorProto(dtype=dtype, **values)
    for size in shape:
        result.tensor_shape.dim.add(size=size)
    return result


@pytest.mark.parametrize(
    "wrong",
    [
        proto(1, dtype=types_pb2.DT_INVALID),
        proto(1, dtype=types_pb2.DT_RESOURCE),
        proto(-1, float_val=[1]),
        proto(1 << 30, 1 << 30, float_val=[1]),
        proto(1 << 30, float_val=[1]),  # 4 GiB for a few bytes
        proto(1 << 30),
        proto(1 << 15, dtype=types_pb2.DT_STRING, string_val=[b"x" * 1000]),
        proto(*[1] * 100, float_val=[1]),
        proto(0, 1 << 62),
        proto(1, dtype=types_pb2.DT_UINT8, int_val=[300]),
        proto(2, dtype=types_pb2.DT_UINT8, int_val=[300]),
        proto(2, tensor_content=b"1234"),
        proto(1, tensor_content=b"12345"),
        proto(1, dtype=types_pb2.DT_STRING, tensor_content=b"1234"),
    ],
)
def test_what_is_no_tensor_is_refused(wrong):
    with pytest.raises(TensorError):
        decode(wrong)


def test_one_value_fills_a_tensor_of_some_size():
    assert decode(proto(1 << 22, float_val=[1])).sum() == 1 << 22
    assert len(decode(proto(1 << 13, dtype=types_pb2.DT_STRING, string_val=[b"x" * 1000]))) == 1 << 13
