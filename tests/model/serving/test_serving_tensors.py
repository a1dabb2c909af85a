"""Tensors on the wire, with TensorFlow's own parser as the judge."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import strategies as st
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.runtime.tensors import TensorError, check, decode, encode

INT32 = st.integers(-(2**31), 2**31 - 1)
FLOAT32 = st.floats(width=32)
# by field: its numbers, and the dtypes that use it
FIELDS = {
    "float_val": (FLOAT32, [tf.float32]),
    "double_val": (st.floats(), [tf.float64]),
    "half_val": (INT32 | st.integers(0, 2**16 - 1), [tf.half, tf.bfloat16]),
    "scomplex_val": (FLOAT32, [tf.complex64]),
    "dcomplex_val": (st.floats(), [tf.complex128]),
    "int_val": (INT32 | st.integers(0, 255), [tf.int32, tf.int16, tf.int8, tf.uint8, tf.uint16]),
    "int64_val": (st.integers(-(2**63), 2**63 - 1), [tf.int64]),
    "uint32_val": (st.integers(0, 2**32 - 1), [tf.uint32]),
    "uint64_val": (st.integers(0, 2**64 - 1), [tf.uint64]),
    "bool_val": (st.booleans(), [tf.bool]),
    "string_val": (st.binary(max_size=4), [tf.string]),
}
SHAPES = st.lists(st.integers(0, 4), max_size=3)


@st.composite
def protos(draw) -> tuple[TensorProto, tf.DType]:
    """A tensor with its values in a typed field, sometimes too few or too many."""
    field = draw(st.sampled_from(sorted(FIELDS)))
    numbers, dtypes = FIELDS[field]
    dtype = draw(st.sampled_from(dtypes))
    proto = TensorProto(dtype=dtype.as_datatype_enum, **{field: draw(st.lists(numbers, max_size=12))})
    for size in draw(SHAPES):
        proto.tensor_shape.dim.add(size=size)
    proto.tensor_shape.unknown_rank = draw(st.booleans())
    return proto, dtype


@st.composite
def contents(draw) -> tuple[TensorProto, tf.DType]:
    """A tensor with its values in tensor_content, sometimes malformed."""
    proto, dtype = draw(protos())
    count = int(np.prod([dim.size for dim in proto.tensor_shape.dim]))
    if dtype == tf.string:
        lengths = bytes(draw(st.lists(st.integers(0, 3) | st.integers(0, 255), min_size=count, max_size=count)))
        proto.tensor_content = lengths + draw(st.just(b"x" * sum(lengths)) | st.binary(max_size=8))
    else:
        size = count * dtype.size + draw(st.sampled_from([0] * 5 + [1]))
        content = draw(st.binary(min_size=size, max_size=size))
        most = draw(st.sampled_from([1, 1, 255]))  # a bool has no other bytes than 0 and 1
        proto.tensor_content = bytes(byte & most for byte in content) if dtype == tf.bool else content
    return proto, dtype


def as_tensorflow(proto: TensorProto, dtype: tf.DType) -> "np.ndarray | None":
    """Return the tensor that TensorFlow reads, None if it refuses."""
    try:
        return np.asarray(tf.io.parse_tensor(proto.SerializeToString(), dtype).numpy())
    except tf.errors.InvalidArgumentError:
        return None


@given(protos() | contents())
def test_tensors_are_read_as_tensorflow_reads_them(proto_and_dtype):
    proto, dtype = proto_and_dtype
    expected = as_tensorflow(proto, dtype)
    if expected is None:
        with pytest.raises(TensorError):
            decode(proto)
        with pytest.raises(TensorError):
            check(proto)
        return
    check(proto)
    np.testing.assert_array_equal(decode(proto), expected)
    assert decode(proto).dtype == dtype.as_numpy_dtype


@given(protos(), st.booleans())
def test_what_is_written_is_what_tensorflow_reads(proto_and_dtype, as_content):
    array, dtype = decode(proto_and_dtype[0]), proto_and_dtype[1]
    written = TensorProto()
    encode(array, written, as_content=as_content)
    assert written.HasField("tensor_shape")
    np.testing.assert_array_equal(as_tensorflow(written, dtype), array)
    assert bool(written.tensor_content) == (as_content and dtype != tf.string and array.size > 0)


@pytest.mark.parametrize(
    ("dtype", "given_values", "read"),
    [
        (tf.uint8, {"int_val": [300, -1]}, [44, 255]),
        (tf.int8, {"int_val": [200, -129]}, [-56, 127]),
        (tf.uint16, {"int_val": [65536, 65535]}, [0, 65535]),
        (tf.half, {"half_val": [0x3C00, 0xC000]}, [1, -2]),
        (tf.bfloat16, {"half_val": [0x3F80, 0xC000]}, [1, -2]),
        (tf.complex64, {"scomplex_val": [1, 2, 3]}, [1 + 2j, 1 + 2j]),
        (tf.complex128, {"dcomplex_val": [1, 2, 3, 4, 5]}, [1 + 2j, 3 + 4j]),
        (tf.string, {"tensor_content": b"\x01\x80\x01" + b"a" * 129}, [b"a", b"a" * 128]),
    ],
)
def test_values_are_read_by_their_bits(dtype, given_values, read):
    assert decode(proto(2, dtype=dtype.as_datatype_enum, **given_values)).tolist() == read


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
        proto(1, dtype=types_pb2.DT_FLOAT_REF, float_val=[1]),
        proto(2, tensor_content=b"1234"),
        proto(1, tensor_content=b"12345"),
        proto(1, dtype=types_pb2.DT_STRING, tensor_content=b"1234"),
        proto(1, dtype=types_pb2.DT_STRING, tensor_content=b"\x80\x80\x80\x80\x80\x00"),
        proto(2, dtype=types_pb2.DT_BOOL, tensor_content=b"\0\2"),
    ],
)
def test_what_is_no_tensor_is_refused(wrong):
    with pytest.raises(TensorError):
        decode(wrong)


def test_one_value_fills_a_tensor_of_some_size():
    assert decode(proto(1 << 22, float_val=[1])).sum() == 1 << 22
    assert len(decode(proto(1 << 13, dtype=types_pb2.DT_STRING, string_val=[b"x" * 1000]))) == 1 << 13
