"""What is answered over REST: status, metadata and Predict over `Service`."""

import json
import re
from typing import Any, Final

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

_VERSION: Final = r"(?:/(?:versions/(?P<version>\d+)|labels/(?P<label>[^/:]+)))?"
_POST: Final = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<method>classify|regress|predict)", re.I)
_GET: Final = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?P<metadata>/metadata)?", re.I)
_PATTERNS: Final = {"GET": _GET, "POST": _POST}


class Rest:
    """Answers a method, path and body with JSON, or raises ServingError."""

    def __init__(self, service: Service, timeout_ms: int) -> None:
        self._service = service
        self._timeout_ms = timeout_ms

    def answer(self, method: str, path: str, body: bytes) -> str:
        """Return the JSON text for a request under /v1/."""
        pattern = _PATTERNS.get(method)
        match = pattern.fullmatch(path) if pattern else None
        if match is None:
            raise invalid(f"Malformed request: {method} {path}")
        if method == "POST":
            return self._predict(match, body)
        if not match["name"]:
            raise invalid("Missing model name in request.")
        return self._metadata(match) if match["metadata"] else self._status(match)

    def _predict(self, match: re.Match[str], body: bytes) -> str:
        if match["method"].lower() != "predict":
            raise ServingError(Code.UNIMPLEMENTED, f"{match['method']} is not supported by this server, use predict")
        document = parse(body)
        request = PredictRequest(model_spec=_spec(match))
        name = document.get("signature_name", "")
        request.model_spec.signature_name = name
        with self._service.use(request) as (_, model):
            signature = model.signature_defs.get(name or DEFAULT_SIGNATURE)
        if signature is None:
            raise invalid(f'Serving signature name: "{name or DEFAULT_SIGNATURE}" not found in signature def')
        if not signature.inputs:
            raise invalid(f"Failed to get input map for signature: {name or 'DEFAULT'}")
        try:
            given = tensors(document, signature.inputs)
        except RecursionError as error:
            raise invalid("The lists are nested too deeply") from error
        for alias, proto in given.items():
            request.inputs[alias].CopyFrom(proto)
        response = self._service.predict(request, self._timeout_ms, api="predict", entrypoint="REST")
        return predictions(response.outputs, rows="instances" in document)

    def _status(self, match: re.Match[str]) -> str:
        return json.dumps(_as_dict(self._service.status(GetModelStatusRequest(model_spec=_spec(match)))), indent=4)

    def _metadata(self, match: re.Match[str]) -> str:
        request = GetModelMetadataRequest(model_spec=_spec(match), metadata_field=["signature_def"])
        response = self._service.metadata(request)
        signatures = SignatureDefMap()
        response.metadata["signature_def"].Unpack(signatures)
        document = {"model_spec": _as_dict(response.model_spec), "metadata": {"signature_def": _as_dict(signatures)}}
        return json.dumps(document, indent=4)


def _spec(match: re.Match[str]) -> ModelSpec:
    spec = ModelSpec(name=match["name"])
    if match["version"]:
        if len(match["version"]) > 19 or int(match["version"]) >= 2**63:
            raise invalid(f"Failed to convert version: {match['version']} to numeric.")
        spec.version.value = int(match["version"])
    elif match["label"]:
        spec.version_label = match["label"]
    return spec


def _as_dict(message: Message) -> dict[str, Any]:
    return MessageToDict(message, preserving_proto_field_name=True, always_print_fields_with_no_presence=True)
