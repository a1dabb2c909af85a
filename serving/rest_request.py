"""Predict's JSON body as the tensors of a request, with tensorflow_model_server's formats and words."""

import base64
import binascii
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, Final

import numpy as np
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.errors import invalid
from serving.tensors import value_field

_FLOATS: Final = {types_pb2.DT_FLOAT: np.finfo(np.float32), types_pb2.DT_DOUBLE: np.finfo(np.float64)}
_JSON_TYPES: Final = {type(None): "Null", bool: "Bool", dict: "Object", list: "Array", str: "String"}

Inputs = Mapping[str, TensorInfo]


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        value = json.loads(body)
    except json.JSONDecodeError as error:
        raise invalid(f"JSON Parse error: {error.msg} at offset: {error.pos}") from error
    except (ValueError, RecursionError) as error:
        raise invalid(f"JSON Parse error: {error}") from error
    if not isinstance(value, dict):
        raise invalid(f"JSON Value: {json.dumps(value)} Is not object")
    if not isinstance(value.get("signature_name", ""), str):
        raise invalid(
            f"JSON Value: {json.dumps(value)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return value


def tensors(document: Mapping[str, Any], inputs: Inputs) -> dict[str, TensorProto]:
    """Return the request's tensors, from `instances` (rows) or `inputs` (columns)."""
    rows, columns = "instances" in document, "inputs" in document
    if rows and columns:
        raise invalid("Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist")
    if rows:
        return _from_rows(document["instances"], inputs)
    if columns:
        return _from_columns(document["inputs"], inputs)
    raise invalid("Missing 'inputs' or 'instances' key")


def _from_rows(instances: Any, inputs: Inputs) -> dict[str, TensorProto]:
    if not isinstance(instances, list) or not instances:
        raise invalid("Expecting 'instances' to be a list with at least one element")
    named = _is_object(instances[0])
    if not named and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    columns: dict[str, list[Any]] = {name: [] for name in inputs}
    for position, instance in enumerate(instances):
        if _is_object(instance) != named:
            expected, found = ("object", "list") if named else ("value/list", "object")
            raise invalid(f"Expecting {expected} but got {found} at item {position} of input list")
        row = instance if named else dict.fromkeys(inputs, instance)
        if row.keys() != columns.keys():
            raise invalid(
                f"Failed to process element: {position} of 'instances' list. "
                f"JSON object: {json.dumps(instance)} keys must be equal to: {','.join(sorted(inputs))}"
            )
        for name, column in columns.items():
            column.append(row[name])
    return {name: _tensor(column, inputs[name]) for name, column in columns.items()}


def _from_columns(value: Any, inputs: Inputs) -> dict[str, TensorProto]:
    if _is_object(value):
        for name in inputs:
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
        return {name: _tensor(value[name], info) for name, info in inputs.items()}
    if len(inputs) > 1:
        raise invalid(
            "inputs is a plain value/list, but expecting an object as multiple "
            "input tensors required as per tensorinfo_map"
        )
    return {name: _tensor(value, info) for name, info in inputs.items()}


def _is_object(value: Any) -> bool:
    return isinstance(value, dict) and not (value.keys() == {"b64"} and isinstance(value["b64"], str))


def _tensor(value: Any, info: TensorInfo) -> TensorProto:
    proto = TensorProto(dtype=info.dtype)
    shape: list[int] = []
    first = value
    while isinstance(first, list):
        shape.append(len(first))
        first = first[0] if first else None
    for size in shape:
        proto.tensor_shape.dim.add(size=size)
    getattr(proto, value_field(info.dtype)).extend(_flat(value, 0, shape, info.dtype))
    return proto


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
        if isinstance(value, dict) and not _is_object(value):
            return _base64(value["b64"])
    elif dtype == types_pb2.DT_BOOL:
        if isinstance(value, bool):
            return value
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
