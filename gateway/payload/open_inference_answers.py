"""Writes answers of the Open Inference Protocol (v2 of KServe and Triton): predictions and metadata."""

import sys
from array import array
from collections.abc import Iterable
from itertools import chain
from typing import Any, Final

import orjson

from gateway.model import FEATURES, Answer, ServedModel
from gateway.payload.open_inference import HEADER_LENGTH, OUTPUTS, InferRequest

PLATFORM: Final = "tensorflow_savedmodel"
_TYPECODES: Final = {"INT64": "q", "FP32": "f"}


def write_answer(request: InferRequest, answer: Answer, model_name: str) -> tuple[bytes, dict[str, str]]:
    """Write the requested outputs of `answer` as JSON, followed by the outputs requested as binary data.

    Returns:
        The content and its headers: Content-Type and, with binary data, Inference-Header-Content-Length.
    """
    outputs, parts = [], []
    for requested in request.outputs:
        datatype, values = OUTPUTS[requested.name], getattr(answer, requested.name)
        nested = requested.name == "probabilities"
        flat = list(chain.from_iterable(values)) if nested else values
        shape = [len(values), len(values[0])] if nested else [len(values)]
        output: dict[str, Any] = {"name": requested.name, "shape": shape, "datatype": datatype}
        if requested.binary:
            parts.append(_little_endian(_TYPECODES[datatype], flat))
            output["parameters"] = {"binary_data_size": len(parts[-1])}
        else:
            output["data"] = flat
        outputs.append(output)
    content: dict[str, Any] = {"model_name": model_name, "model_version": str(answer.version)}
    if request.id is not None:
        content["id"] = request.id
    text = orjson.dumps(content | {"outputs": outputs})
    if not parts:
        return text, {"Content-Type": "application/json"}
    headers = {"Content-Type": "application/octet-stream", HEADER_LENGTH: str(len(text))}
    return b"".join([text, *parts]), headers


def server_metadata(name: str, version: str) -> dict[str, Any]:
    """Return the content of `GET /v2`."""
    return {"name": name, "version": version, "extensions": ["binary_tensor_data"]}


def model_metadata(name: str, versions: Iterable[int], model: ServedModel) -> dict[str, Any]:
    """Return the content of `GET /v2/models/{name}`; `versions` are the available ones."""
    classes = -1 if model.class_labels is None else len(model.class_labels)
    shapes = {"predicted_class": [-1], "probability": [-1], "probabilities": [-1, classes]}
    return {
        "name": name,
        "versions": [str(version) for version in versions],
        "platform": PLATFORM,
        "inputs": [{"name": FEATURES, "datatype": "FP32", "shape": [-1, model.width]}],
        "outputs": [
            {"name": output, "datatype": datatype, "shape": shapes[output]} for output, datatype in OUTPUTS.items()
        ],
    }


def error(message: str) -> dict[str, str]:
    """Return the content of an error answer, here and in TensorFlow Serving's REST API."""
    return {"error": message}


def _little_endian(typecode: str, values: list[Any]) -> bytes:
    numbers = array(typecode, values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers.tobytes()
