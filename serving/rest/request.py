"""Converts Predict's JSON body to tensors, with tensorflow_model_server's formats and error texts."""

from collections.abc import Mapping
from itertools import chain
from typing import Any

from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from serving.errors import Code, ServingError, invalid
from serving.rest.text import quoted
from serving.rest.values import Values, is_object, values_of
from serving.runtime.tensors import TensorError, value_field

Dtypes = Mapping[str, int]  # of the inputs, by name


def tensors(document: Mapping[str, Any], inputs: Mapping[str, TensorInfo]) -> dict[str, TensorProto]:
    """Return the request's tensors by input, from `instances` (rows) or `inputs` (columns); raise ServingError."""
    dtypes = {name: info.dtype for name, info in inputs.items()}
    rows, columns = "instances" in document, "inputs" in document
    if rows and columns:
        raise _malformed(
            document, "Not formatted correctly expecting only one of 'inputs' or 'instances' keys to exist "
        )
    if rows:
        return _from_rows(document, dtypes)
    if columns:
        return _from_columns(document["inputs"], dtypes)
    raise invalid("Missing 'inputs' or 'instances' key")


def _malformed(document: Mapping[str, Any], reason: str) -> ServingError:
    return invalid(f"JSON Value: {quoted(document)} {reason}")


def _from_rows(document: Mapping[str, Any], dtypes: Dtypes) -> dict[str, TensorProto]:
    instances = document["instances"]
    if not isinstance(instances, list):
        raise _malformed(document, "Excepting 'instances' to be an list/array")
    if not instances:
        raise _malformed(document, "No values in 'instances' array")
    named = is_object(instances[0])
    if not isinstance(instances[0], dict) and len(dtypes) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple "
            "input tensors required as per tensorinfo_map"
        )
    columns: dict[str, list[Values]] = {}
    for position, instance in enumerate(instances):
        _add_row(columns, instance, position, named, dtypes)
    return {name: _stacked(column, dtypes[name]) for name, column in columns.items()}


def _add_row(columns: dict[str, list[Values]], instance: Any, position: int, named: bool, dtypes: Dtypes) -> None:
    if is_object(instance) != named:
        expected, found = ("object", "list") if named else ("value/list", "object")
        raise invalid(f"Expecting {expected} but got {found} at item {position} of input list")
    for name, value in instance.items() if named else [(next(iter(dtypes)), instance)]:
        try:
            _add_item(columns.setdefault(name, []), name, value, dtypes)
        except ServingError as error:
            key = f" key: {name}" if named else ""
            raise invalid(f"Failed to process element: {position}{key} of 'instances' list. Error: {error}") from error
    if named and instance.keys() != dtypes.keys():
        raise invalid(
            f"Failed to process element: {position} of 'instances' list. "
            f"JSON object: {quoted(instance)} keys must be equal to: {','.join(sorted(dtypes))}"
        )


def _add_item(column: list[Values], name: str, value: Any, dtypes: Dtypes) -> None:
    if name not in dtypes:
        raise invalid(f"JSON object: does not have named input: {name}")
    item = values_of(value, dtypes[name])
    if column:
        _check_alike(item, column[0])
    column.append(item)


def _check_alike(item: Values, first: Values) -> None:
    if len(item.flat) != len(first.flat):
        raise invalid(f"Expecting tensor size: {len(first.flat)} but got: {len(item.flat)}")
    if item.shape != first.shape:
        raise invalid(f"Expecting shape {_shape_text(first.shape)} but got: {_shape_text(item.shape)}")


def _shape_text(shape: list[int]) -> str:
    return f"[{','.join(map(str, shape))}]"


def _from_columns(value: Any, dtypes: Dtypes) -> dict[str, TensorProto]:
    if is_object(value):
        for name in dtypes:
            if name not in value:
                raise invalid(f"Missing named input: {name} in 'inputs' object.")
        return {name: _proto(values_of(value[name], dtype), dtype) for name, dtype in dtypes.items()}
    if len(dtypes) > 1:
        raise invalid(
            "inputs is a plain value/list, but expecting an object as multiple "
            "input tensors required as per tensorinfo_map"
        )
    return {name: _proto(values_of(value, dtype), dtype) for name, dtype in dtypes.items()}


def _stacked(items: list[Values], dtype: int) -> TensorProto:
    flat = list(chain.from_iterable(item.flat for item in items))
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
