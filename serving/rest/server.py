"""The REST skin: status, metadata, Predict and Prometheus metrics over `Service`."""

import json
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any, Final

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest, SignatureDefMap
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest

from serving.errors import Code, ServingError, invalid
from serving.logs import unforeseen
from serving.rest.request import parse, tensors
from serving.rest.response import predictions
from serving.runtime.predict import DEFAULT_SIGNATURE
from serving.service import Service

HTTP_STATUS: Final = {
    Code.OK: 200,
    Code.INVALID_ARGUMENT: 400,
    Code.FAILED_PRECONDITION: 400,
    Code.OUT_OF_RANGE: 400,
    Code.UNAUTHENTICATED: 401,
    Code.PERMISSION_DENIED: 403,
    Code.NOT_FOUND: 404,
    Code.ALREADY_EXISTS: 409,
    Code.ABORTED: 409,
    Code.RESOURCE_EXHAUSTED: 429,
    Code.CANCELLED: 499,
    Code.UNKNOWN: 500,
    Code.INTERNAL: 500,
    Code.DATA_LOSS: 500,
    Code.UNIMPLEMENTED: 501,
    Code.UNAVAILABLE: 503,
    Code.DEADLINE_EXCEEDED: 504,
}
_LARGEST_BODY: Final = 2**30  # bytes
_VERSION: Final = r"(?:/(?:versions/(?P<version>\d+)|labels/(?P<label>[^/:]+)))?"
_POST: Final = re.compile(rf"/v1/models/(?P<name>[^/:]+){_VERSION}:(?P<method>classify|regress|predict)", re.I)
_GET: Final = re.compile(rf"/v1/models(?:/(?P<name>[^/:]+))?{_VERSION}(?P<metadata>/metadata)?", re.I)


class Rest:
    """Answers a method, path and body with JSON, or raises ServingError."""

    def __init__(self, service: Service, timeout_ms: int) -> None:
        self._service = service
        self._timeout_ms = timeout_ms

    def answer(self, method: str, path: str, body: bytes) -> str:
        """Return the JSON text for a request under /v1/."""
        match = (_POST if method == "POST" else _GET).fullmatch(path)
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
        for alias, proto in tensors(document, signature.inputs).items():
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


class RestServer(TCPServer):
    """Serves `rest` with a bounded number of threads, and plain-text `pages` by path."""

    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, port: int, threads: int, rest: Rest, pages: dict[str, Callable[[], str]]) -> None:
        self.rest = rest
        self.pages = pages
        self._threads = ThreadPoolExecutor(threads, "rest")
        super().__init__(("0.0.0.0", port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Hand a connection to a thread."""
        self._threads.submit(self._handle, request, client_address)

    def _handle(self, request: Any, client_address: Any) -> None:
        try:
            self.finish_request(request, client_address)
        except OSError:
            pass  # the client went away
        except Exception as error:
            unforeseen(error)
        finally:
            self.shutdown_request(request)

    def stop(self) -> None:
        """Accept nothing more, and wait for the requests in flight."""
        self.shutdown()
        self.server_close()
        self._threads.shutdown()


class _Handler(BaseHTTPRequestHandler):
    server: RestServer
    timeout = 10.0  # seconds for a client to send its request: a silent one must not hold up a drain

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not re.fullmatch("[0-9]+", length):
            length = "0"
        if len(length) > 18 or int(length) > _LARGEST_BODY:
            self.send_error(413)
        else:
            self._answer(self.rfile.read(int(length)))

    def _answer(self, body: bytes) -> None:
        if self.path in self.server.pages:
            self._send(200, "text/plain", self.server.pages[self.path]())
        elif not self.path.lower().startswith("/v1/"):
            self.send_error(404)
        else:
            self._send(*self._call(body))

    def _call(self, body: bytes) -> tuple[int, str, str]:
        code = Code.OK
        try:
            text = self.server.rest.answer(self.command, self.path, body)
        except ServingError as error:
            code, text = error.code, json.dumps({"error": error.message}, indent=4)
        except Exception as error:
            unforeseen(error)
            code, text = Code.INTERNAL, json.dumps({"error": "The model server failed; its log says why."}, indent=4)
        return HTTP_STATUS[code], "application/json", text

    def _send(self, status: int, content_type: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Keep the standard library's access log quiet."""
