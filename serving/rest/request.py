"""Predict's JSON body as the tensors of a request, with tensorflow_model_server's formats and words."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.errors import Code, ServingError, invalid
from serving.rest.values import Values, is_object, values_of
from serving.runtime.tensors import TensorError, value_field

_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F]")  # as text cannot have it alone, but JSON can

Inputs = Mapping[str, TensorInfo]


def parse(body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request."""
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        value = json.loads(body.decode())
        if _SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise invalid("JSON Parse error: The surrogate pair in string is invalid.") from error
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
    named = is_object(instances[0])
    if not named and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    columns: dict[str, list[Values]] = {name: [] for name in inputs}
    for position, instance in enumerate(instances):
        row = _row(instance, position, named, inputs)
        for name, column in columns.items():
            try:
                item = values_of(row[name], inputs[name].dtype)
                _check_alike(item, column[0] if column else item)
            except ServingError as error:
                key = f" key: {name}" if named else ""
                raise invalid(
                    f"Failed to process element: {position}{key} of 'instances' list. Error: {error}"
                ) from error
            column.append(item)
    return {name: _stacked(column, inputs[name].dtype) for name, column in columns.items()}


def _row(instance: Any, position: int, named: bool, inputs: Inputs) -> dict[str, Any]:
    if is_object(instance) != named:
        expected, found = ("object", "list") if named else ("value/list", "object")
        raise invalid(f"Expecting {expected} but got {found} at item {position} of input list")
    row = instance if named else dict.fromkeys(inputs, instance)
    if row.keys() != inputs.keys():
        raise invalid(
            f"Failed to process element: {position} of 'instances' list. "
            f"JSON object: {json.dumps(instance)} keys must be equal to: {','.join(sorted(inputs))}"
        )
    return dict(row)


def _check_alike(item: Values, first: Values) -> None:
    if len(item.flat) != len(first.flat):
        raise invalid(f"Expecting tensor size: {len(first.flat)} but got: {len(item.flat)}")
    if item.shape != first.shape:
        raise invalid(f"Expecting shape {_shape_text(first.shape)} but got: {_shape_text(item.shape)}")


def _shape_text(shape: list[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _from_columns(value: Any, inputs: Inputs) -> dict[str, TensorProto]:
    if is_object(value):
        for name in inputs:
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
        return {name: _proto(values_of(value[name], info.dtype), info.dtype) for name, info in inputs.items()}
    if len(inputs) > 1:
        raise invalid(
            "inputs is a plain value/list, but expecting an object as multiple "
            "input tensors required as per tensorinfo_map"
        )
    return {name: _proto(values_of(value, info.dtype), info.dtype) for name, info in inputs.items()}


def _stacked(items: list[Values], dtype: int) -> TensorProto:
    flat = [value for item in items for value in item.flat]
    return _proto(Values([len(items), *items[0].shape], flat), dtype)


def _proto(values: Values, dtype: int) -> TensorProto:
    proto = TensorProto(dtype=dtype)
    for size in values.shape:
        proto.tensor_shape.dim.add(size=size)
    try:
        field = value_field(dtype)
    except TensorError as error:
        raise ServingError(Code.UNIMPLEMENTED, f"Inputs with {error}") from error
    getattr(proto, field).extend(values.flat)
    return proto
