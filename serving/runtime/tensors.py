"""TensorProto to numpy and back, by TensorFlow's own rules for missing and surplus values."""

from typing import Any, Final

import numpy as np
from numpy.typing import DTypeLike, NDArray
from tensorflow.core.framework import types_pb2
from tensorflow.core.framework.tensor_pb2 import TensorProto
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto

from serving.errors import Code, ServingError

Array = NDArray[Any]

# dtype -> numpy's type and the field of TensorProto that carries its values
_FIELDS: Final[dict[int, tuple[DTypeLike, str]]] = {
    types_pb2.DT_FLOAT: (np.float32, "float_val"),
    types_pb2.DT_DOUBLE: (np.float64, "double_val"),
    types_pb2.DT_INT32: (np.int32, "int_val"),
    types_pb2.DT_UINT8: (np.uint8, "int_val"),
    types_pb2.DT_INT16: (np.int16, "int_val"),
    types_pb2.DT_UINT16: (np.uint16, "int_val"),
    types_pb2.DT_INT8: (np.int8, "int_val"),
    types_pb2.DT_INT64: (np.int64, "int64_val"),
    types_pb2.DT_UINT32: (np.uint32, "uint32_val"),
    types_pb2.DT_UINT64: (np.uint64, "uint64_val"),
    types_pb2.DT_BOOL: (np.bool_, "bool_val"),
    types_pb2.DT_STRING: (np.object_, "string_val"),
}
_DTYPES: Final = {np.dtype(kind): dtype for dtype, (kind, _) in _FIELDS.items()}
# TensorFlow refuses shapes beyond this as well
_MAX_ELEMENTS: Final = 2**40
# bytes: a few must not ask for all of the memory
_MAX_FILLED: Final = 2**24
_STRING: Final = 32  # bytes that a string takes in TensorFlow and numpy beside its own


class TensorError(ValueError):
    """A TensorProto that does not describe a tensor."""


def decode(proto: TensorProto) -> Array:
    """Return the tensor: a typed field's last value fills what is missing (zeros if there is none).

    Raises TensorError for an unknown dtype or shape, or a tensor_content of another length.
    """
    field = value_field(proto.dtype)
    kind = np.dtype(_FIELDS[proto.dtype][0])
    shape = _shape(proto.tensor_shape)
    try:
        if proto.tensor_content:
            return _from_content(proto.tensor_content, kind, shape)
        return _filled(getattr(proto, field), kind, shape)
    except (ValueError, OverflowError) as error:  # more dimensions than numpy has, a value beyond the dtype
        raise TensorError(str(error)) from error


def value_field(dtype: int) -> str:
    """Return the name of the field of TensorProto that carries values of `dtype`, or raise TensorError."""
    if dtype not in _FIELDS:
        raise TensorError(f"dtype {dtype} is not supported")
    return _FIELDS[dtype][1]


def dtype_name(dtype: int) -> str:
    """Return TensorFlow's name for a dtype in errors, as in `float` or `int64`, or raise TensorError for none."""
    if dtype == types_pb2.DT_INVALID or dtype not in types_pb2.DataType.values():
        raise TensorError(f"dtype {dtype} is unknown")
    return str(types_pb2.DataType.Name(dtype).removeprefix("DT_").lower())


def _shape(proto: TensorShapeProto) -> tuple[int, ...]:
    shape = tuple(dim.size for dim in proto.dim)
    count = 1
    for size in shape:
        if size < 0 or (count := count * size) > _MAX_ELEMENTS:
            raise TensorError("the shape is unknown or too large")
    if proto.unknown_rank:
        raise TensorError("the rank is unknown")
    return shape


def _from_content(content: bytes, kind: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    if kind.hasobject:
        raise TensorError("strings do not travel in tensor_content here")
    return np.frombuffer(content, kind).reshape(shape)


def _filled(values: Any, kind: np.dtype[Any], shape: tuple[int, ...]) -> Array:
    count = int(np.prod(shape))
    given = len(values)
    if given == count:
        return np.fromiter(values, kind, count).reshape(shape)
    size = len(values[-1]) + _STRING if kind.hasobject and given else kind.itemsize
    if count > given and count * size > _MAX_FILLED:
        raise TensorError("too few values for so large a shape")
    if not given:
        return np.full(shape, b"" if kind.hasobject else 0, kind)
    flat = np.full(count, values[-1], kind)
    usable = min(given, count)
    flat[:usable] = values[:usable]
    return flat.reshape(shape)


def encode(array: Array, proto: TensorProto, *, as_content: bool = False) -> None:
    """Write `array` into an empty TensorProto, in its typed field, or as bytes where the dtype allows.

    Raises UNIMPLEMENTED for a dtype that is not supported.
    """
    if array.dtype not in _DTYPES:
        raise ServingError(Code.UNIMPLEMENTED, f"Outputs of dtype {array.dtype} are not supported by this server")
    proto.dtype = dtype = _DTYPES[array.dtype]
    for size in array.shape:
        proto.tensor_shape.dim.add(size=size)
    if as_content and not array.dtype.hasobject:
        proto.tensor_content = array.tobytes()
    else:
        getattr(proto, _FIELDS[dtype][1]).extend(array.ravel().tolist())
