"""The paths of the REST API: status, metadata and Predict, answered by `Service`."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from serving.errors import Code, ServingError, invalid
from serving.rest.document import parse
from serving.rest.request import tensors
from serving.rest.response import predictions
from serving.runtime.predict import DEFAULT_SIGNATURE
from serving.service import Service

_LONGEST_INT64: Final = 19  # digits
_VERSION: Final = r"(?:/(?:versions/(?P<version>\d+)|labels/(?P<label>[^/:]+)))?"
_POST: Final = rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<method>classify|regress|predict)"
_GET: Final = rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?P<metadata>/metadata)?"
# paths match in any case, but tensorflow_model_server accepts methods only in lower case
_METHODS: Final = frozenset({"classify", "regress", "predict"})
_PATTERNS: Final = {"GET": re.compile(_GET, re.I | re.A), "POST": re.compile(_POST, re.I | re.A)}


class Rest:
    """Answers a method, path and body with JSON, or raises ServingError."""

    def __init__(self, service: Service, timeout_ms: int) -> None:
        self._service = service
        self._timeout_ms = timeout_ms

    def answer(self, method: str, path: str, read: Callable[[], bytes]) -> str:
        """Return the JSON answer to a request under /v1/; `read` returns its body. Raises ServingError."""
        pattern = _PATTERNS.get(method)
        match = pattern.fullmatch(path) if pattern else None
        with self._service.count_request(_name(match) if match else ""):
            if match is None:
                raise _malformed(method, path)
            return self._post(match, path, read) if method == "POST" else self._get(match)

    def _get(self, match: re.Match[str]) -> str:
        spec = _spec(match)
        if not spec.name:
            raise invalid("Missing model name in request.")
        return self._metadata(spec) if match["metadata"] == "/metadata" else self._status(spec)

    def _post(self, match: re.Match[str], path: str, read: Callable[[], bytes]) -> str:
        spec, method = _spec(match), match["method"]
        if method not in _METHODS:
            raise _malformed("POST", path)
        if method != "predict":
            raise ServingError(Code.UNIMPLEMENTED, f"{method} is not supported by this server, use predict")
        return self._predict(spec, parse(read()))

    def _predict(self, spec: ModelSpec, document: Mapping[str, Any]) -> str:
        request = PredictRequest(model_spec=spec)
        name = document.get("signature_name", "")
        request.model_spec.signature_name = name
        with self._service.use(request) as (_, model):
            signature = model.signature_defs.get(name or DEFAULT_SIGNATURE)
        if signature is None:
            raise invalid(f'Serving signature name: "{name or DEFAULT_SIGNATURE}" not found in signature def')
        if not signature.inputs:
            raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
        try:
            inputs = tensors(document, signature.inputs)
        except RecursionError as error:
            raise invalid("The lists are nested too deeply") from error
        for alias, proto in inputs.items():
            request.inputs[alias].CopyFrom(proto)
        response = self._service.run(request, self._timeout_ms, api="predict", entrypoint="REST")
        return predictions(response.outputs, rows="instances" in document)

    def _status(self, spec: ModelSpec) -> str:
        return _text(self._service.status(GetModelStatusRequest(model_spec=spec)))

    def _metadata(self, spec: ModelSpec) -> str:
        request = GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        response = self._service.metadata(request)
        signatures = SignatureDefMap()
        response.metadata["signature_def"].Unpack(signatures)
        return (
            f'{{\n"model_spec":{_text(response.model_spec)},\n'
            f'"metadata": {{"signature_def": {_text(signatures)}}}\n}}\n'
        )


def _malformed(method: str, path: str) -> ServingError:
    return invalid(f"Malformed request: {method} {path}")


def _name(match: re.Match[str]) -> str:
    return unquote(match["name"] or "")


def _spec(match: re.Match[str]) -> ModelSpec:
    spec = ModelSpec(name=_name(match))
    if match["version"]:
        spec.version.value = _number(match["version"])
    elif match["label"]:
        spec.version_label = unquote(match["label"])
    return spec


def _number(digits: str) -> int:
    significant = digits.lstrip("0")
    if len(significant) > _LONGEST_INT64 or int(significant or "0") >= 2**63:
        raise invalid("")  # tensorflow_model_server answers with an empty body
    return int(significant or "0")


def _text(message: Message) -> str:
    """Return a message as JSON in the layout of protobuf's C++ library."""
    document = MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"
