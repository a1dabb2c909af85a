"""Predict, from a request's tensors to a response's, with tensorflow_model_server's checks in its order."""

from collections.abc import Iterable, Mapping
from typing import Final

from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.errors import Code, ServingError, invalid
from serving.runtime.saved_model import SavedModel, Signature
from serving.runtime.tensors import Array, TensorError, decode, dtype_name

DEFAULT_SIGNATURE: Final = "serving_default"


def predict(
    model: SavedModel,
    signature_name: str,
    inputs: Mapping[str, TensorProto],
    output_filter: Iterable[str] = (),
    timeout_ms: int | None = None,
) -> dict[str, Array]:
    """Return the signature's outputs by alias (all, or those in `output_filter`), or raise ServingError."""
    signature = model.signatures.get(signature_name)
    if signature is None:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{signature_name}" not found.')
    feeds = _feeds(signature, inputs)
    outputs = _outputs(signature, output_filter)
    arrays = model.run(feeds, list(outputs.values()), timeout_ms)
    return dict(zip(outputs, arrays, strict=True))


def _feeds(signature: Signature, inputs: Mapping[str, TensorProto]) -> dict[str, Array]:
    if len(inputs) != len(signature.inputs):
        sent, wanted = set(inputs), set(signature.inputs)
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)} len({_listed(sent)}) != "
            f"len({_listed(wanted)}). Sent extra: {_listed(sent - wanted)}. "
            f"Missing but required: {_listed(wanted - sent)}."
        )
    for alias, tensor in signature.inputs.items():
        if alias not in inputs:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {tensor}) not found in request and no default value "
                f"provided. Inputs expected to be in the request {_listed(inputs)}, or default input alias set: "
            )
    _check_dtypes(signature, inputs)  # before any of them takes memory
    feeds = {}
    for alias, tensor in signature.inputs.items():
        try:
            feeds[tensor] = decode(inputs[alias])
        except TensorError as error:
            raise invalid(f"tensor parsing error: {alias}") from error
    return feeds


def _check_dtypes(signature: Signature, inputs: Mapping[str, TensorProto]) -> None:
    """Raise TensorFlow's error for the first tensor, in the order of their names, that is given with another dtype."""
    wrong = [alias for alias, dtype in signature.dtypes.items() if inputs[alias].dtype != dtype]
    if not wrong:
        return
    alias = min(wrong, key=signature.inputs.__getitem__)
    try:
        given, wanted = dtype_name(inputs[alias].dtype), dtype_name(signature.dtypes[alias])
    except TensorError as error:
        raise invalid(f"tensor parsing error: {alias}") from error
    position = sorted(signature.inputs.values()).index(signature.inputs[alias])
    raise invalid(f"Expects arg[{position}] to be {wanted} but {given} is provided")


def _outputs(signature: Signature, output_filter: Iterable[str]) -> Mapping[str, str]:
    chosen: dict[str, str] = {}
    for alias in output_filter:
        if alias not in signature.outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias} "
                f"Outputs expected to be in the set {_listed(signature.outputs)}."
            )
        if alias in chosen:
            raise invalid(f"duplicate output tensor alias: {alias}")
        chosen[alias] = signature.outputs[alias]
    return chosen or signature.outputs


def _listed(names: Iterable[str]) -> str:
    return "{" + ",".join(sorted(names)) + "}"
