"""TensorFlow Serving's REST formats, which KServe calls v1: Predict requests and answers, model status and metadata.

The specification: tensorflow.org/tfx/serving/api_rest.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson

from gateway.errors import InvalidBeat
from gateway.model import FEATURES, SERVING, Answer, ServedModel, VersionState
from gateway.payload.beats import JsonBeats, short, too_many
from gateway.payload.json_beats import LARGE, load, may_hold_booleans, object_of, rows_of
from gateway.payload.large_json import read_large

_KEYS: Final = ("signature_name", "instances", "inputs")
# In TensorFlow Serving's order: by name.
OUTPUTS: Final = {"predicted_class": "DT_INT64", "probabilities": "DT_FLOAT", "probability": "DT_FLOAT"}


@dataclass(frozen=True, slots=True)
class PredictRequest:
    """The beats, and whether the answer has a column per output (`inputs`) or a row per beat (`instances`)."""

    beats: JsonBeats
    columns: bool


def read(body: bytes, max_batch: int) -> PredictRequest:
    """Read a Predict request: beats as lists, with or without the name of the input, `features`.

    That is `{"instances": [beat, ...]}`, `{"instances": [{"features": beat}, ...]}`, `{"inputs": [beat, ...]}` or
    `{"inputs": {"features": [beat, ...]}}`. The key `signature_name` may be `serving_default` or empty.

    Raises:
        InvalidBeat: The request is malformed; the message names the wrong part.
        TooManyBeats: There are more than `max_batch` beats.
    """
    if len(body) > LARGE and (matrix := read_large(body, max_batch)):
        return PredictRequest(matrix, columns=False)
    content = object_of(load(body), _KEYS, "the request")
    signature = content.get("signature_name", "")
    if signature not in ("", SERVING):
        name = short(str(signature))
        raise InvalidBeat(f"The signature '{name}' is not served; leave out 'signature_name'", field="signature_name")
    if ("instances" in content) == ("inputs" in content):
        raise InvalidBeat("The request must have either 'instances' or 'inputs'")
    columns = "inputs" in content
    if columns:
        rows = _input_of(content["inputs"], "inputs") if isinstance(content["inputs"], dict) else content["inputs"]
    else:
        rows = _unnamed(content["instances"], max_batch)
    path = "inputs" if columns else "instances"
    _check_lists(rows, max_batch, path)
    return PredictRequest(rows_of(rows, max_batch, may_hold_booleans(body), path), columns)


def _unnamed(instances: Any, max_batch: int) -> Any:
    """Return the beats without the objects that name the input."""
    if not isinstance(instances, list) or not any(isinstance(each, dict) for each in instances):
        return instances
    if len(instances) > max_batch:
        raise too_many(len(instances), max_batch)
    return [_input_of(each, f"instances[{number}]") for number, each in enumerate(instances)]


def _input_of(value: object, path: str) -> Any:
    named = object_of(value, (FEATURES,), path)
    if FEATURES not in named:
        raise InvalidBeat(f"{path} lacks the input '{FEATURES}'", field=FEATURES)
    return named[FEATURES]


def _check_lists(rows: Any, max_batch: int, path: str) -> None:
    """Refuse beats of named numbers: the gateway's own API has them, TensorFlow Serving's REST API does not."""
    for number, row in enumerate(rows if isinstance(rows, list) and len(rows) <= max_batch else ()):
        if not isinstance(row, list):
            raise InvalidBeat(f"{path}[{number}] must be a list of numbers", instance=number)


def write_answer(request: PredictRequest, answer: Answer) -> bytes:
    """Write an answer in TensorFlow Serving's format for several outputs: `predictions` rows or `outputs` columns."""
    columns = {name: getattr(answer, name) for name in OUTPUTS}
    if request.columns:
        return orjson.dumps({"outputs": columns})
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return orjson.dumps({"predictions": rows})


def status(states: Mapping[int, VersionState]) -> dict[str, Any]:
    """Return the content of `GET /v1/models/{name}`: the state of each version, newest first.

    The error code of a failed version is always UNKNOWN, because the gateway knows only the message.
    """
    return {
        "model_version_status": [
            {
                "version": str(version),
                "state": state.name,
                "status": {"error_code": "UNKNOWN" if state.problem else "OK", "error_message": state.problem},
            }
            for version, state in sorted(states.items(), reverse=True)
        ]
    }


def metadata(name: str, model: ServedModel) -> dict[str, Any]:
    """Return the content of `GET /v1/models/{name}/metadata` for the signature `serving_default`.

    The names of tensors in the graph are empty, because the gateway does not know them.
    """
    classes = -1 if model.class_labels is None else len(model.class_labels)
    signature = {
        "inputs": {FEATURES: _tensor("DT_FLOAT", -1, model.width)},
        "outputs": {
            output: _tensor(dtype, -1, *([classes] if output == "probabilities" else []))
            for output, dtype in OUTPUTS.items()
        },
        "method_name": "tensorflow/serving/predict",
        "defaults": {},
    }
    return {
        "model_spec": {"name": name, "signature_name": "", "version": str(model.version)},
        "metadata": {"signature_def": {"signature_def": {SERVING: signature}}},
    }


def _tensor(dtype: str, *sizes: int) -> dict[str, Any]:
    shape = {"dim": [{"size": str(size), "name": ""} for size in sizes], "unknown_rank": False}
    return {"dtype": dtype, "tensor_shape": shape, "name": ""}
