"""One JSON value as a tensor's shape and values, checked against the dtype that the signature asks for."""

import base64
import binascii
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from tensorflow.core.framework import types_pb2

from serving.errors import Code, ServingError, invalid

_FLOATS: Final = {types_pb2.DT_FLOAT: np.finfo(np.float32), types_pb2.DT_DOUBLE: np.finfo(np.float64)}
_INTEGERS: Final = frozenset(
    getattr(types_pb2, f"DT_{name}{bits}") for name in ("INT", "UINT") for bits in (8, 16, 32, 64)
)
_JSON_TYPES: Final = {type(None): "Null", bool: "Bool", dict: "Object", list: "Array", str: "String"}


@dataclass(frozen=True, slots=True)
class Values:
    """A JSON value as a tensor's shape and values."""

    shape: list[int]
    flat: list[Any]


def values_of(value: Any, dtype: int) -> Values:
    """Return the shape and values of nested lists, or raise INVALID_ARGUMENT for a ragged or mistyped one."""
    shape: list[int] = []
    first = value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    return Values(shape, list(_flat(value, 0, shape, dtype)))


def is_object(value: Any) -> bool:
    """Return whether a value has named parts; {"b64": ...} is a string in disguise."""
    return isinstance(value, dict) and not (value.keys() == {"b64"} and isinstance(value["b64"], str))


def _flat(value: Any, level: int, shape: list[int], dtype: int) -> Iterator[Any]:
    if not isinstance(value, list):
        if level != len(shape):
            raise invalid(
                f"JSON Value: {json.dumps(value)} found at incorrect level: {level + 1} "
                f"in the JSON DOM. Expected at level: {len(shape)}"
            )
        yield _scalar(value, dtype)
        return
    if level >= len(shape):
        raise invalid(f"Encountered list at unexpected level: {level} expected < {len(shape)}")
    if len(value) != shape[level]:
        raise invalid(
            f"Encountered list at unexpected size: {len(value)} at level: {level} expected size: {shape[level]}"
        )
    for item in value:
        yield from _flat(item, level + 1, shape, dtype)


def _scalar(value: Any, dtype: int) -> Any:
    kind = types_pb2.DataType.Name(dtype).removeprefix("DT_").lower()
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if dtype in _FLOATS:
        if number:
            return _float(value, _FLOATS[dtype], kind)
    elif dtype == types_pb2.DT_STRING:
        if isinstance(value, str):
            return value.encode()
        if isinstance(value, dict) and not is_object(value):
            return _base64(value["b64"])
    elif dtype == types_pb2.DT_BOOL:
        if isinstance(value, bool):
            return value
    elif dtype not in _INTEGERS:
        raise ServingError(Code.UNIMPLEMENTED, f"Conversion of JSON Value: {json.dumps(value)} to type: {kind}")
    elif number and isinstance(value, int):
        info = np.iinfo(kind)
        if info.min <= value <= info.max:
            return value
    name = _JSON_TYPES.get(type(value), "Number")
    raise invalid(f"JSON Value: {json.dumps(value)} Type: {name} is not of expected type: {kind}")


def _float(value: float, limits: Any, kind: str) -> float:
    if isinstance(value, int):
        fits = abs(value) < 2 ** (limits.nmant + 1)
    else:
        fits = not float(limits.max) < abs(value) < math.inf
    if fits:
        return value
    raise invalid(f"Cannot convert JSON value: {json.dumps(value)} to {kind} without loss of precision.")


def _base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise invalid("Unable to base64 decode") from error
