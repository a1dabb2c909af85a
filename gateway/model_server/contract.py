"""The contract of a served model: checks and reads its signature, its metadata and its answers."""

import json
from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, Final

from gateway.errors import ContractBroken, NotFinite
from gateway.model import (
    ATTRIBUTIONS,
    FEATURES,
    LARGEST,
    PLAIN,
    SERVING,
    UNUSUAL_SCORE,
    Answer,
    Question,
    ServedModel,
)
from gateway.model_server import tensors
from gateway.model_server.wire.serving_pb2 import (
    DT_FLOAT,
    DT_INT64,
    DT_STRING,
    PredictResponse,
    SignatureDef,
    TensorProto,
)

METADATA: Final = "metadata"
OUTPUTS: Final = ("predicted_class", "probabilities", "probability")


def width_of(signatures: Mapping[str, SignatureDef]) -> int:
    """Return the number of features of the signature `serving_default`.

    Raises:
        ContractBroken: The signature has other inputs or outputs than the contract demands.
    """
    signature = signatures.get(SERVING)
    if signature is None or set(signature.inputs) != {FEATURES}:
        raise ContractBroken(f"The served model has no signature '{SERVING}' with the one input '{FEATURES}'")
    info = signature.inputs[FEATURES]
    sizes = [dim.size for dim in info.tensor_shape.dim]
    if info.dtype != DT_FLOAT or len(sizes) != 2 or sizes[1] < 1:
        raise ContractBroken(f"The served model's input '{FEATURES}' is not float32 (batch, n)")
    missing = [name for name in OUTPUTS if name not in signature.outputs]
    if missing:
        raise ContractBroken(f"The served model's signature '{SERVING}' lacks the output '{missing[0]}'")
    return sizes[1]


def outputs_of(question: Question) -> Sequence[str]:
    """Return the names of the outputs to request; empty for all. The plain answer requests few, which costs less."""
    return () if question.probabilities or question.more else ("predicted_class", "probability")


def names_of(signatures: Mapping[str, SignatureDef]) -> tuple[str, ...]:
    """Return the names of the callable signatures; TensorFlow adds an internal one, whose name begins with `__`."""
    return tuple(sorted(name for name in signatures if not name.startswith("__")))


def model_of(version: int, width: int, signatures: tuple[str, ...], response: PredictResponse) -> ServedModel:
    """Make a served model from the answer of the signature `metadata`.

    Raises:
        ContractBroken: The answer does not follow the contract.
    """
    labels = _read(response, "class_labels", DT_INT64, lambda shape: len(shape) == 1)
    names = _read(response, "feature_names", DT_STRING, lambda shape: shape == (width,))
    (description,) = _read(response, "description", DT_STRING, lambda shape: shape == ())
    try:
        facts = json.loads(description, parse_constant=lambda _: None)  # a metric may be NaN, which is not JSON
        feature_names = tuple(name.decode() for name in names)
    except ValueError:
        raise ContractBroken(f"The model's signature '{METADATA}' gives text that is not UTF-8 JSON") from None
    if not isinstance(facts, dict):
        raise ContractBroken("The model's 'description' is not a JSON object")
    return ServedModel(version, width, feature_names, tuple(labels), facts, signatures)


def answer_of(response: PredictResponse, count: int, question: Question = PLAIN) -> Answer:
    """Read the outputs for `count` beats.

    Raises:
        ContractBroken: An output is missing, or has another dtype or shape.
        NotFinite: A value is infinite or NaN.
    """
    version: int = response.model_spec.version.value
    classes = _read(response, "predicted_class", DT_INT64, lambda shape: shape == (count,))
    probability = _column(response, "probability", count)
    probabilities = _table(response, "probabilities", count) if question.probabilities else []
    if not question.more:
        return Answer(version, classes, probability, probabilities)
    more = {name: (_table if name == ATTRIBUTIONS else _column)(response, name, count) for name in question.more}
    return Answer(version, classes, probability, probabilities, more)


def _column(response: PredictResponse, name: str, count: int) -> list[Any]:
    values = _read(response, name, DT_FLOAT, lambda shape: shape == (count,))
    if name == UNUSUAL_SCORE:  # a distance may be beyond float32, and JSON has no infinity
        values = [min(value, LARGEST) for value in values]
    return _finite(response, name, values, count)


def _table(response: PredictResponse, name: str, count: int) -> list[Any]:
    values = _read(response, name, DT_FLOAT, lambda shape: len(shape) == 2 and shape[0] == count and shape[1] > 0)
    k = len(_finite(response, name, values, count)) // count
    return [values[i : i + k] for i in range(0, len(values), k)]


def _finite(response: PredictResponse, name: str, values: list[Any], count: int) -> list[Any]:
    if not isfinite(sum(values)):  # the sum of float32 values is within float64
        place = next(place for place, value in enumerate(values) if not isfinite(value))
        raise NotFinite(response.model_spec.version.value, name, place // (len(values) // count))
    return values


def _read(response: PredictResponse, name: str, dtype: int, fits: Callable[[tuple[int, ...]], bool]) -> list[Any]:
    if name not in response.outputs:
        raise ContractBroken(f"The model's answer lacks the output '{name}'")
    tensor: TensorProto = response.outputs[name]
    shape = tensors.shape(tensor)
    if tensor.dtype != dtype or not fits(shape):
        kind = tensors.NAMES.get(tensor.dtype, f"dtype {tensor.dtype}")
        raise ContractBroken(f"The model's output '{name}' is {kind} {shape}, which breaks the contract")
    try:
        return tensors.strings(tensor) if dtype == DT_STRING else tensors.numbers(tensor)
    except ValueError as error:
        raise ContractBroken(f"The model's output '{name}' does not fit its shape {shape}: {error}") from None
