"""Converts between TensorFlow's TensorProto and Python's arrays, without numpy. Values are little-endian."""

from array import array
from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import prod
from typing import Any, Final

from gateway.model_server.wire.serving_pb2 import DT_FLOAT, DT_INT64, DT_STRING, TensorProto, TensorShapeProto

_NUMBERS: Final = {DT_FLOAT: ("f", "float_val"), DT_INT64: ("q", "int64_val")}
_INPUTS: Final = 2  # field numbers
_MAP_KEY: Final = 1
_MAP_VALUE: Final = 2
_TENSOR_CONTENT: Final = 4
NAMES: Final = {DT_FLOAT: "float32", DT_INT64: "int64", DT_STRING: "string"}


def predict_request(head: bytes, name: str, content: bytes, rows: int) -> bytes:
    """Serialize a PredictRequest with one input, a float32 matrix [rows, width].

    Written by hand, because protobuf would copy `content` twice more; a test compares it with protobuf's result.

    Args:
        head: The serialized request without its input.
        name: The name of the input.
        content: The matrix as packed little-endian float32, row after row.
        rows: The number of rows.
    """
    return _before_content(head, name, rows, len(content)) + content


@lru_cache(256)  # single beats and common batch sizes recur
def _before_content(head: bytes, name: str, rows: int, size: int) -> bytes:
    shape = TensorShapeProto(dim=[{"size": rows}, {"size": size // 4 // rows}])
    tensor = TensorProto(dtype=DT_FLOAT, tensor_shape=shape).SerializeToString() + _field(_TENSOR_CONTENT, size)
    key = name.encode()
    entry = _field(_MAP_KEY, len(key)) + key + _field(_MAP_VALUE, len(tensor) + size) + tensor
    return head + _field(_INPUTS, len(entry) + size) + entry


def _field(number: int, length: int) -> bytes:
    """Return the start of a field, which `length` bytes follow."""
    return _varint(number << 3 | 2) + _varint(length)


def _varint(number: int) -> bytes:
    written = bytearray()
    while number > 0x7F:
        written.append(number & 0x7F | 0x80)
        number >>= 7
    written.append(number)
    return bytes(written)


def shape(tensor: TensorProto) -> tuple[int, ...]:
    """Return the sizes of a tensor's dimensions; () for a scalar."""
    return tuple(dim.size for dim in tensor.tensor_shape.dim)


def numbers(tensor: TensorProto) -> list[Any]:
    """Read the values of a float32 or int64 tensor as a flat list.

    Raises:
        ValueError: The bytes do not fit the shape.
    """
    typecode, field = _NUMBERS[tensor.dtype]
    count = prod(shape(tensor))
    if not tensor.tensor_content:
        return _filled(getattr(tensor, field), count, 0)
    values = array(typecode, tensor.tensor_content)
    if len(values) != count:
        raise ValueError(f"{len(values)} values for {count} places")
    return values.tolist()


def strings(tensor: TensorProto) -> list[bytes]:
    """Read the values of a string tensor as a flat list.

    Raises:
        ValueError: The bytes do not fit the shape.
    """
    count = prod(shape(tensor))
    if not tensor.tensor_content:
        return _filled(tensor.string_val, count, b"")
    return _split(tensor.tensor_content, count)


def _filled(values: Sequence[Any], count: int, default: Any) -> list[Any]:
    """Return `count` values by TensorFlow's rules: ignore surplus values, repeat the last one for missing values."""
    present = list(values[:count])
    return present + [present[-1] if present else default] * (count - len(present))


def _split(content: bytes, count: int) -> list[bytes]:
    """Split a string tensor's `tensor_content`: all lengths as varints, then all bytes."""
    lengths, at = [], 0
    for _ in range(count):
        length = shift = 0
        while content[at : at + 1] >= b"\x80":
            length |= (content[at] & 0x7F) << shift
            shift, at = shift + 7, at + 1
        lengths.append(length | content[at] << shift if at < len(content) else 0)
        at += 1
    if at + sum(lengths) != len(content):
        raise ValueError("lengths of strings do not add up")
    ends = accumulate(lengths, initial=at)
    return [content[start:end] for start, end in pairwise(ends)]
