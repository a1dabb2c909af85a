"""Converts between TensorProto and numpy arrays, by TensorFlow's rules for missing and surplus values."""

from collections.abc import Iterator
from itertools import islice
from math import prod
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto
from tensorflow.python.framework.dtypes import bfloat16

from serving.errors import Code, ServingError

Array = NDArray[Any]
Shape = tuple[int, ...]


class _Kind(NamedTuple):
    """How a dtype's values are stored in numpy, and as numbers in a field of TensorProto."""

    numpy: "np.dtype[Any]"
    field: str
    wire: "np.dtype[Any]"  # of the field's numbers
    bits: "np.dtype[Any]"  # of a number after the cast to the value's size; a complex value has two numbers


def _kind(numpy: DTypeLike, field: str, wire: DTypeLike | None = None, bits: DTypeLike | None = None) -> _Kind:
    return _Kind(np.dtype(numpy), field, np.dtype(wire or numpy), np.dtype(bits or numpy))


_KINDS: Final[dict[int, _Kind]] = {
    types_pb2.DT_FLOAT: _kind(np.float32, "float_val"),
    types_pb2.DT_DOUBLE: _kind(np.float64, "double_val"),
    types_pb2.DT_HALF: _kind(np.float16, "half_val", np.int32, np.uint16),
    types_pb2.DT_BFLOAT16: _kind(bfloat16.as_numpy_dtype, "half_val", np.int32, np.uint16),
    types_pb2.DT_COMPLEX64: _kind(np.complex64, "scomplex_val", np.float32, np.float32),
    types_pb2.DT_COMPLEX128: _kind(np.complex128, "dcomplex_val", np.float64, np.float64),
    types_pb2.DT_INT8: _kind(np.int8, "int_val", np.int32),
    types_pb2.DT_INT16: _kind(np.int16, "int_val", np.int32),
    types_pb2.DT_INT32: _kind(np.int32, "int_val"),
    types_pb2.DT_INT64: _kind(np.int64, "int64_val"),
    types_pb2.DT_UINT8: _kind(np.uint8, "int_val", np.int32),
    types_pb2.DT_UINT16: _kind(np.uint16, "int_val", np.int32),
    types_pb2.DT_UINT32: _kind(np.uint32, "uint32_val"),
    types_pb2.DT_UINT64: _kind(np.uint64, "uint64_val"),
    types_pb2.DT_BOOL: _kind(np.bool_, "bool_val"),
    types_pb2.DT_STRING: _kind(np.object_, "string_val"),
}
_DTYPES: Final = {kind.numpy: dtype for dtype, kind in _KINDS.items()}
_FIRST_REFERENCE: Final = 101  # the first dtype of variables, which a TensorProto may not have
_MAX_ELEMENTS: Final = 2**40  # TensorFlow refuses larger shapes as well
# Bytes that filling missing values may take, so that a tiny request cannot ask for all memory; chosen by hand.
_MAX_FILLED: Final = 2**24
_MAX_FILLED_OTHER_SHAPE: Final = 2**16  # if the shape contradicts the signature, because the model will refuse it
_STRING: Final = 32  # bytes of overhead of a string in TensorFlow and numpy


class TensorError(ValueError):
    """A TensorProto that does not describe a tensor."""


def decode(proto: TensorProto, signature_shape: Shape | None = None) -> Array:
    """Return the tensor as an array; the last value of a typed field fills missing values (zeros if there is none).

    In `signature_shape` -1 means any size; None means any shape.

    Raises:
        TensorError: The dtype or shape is unknown, tensor_content has a wrong length, or too many values are missing.
    """
    kind = _kind_of(proto.dtype)
    shape = _shape(proto.tensor_shape)
    count = prod(shape)
    content = proto.tensor_content
    try:
        if content and count:
            return _from_content(content, kind, count).reshape(shape)
        most = _MAX_FILLED if _fits(shape, signature_shape) else _MAX_FILLED_OTHER_SHAPE
        return _from_field(getattr(proto, kind.field), kind, count, most).reshape(shape)
    except ValueError as error:  # bytes of another length, more dimensions than numpy has
        raise TensorError(str(error)) from error


def check(proto: TensorProto) -> None:
    """Raise TensorError for a malformed tensor of any dtype; take no memory for missing values."""
    dtype_name(proto.dtype)
    _shape(proto.tensor_shape)
    if proto.tensor_content and proto.dtype in _KINDS:
        decode(proto)


def value_field(dtype: int) -> str:
    """Return the name of the field of TensorProto that carries values of `dtype`, or raise TensorError."""
    return _kind_of(dtype).field


def _kind_of(dtype: int) -> _Kind:
    if dtype not in _KINDS:
        raise TensorError(f"dtype {dtype} is not supported")
    return _KINDS[dtype]


def dtype_name(dtype: int) -> str:
    """Return TensorFlow's name for a dtype in errors, such as `float` or `int64`; raise TensorError if unknown."""
    if not types_pb2.DT_INVALID < dtype < _FIRST_REFERENCE or dtype not in types_pb2.DataType.values():
        raise TensorError(f"dtype {dtype} is unknown")
    return str(types_pb2.DataType.Name(dtype).removeprefix("DT_").lower())


def _shape(proto: TensorShapeProto) -> Shape:
    shape = tuple(dim.size for dim in proto.dim)
    count = 1
    for size in shape:
        if size < 0 or (count := count * size) > _MAX_ELEMENTS:
            raise TensorError("the shape is unknown or too large")
    return shape


def _fits(shape: Shape, wanted: Shape | None) -> bool:
    if wanted is None:
        return True
    return len(shape) == len(wanted) and all(want in (-1, size) for size, want in zip(shape, wanted, strict=True))


def _from_content(content: bytes, kind: _Kind, count: int) -> Array:
    if kind.numpy.hasobject:
        return np.fromiter(_strings(content, count), object, count)
    if kind.numpy == np.bool_ and content.translate(None, b"\0\1"):
        raise TensorError("a byte that is neither true nor false")
    return np.frombuffer(content, kind.numpy)


def _strings(content: bytes, count: int) -> Iterator[bytes]:
    """Yield the strings of a tensor_content, which has all lengths as varints, then all bytes."""
    lengths = []
    start = 0
    for _ in range(count):
        length, start = _varint(content, start)
        lengths.append(length)
    if start + sum(lengths) != len(content):
        raise TensorError("the strings have another length than their bytes")
    for length in lengths:
        yield content[start : (start := start + length)]


def _varint(content: bytes, start: int) -> tuple[int, int]:
    """Return a number of up to 32 bits, and the position after it."""
    number = 0
    for position, byte in enumerate(content[start : start + 5]):
        number |= (byte & 0x7F) << 7 * position
        if byte < 0x80:
            return number & 0xFFFFFFFF, start + position + 1
    raise TensorError("a string's length has no end")


def _from_field(values: Any, kind: _Kind, count: int, most: int) -> Array:
    each = kind.numpy.itemsize // kind.bits.itemsize
    present = min(count, len(values) // each)
    size = len(values[-1]) + _STRING if kind.numpy.hasobject and present else kind.numpy.itemsize
    if present < count and count * size > most:
        raise TensorError("too few values for so large a shape")
    numbers = np.fromiter(islice(values, present * each), kind.wire, present * each)
    flat: Array = numbers.astype(kind.bits, copy=False).view(kind.numpy)
    if present == count:
        return flat
    zero = b"" if kind.numpy.hasobject else 0
    filled = np.full(count, flat[-1] if present else zero, kind.numpy)
    filled[:present] = flat
    return filled


def encode(array: Array, proto: TensorProto, *, as_content: bool = False) -> None:
    """Write `array` into an empty TensorProto: in the typed field or, with `as_content`, as bytes if the dtype allows.

    Raises:
        ServingError: UNIMPLEMENTED for a dtype that is not supported.
    """
    if array.dtype not in _DTYPES:
        raise ServingError(Code.UNIMPLEMENTED, f"Outputs of dtype {array.dtype} are not supported by this server")
    proto.dtype = dtype = _DTYPES[array.dtype]
    proto.tensor_shape.SetInParent()  # a scalar has an empty shape
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if as_content and not array.dtype.hasobject:
        proto.tensor_content = array.tobytes()
    else:
        kind = _KINDS[dtype]
        getattr(proto, kind.field).extend(array.ravel().view(kind.bits).tolist())
