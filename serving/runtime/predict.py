"""Runs Predict: from input tensors to output arrays, with tensorflow_model_server's checks in the same order."""

from collections.abc import Iterable, Mapping
from typing import Final

from tensorflow.core.framework.tensor_pb2 import TensorProto

from serving.errors import Code, ServingError, invalid
from serving.runtime.saved_model import SavedModel, Signature
from serving.runtime.tensors import Array, TensorError, check, decode, dtype_name

DEFAULT_SIGNATURE: Final = "serving_default"


def predict(
    model: SavedModel,
    signature_name: str,
    inputs: Mapping[str, TensorProto],
    output_filter: Iterable[str] = (),
    timeout_ms: int | None = None,
) -> dict[str, Array]:
    """Run a signature and return its outputs by alias.

    Args:
        model: The loaded version.
        signature_name: The name of the signature.
        inputs: The input tensors by alias.
        output_filter: Aliases of the outputs to return; empty for all.
        timeout_ms: The time limit in milliseconds, or None.

    Raises:
        ServingError: The request does not fit the signature, or the run failed.
    """
    signature = model.signatures.get(signature_name)
    if signature is None:
        raise ServingError(Code.FAILED_PRECONDITION, f'Serving signature key "{signature_name}" not found.')
    tensors = _tensors(signature, inputs)
    wrong = [alias for alias, dtype in signature.dtypes.items() if tensors[alias].dtype != dtype]
    feeds = _feeds(signature, tensors, fill=not wrong)
    outputs = _outputs(signature, output_filter)
    if wrong:
        raise _another_dtype(signature, tensors, min(wrong, key=signature.inputs.__getitem__))
    arrays = model.run(feeds, list(outputs.values()), timeout_ms)
    return dict(zip(outputs, arrays, strict=True))


def _tensors(signature: Signature, inputs: Mapping[str, TensorProto]) -> dict[str, TensorProto]:
    """Return the tensors of the signature's inputs: from the request, otherwise the default values."""
    _check_number(signature, inputs)
    tensors = {}
    for alias, name in signature.inputs.items():
        if alias in inputs:
            tensors[alias] = inputs[alias]
        elif alias in signature.defaults:
            tensors[alias] = signature.defaults[alias]
        else:
            raise invalid(
                f"Signature input alias: {alias}(feed name: {name}) not found in request and no default value "
                f"provided. Inputs expected to be in the request {_listed(inputs)}, or default input alias set: "
                f"{_joined(signature.defaults)}"
            )
    if signature.defaults and not inputs.keys() <= signature.inputs.keys():
        used = inputs.keys() & signature.inputs.keys()
        raise invalid(
            f"Inputs contains invalid name. Used request inputs: {_joined(used)}, request input: {_joined(inputs)}"
        )
    return tensors


def _check_number(signature: Signature, inputs: Mapping[str, TensorProto]) -> None:
    sent, expected = set(inputs), set(signature.inputs)
    if len(sent) == len(expected) or (len(sent) < len(expected) and signature.defaults):
        return
    raise invalid(
        f"input size does not match signature: {len(sent)}!={len(expected)} "
        f"len({_listed(sent)}) != len({_listed(expected)}). "
        f"Sent extra: {_listed(sent - expected)}. Missing but required: {_listed(expected - sent)}."
    )


def _feeds(signature: Signature, tensors: Mapping[str, TensorProto], *, fill: bool) -> dict[str, Array]:
    """Return the arrays by tensor name; without `fill` only check the tensors, which takes no memory."""
    feeds = {}
    for alias, name in signature.inputs.items():
        try:
            if fill:
                feeds[name] = decode(tensors[alias], signature.shapes[alias])
            else:
                check(tensors[alias])
        except TensorError as error:
            raise invalid(f"tensor parsing error: {alias}") from error
    return feeds


def _another_dtype(signature: Signature, tensors: Mapping[str, TensorProto], alias: str) -> ServingError:
    """Return TensorFlow's error for an input of a wrong dtype."""
    position = sorted(signature.inputs.values()).index(signature.inputs[alias])
    sent, expected = dtype_name(tensors[alias].dtype), dtype_name(signature.dtypes[alias])
    return invalid(f"Expects arg[{position}] to be {expected} but {sent} is provided")


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
    return f"{{{_joined(names)}}}"


def _joined(names: Iterable[str]) -> str:
    return ",".join(sorted(names))
