"""Writes Predict's answer as JSON in the layout of tensorflow_model_server."""

import base64
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.errors import invalid
from serving.rest.text import decimals, json_list, json_object, line, string
from serving.rest.values import DTYPES
from serving.runtime.tensors import Array, decode, dtype_name

Join = Callable[[Iterable[str], int], str]


def predictions(outputs: Mapping[str, TensorProto], *, rows: bool) -> str:
    """Return the answer to a Predict: `predictions` by row, or `outputs` by column.

    Raises:
        ServingError: INVALID_ARGUMENT for a dtype that JSON cannot represent, and for rows if the outputs have no
            common first dimension.
    """
    if not outputs:
        raise invalid("Cannot convert empty tensor map to JSON")
    arrays = {alias: _array(proto) for alias, proto in outputs.items()}
    return json_object({"predictions": _rows(arrays)} if rows else {"outputs": _columns(arrays)}, 0)


def _array(proto: TensorProto) -> Array:
    array = decode(proto)
    if array.size and proto.dtype not in DTYPES:
        raise invalid(f"Failed to write JSON value for tensor type: {dtype_name(proto.dtype)}")
    return array


def _rows(arrays: Mapping[str, Array]) -> str:
    _check_batch(arrays)
    if len(arrays) == 1:
        [(alias, array)] = arrays.items()
        rows = _row_texts(alias, array, 2)
        return f"[{', '.join(rows)}{line(1) if len(array) else ''}]"
    columns = [_row_texts(alias, array, 3) for alias, array in arrays.items()]
    return json_list((json_object(dict(zip(arrays, row, strict=True)), 2) for row in zip(*columns, strict=True)), 1)


def _check_batch(arrays: Mapping[str, Array]) -> None:
    sizes: list[int] = []
    for alias, array in arrays.items():
        if not array.ndim:
            raise invalid(f"Tensor name: {alias} has no shape information ")
        if sizes and len(array) != sizes[0]:
            raise invalid(f"Tensor name: {alias} has inconsistent batch size: {len(array)} expecting: {sizes[0]}")
        sizes.append(len(array))


def _row_texts(alias: str, array: Array, level: int) -> Iterator[str]:
    shape = array.shape[1:]
    texts = iter(_texts(alias, array, level + len(shape)))
    return (_nested(texts, shape, level, _in_a_line) for _ in range(len(array)))


def _columns(arrays: Mapping[str, Array]) -> str:
    if len(arrays) == 1:
        [(alias, array)] = arrays.items()
        return _column(alias, array, 1)
    return json_object({alias: _column(alias, array, 2) for alias, array in arrays.items()}, 1)


def _column(alias: str, array: Array, level: int) -> str:
    return _nested(iter(_texts(alias, array, level + array.ndim)), array.shape, level, json_list)


def _nested(texts: Iterator[str], shape: Sequence[int], level: int, join: Join) -> str:
    """Return the next values as lists of `shape`, at nesting depth `level`."""
    if not shape:
        return next(texts)
    if len(shape) == 1:
        return join(islice(texts, shape[0]), level)
    return join((_nested(texts, shape[1:], level + 1, join) for _ in range(shape[0])), level)


def _in_a_line(items: Iterable[str], _: int) -> str:
    return f"[{', '.join(items)}]"


def _texts(alias: str, array: Array, level: int) -> list[str]:
    """Return each value's text, at nesting depth `level`."""
    flat = array.ravel()
    if not flat.size:
        return []
    if flat.dtype.kind == "f":
        return decimals(flat)
    if flat.dtype.kind == "b":
        return ["true" if value else "false" for value in flat]
    if not flat.dtype.hasobject:
        return list(map(str, flat.tolist()))
    if alias.endswith("_bytes"):
        return [json_object({"b64": string(base64.b64encode(value).decode())}, level) for value in flat]
    return [string(value.decode(errors="replace")) for value in flat]
