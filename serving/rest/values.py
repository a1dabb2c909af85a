"""Converts a JSON value to a tensor's shape and values, and checks it against the signature's dtype."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Final

from tensorflow.core.framework import types_pb2

from serving.errors import Code, ServingError, invalid
from serving.rest.text import quoted
from serving.runtime.tensors import dtype_name

_INT32: Final = range(-(2**31), 2**31)
# the accepted numbers for a dtype; numbers beyond a small integer dtype wrap around in TensorFlow, as over gRPC
_INTEGERS: Final = {
    types_pb2.DT_INT8: _INT32,
    types_pb2.DT_UINT8: _INT32,
    types_pb2.DT_INT16: _INT32,
    types_pb2.DT_INT32: _INT32,
    types_pb2.DT_INT64: range(-(2**63), 2**63),
    types_pb2.DT_UINT32: range(2**32),
    types_pb2.DT_UINT64: range(2**64),
}
_NUMBERS: Final = frozenset({int, float})
# the Python types whose values are all valid for a dtype
_PLAIN: Final = {
    types_pb2.DT_FLOAT: _NUMBERS,
    types_pb2.DT_DOUBLE: _NUMBERS,
    types_pb2.DT_BOOL: frozenset({bool}),
}
DTYPES: Final = frozenset({types_pb2.DT_STRING, *_PLAIN, *_INTEGERS})  # that JSON can represent
_JSON_TYPES: Final = {type(None): "Null", list: "Array", str: "String", int: "Number", float: "Number"}


@dataclass(frozen=True, slots=True)
class Values:
    """A JSON value as a tensor's shape and values."""

    shape: list[int]
    flat: list[Any]


def values_of(value: Any, dtype: int) -> Values:
    """Return the shape and values of nested lists.

    Raises:
        ServingError: INVALID_ARGUMENT for ragged lists or values of a wrong type; UNIMPLEMENTED for a dtype that JSON
            cannot represent.
    """
    values = Values([], [])
    first = value
    while isinstance(first, list):
        values.shape.append(len(first))
        first = first[0] if first else None
    _fill(values, value, 0, dtype)
    return values


def is_object(value: Any) -> bool:
    """Return whether a value is an object; {"b64": ...} stands for a string and is not one."""
    return isinstance(value, dict) and not (value.keys() == {"b64"} and isinstance(value["b64"], str))


def _fill(values: Values, value: Any, level: int, dtype: int) -> None:
    rank = len(values.shape)
    if not isinstance(value, list):
        if level != rank:
            raise invalid(
                f"JSON Value: {quoted(value)} found at incorrect level: {level + 1} "
                f"in the JSON DOM. Expected at level: {rank}"
            )
        values.flat.append(_scalar(value, dtype))
        return
    if level >= rank:
        raise invalid(f"Encountered list at unexpected level: {level} expected < {rank}")
    if len(value) != values.shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {values.shape[level]}"
        )
    if level == rank - 1 and _PLAIN.get(dtype, frozenset()).issuperset(map(type, value)):
        values.flat.extend(value)  # the common case, faster than a check of each value
        return
    for item in value:
        _fill(values, item, level + 1, dtype)


def _scalar(value: Any, dtype: int) -> Any:
    if isinstance(value, dict):
        if dtype == types_pb2.DT_STRING:
            return _base64(value)
    elif dtype in _PLAIN:
        if type(value) in _PLAIN[dtype]:
            return value
    elif dtype in _INTEGERS:
        if type(value) is int and value in _INTEGERS[dtype]:
            return value
    elif dtype == types_pb2.DT_STRING:
        if isinstance(value, str):
            return value.encode()
    else:
        raise ServingError(
            Code.UNIMPLEMENTED, f"Conversion of JSON Value: {quoted(value)} to type: {dtype_name(dtype)}"
        )
    raise invalid(f"JSON Value: {quoted(value)} Type: {_json_type(value)} is not of expected type: {dtype_name(dtype)}")


def _json_type(value: Any) -> str:
    if isinstance(value, dict):
        return "Object"
    return str(value) if isinstance(value, bool) else _JSON_TYPES[type(value)]


def _base64(value: dict[str, Any]) -> bytes:
    if is_object(value):
        raise invalid(f"JSON Value: {quoted(value)} not formatted correctly for base64 data")
    text = "".join(value["b64"].split())
    padding = "" if "=" in text else -len(text) % 4 * "="
    try:
        return base64.b64decode(text + padding, validate=True)
    except (binascii.Error, ValueError) as error:  # ValueError for non-ASCII text
        raise invalid("Unable to base64 decode") from error
