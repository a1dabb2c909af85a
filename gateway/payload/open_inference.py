"""Reads requests of the Open Inference Protocol (v2 of KServe and Triton) with the binary tensor data extension.

The specification: github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md; the extension:
github.com/triton-inference-server/server, docs/protocol/extension_binary_data.md.
"""

import re
from array import array
from dataclasses import dataclass
from typing import Any, Final

from gateway.errors import InvalidBeat
from gateway.model import FEATURES
from gateway.payload.beats import Matrix, short, too_many
from gateway.payload.binary import all_finite, first_not_finite
from gateway.payload.json_beats import load, object_of, rows_of

HEADER_LENGTH: Final = "Inference-Header-Content-Length"
OUTPUTS: Final = {"predicted_class": "INT64", "probability": "FP32", "probabilities": "FP32"}
_DATATYPES: Final = ("FP32", "FP64", "INT32", "INT64")
_LENGTH: Final = re.compile("[0-9]{1,18}")
# KServe's client also sends `model_name` in the body; MLServer's client sends the parameter `content_type`.
_REQUEST_KEYS: Final = ("id", "model_name", "model_version", "parameters", "inputs", "outputs")
_INPUT_KEYS: Final = ("name", "shape", "datatype", "parameters", "data")


@dataclass(frozen=True, slots=True)
class RequestedOutput:
    """The name of an output, one of OUTPUTS, and whether to write it as binary data."""

    name: str
    binary: bool = False


@dataclass(frozen=True, slots=True)
class InferRequest:
    """The beats, the requested outputs in order, the `id` to send back, and the body's model name and version."""

    beats: Matrix
    outputs: tuple[RequestedOutput, ...]
    id: str | None = None
    model_name: str | None = None
    model_version: str | None = None


def read(body: bytes, header_length: str | None, max_batch: int) -> InferRequest:
    """Read an inference request for the input `features`, float32 of the shape [n, width] or [width].

    JSON data may also be FP64, which is rounded to the nearest float32, or INT32 and INT64, whose values must be exact
    as float32; binary data must be FP32.

    Args:
        body: The request body.
        header_length: The value of the header Inference-Header-Content-Length, or None.
        max_batch: The largest number of beats.

    Raises:
        InvalidBeat: The request is malformed; the message names the wrong part.
        TooManyBeats: There are more than `max_batch` beats.
    """
    text, binary = _split(body, header_length)
    content = object_of(load(text), _REQUEST_KEYS, "the request")
    parameters = _parameters(content, ("binary_data_output", "content_type"), "the request's 'parameters'")
    beats = _beats(_only_input(content.get("inputs")), binary, max_batch)
    outputs = _outputs(content.get("outputs"), _flag(parameters, "binary_data_output", False))
    texts = (_text(content, name) for name in ("id", "model_name", "model_version"))
    return InferRequest(beats, outputs, *texts)


def _split(body: bytes, header_length: str | None) -> tuple[bytes, bytes | None]:
    if header_length is None:
        return body, None
    if not _LENGTH.fullmatch(header_length) or int(header_length) > len(body):
        raise InvalidBeat(
            f"The header {HEADER_LENGTH} must be the length of the JSON in the body, which has {len(body)} bytes",
            field=HEADER_LENGTH,
        )
    return body[: int(header_length)], body[int(header_length) :]


def _only_input(inputs: object) -> dict[str, Any]:
    if not isinstance(inputs, list) or not inputs:
        raise InvalidBeat(f"'inputs' must be a list with the input '{FEATURES}'", field="inputs")
    for number, each in enumerate(inputs):
        content = object_of(each, _INPUT_KEYS, f"inputs[{number}]")
        if content.get("name") != FEATURES:
            name = short(str(content.get("name")))
            raise InvalidBeat(f"The model has no input '{name}'; its input is '{FEATURES}'", field=name)
    if len(inputs) > 1:
        raise InvalidBeat(f"'inputs' has the input '{FEATURES}' more than once", field=FEATURES)
    return content


def _beats(content: dict[str, Any], binary: bytes | None, max_batch: int) -> Matrix:
    count, width = _shape(content.get("shape"))
    if count > max_batch:
        raise too_many(count, max_batch, FEATURES)
    datatype = content.get("datatype")
    if datatype not in _DATATYPES:
        raise InvalidBeat(
            f"The datatype '{short(str(datatype))}' of the input '{FEATURES}' is not supported; send FP32",
            field="datatype",
        )
    parameters = _parameters(content, ("binary_data_size", "content_type"), f"the 'parameters' of '{FEATURES}'")
    size = parameters.get("binary_data_size")
    if size is None:
        if binary:
            raise InvalidBeat(
                f"{len(binary)} bytes follow the JSON, but no input has 'binary_data_size'", field=FEATURES
            )
        return _from_json(content.get("data"), count, width, datatype)
    if content.get("data") is not None or datatype != "FP32":
        raise InvalidBeat(
            f"The input '{FEATURES}' with 'binary_data_size' must be FP32 and have no 'data'", field=FEATURES
        )
    return _from_binary(binary, size, count, width)


def _shape(shape: object) -> tuple[int, int]:
    """Return the number of beats and the number of values of each."""
    if (
        not isinstance(shape, list)
        or len(shape) not in (1, 2)
        or not all(type(size) is int and 1 <= size < 2**31 for size in shape)
    ):
        raise InvalidBeat(f"The 'shape' of the input '{FEATURES}' must be [n, width] or [width]", field="shape")
    return (1 if len(shape) == 1 else shape[0]), shape[-1]


def _from_binary(binary: bytes | None, size: object, count: int, width: int) -> Matrix:
    if binary is None:
        raise InvalidBeat(f"'binary_data_size' needs the header {HEADER_LENGTH}", field=HEADER_LENGTH)
    if type(size) is not int or size != 4 * count * width or size != len(binary):
        raise InvalidBeat(
            f"The input '{FEATURES}' of the shape [{count}, {width}] needs {4 * count * width} bytes after the JSON, "
            f"and that number as 'binary_data_size'; there are {len(binary)}",
            field="binary_data_size",
        )
    if not all_finite(binary):
        instance, index = divmod(first_not_finite(binary), width)
        raise InvalidBeat(f"{FEATURES}[{instance}][{index}] is not a finite float32", instance=instance, index=index)
    return Matrix(binary, count, FEATURES)


def _from_json(data: object, count: int, width: int, datatype: str) -> Matrix:
    if not isinstance(data, list):
        raise InvalidBeat(f"The 'data' of the input '{FEATURES}' must be a list of numbers", field="data")
    flat = not (data and isinstance(data[0], list))
    rows = [data[at : at + width] for at in range(0, len(data), width)] if flat else data
    if len(rows) != count or any(not isinstance(row, list) or len(row) != width for row in rows):
        raise InvalidBeat(f"The 'data' of the input '{FEATURES}' is not of the shape [{count}, {width}]", field="data")
    beats = rows_of(rows, count, path=FEATURES).beats
    if datatype.startswith("INT"):
        for number, (row, beat) in enumerate(zip(rows, beats, strict=True)):
            _check_integers(row, beat.values, number)
    return Matrix(b"".join(beat.values for beat in beats), count, FEATURES)


def _check_integers(row: list[Any], values: "array[float]", instance: int) -> None:
    for index, (number, stored) in enumerate(zip(row, values, strict=True)):
        if type(number) is not int or number != stored:
            raise InvalidBeat(
                f"{FEATURES}[{instance}][{index}] is not an integer that a float32 holds exactly; send FP32",
                instance=instance,
                index=index,
            )


def _outputs(outputs: object, binary: bool) -> tuple[RequestedOutput, ...]:
    if outputs is None or outputs == []:
        return tuple(RequestedOutput(name, binary) for name in OUTPUTS)
    if not isinstance(outputs, list):
        raise InvalidBeat("'outputs' must be a list of requested outputs", field="outputs")
    requested: dict[str, RequestedOutput] = {}
    for number, each in enumerate(outputs):
        content = object_of(each, ("name", "parameters"), f"outputs[{number}]")
        name = content.get("name")
        if not isinstance(name, str) or name not in OUTPUTS or name in requested:
            problem = "is requested twice" if isinstance(name, str) and name in requested else "does not exist"
            raise InvalidBeat(
                f"The output '{short(str(name))}' {problem}; outputs are {', '.join(OUTPUTS)}", field=short(str(name))
            )
        parameters = _parameters(content, ("binary_data", "content_type"), f"the 'parameters' of '{name}'")
        requested[name] = RequestedOutput(name, _flag(parameters, "binary_data", binary))
    return tuple(requested.values())


def _parameters(content: dict[str, Any], known: tuple[str, ...], path: str) -> dict[str, Any]:
    parameters = content.get("parameters")
    return {} if parameters is None else object_of(parameters, known, path)


def _flag(parameters: dict[str, Any], name: str, default: bool) -> bool:
    value = parameters.get(name, default)
    if not isinstance(value, bool):
        raise InvalidBeat(f"The parameter '{name}' must be true or false", field=name)
    return value


def _text(content: dict[str, Any], name: str) -> str | None:
    value = content.get(name)
    if value is not None and not isinstance(value, str):
        raise InvalidBeat(f"'{name}' must be a string", field=name)
    return value
