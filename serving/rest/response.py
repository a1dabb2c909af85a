"""Predict's answer as REST's JSON, with numbers printed as tensorflow_model_server prints them."""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.errors import invalid
from serving.runtime.tensors import Array, decode, dtype_name

_NOT_IN_JSON: Final = {
    types_pb2.DT_HALF,
    types_pb2.DT_BFLOAT16,
    types_pb2.DT_COMPLEX64,
    types_pb2.DT_COMPLEX128,
}


def predictions(outputs: Mapping[str, TensorProto], *, rows: bool) -> str:
    """Return the answer to a Predict: `predictions` row by row, or `outputs` by column."""
    arrays = {alias: _array(proto) for alias, proto in outputs.items()}
    single = next(iter(arrays)) if len(arrays) == 1 else None
    if not rows:
        columns = {alias: _render(array, alias) for alias, array in arrays.items()}
        return _object({"outputs": columns[single] if single else _object(columns)})
    sizes = {alias: len(array) if array.ndim else None for alias, array in arrays.items()}
    if len(set(sizes.values())) > 1 or None in sizes.values():
        raise invalid(f"Tensors have no common batch size to make rows of: {sizes}; ask with 'inputs' instead")
    lines = []
    for position in range(next(iter(sizes.values())) or 0):
        row = {alias: _render(array[position], alias) for alias, array in arrays.items()}
        lines.append(row[single] if single else _object(row))
    return _object({"predictions": f"[{', '.join(lines)}]"})


def _array(proto: TensorProto) -> Array:
    array = decode(proto)
    if proto.dtype in _NOT_IN_JSON and array.size:
        raise invalid(f"Failed to write JSON value for tensor type: {dtype_name(proto.dtype)}")
    return array


def _object(members: Mapping[str, str]) -> str:
    return "{" + ", ".join(f"{json.dumps(name)}: {text}" for name, text in members.items()) + "}"


def _render(value: Any, alias: str) -> str:
    if np.ndim(value):
        return f"[{', '.join(_render(item, alias) for item in value)}]"
    if isinstance(value, np.floating):
        return _decimal(value)
    scalar = value.item() if isinstance(value, np.generic | np.ndarray) else value
    if isinstance(scalar, bytes):
        if alias.endswith("_bytes"):
            return _object({"b64": json.dumps(base64.b64encode(scalar).decode())})
        return json.dumps(scalar.decode(errors="replace"))
    return json.dumps(scalar)


def _decimal(value: "np.floating[Any]") -> str:
    if not np.isfinite(value):
        return json.dumps(float(value))
    text = f"{value:g}"
    if type(value)(text) != value:
        text = f"{value:.{9 if value.itemsize == 4 else 17}g}"
    return text if "." in text or "e" in text else f"{text}.0"
