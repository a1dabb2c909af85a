"""A receiver of OpenTelemetry's traces: real servers for OTLP over HTTP and over gRPC that record the spans."""

import gzip
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest as Export
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse as Exported
from opentelemetry.proto.trace.v1 import trace_pb2 as wire


@dataclass(frozen=True)
class Received:
    """A span, with its identifiers as hexadecimal digits and its attributes as a dictionary."""

    service: str
    message: wire.Span

    @property
    def name(self) -> str:
        return self.message.name

    @property
    def kind(self) -> str:
        return wire.Span.SpanKind.Name(self.message.kind).removeprefix("SPAN_KIND_")

    @property
    def trace(self) -> str:
        return self.message.trace_id.hex()

    @property
    def id(self) -> str:
        return self.message.span_id.hex()

    @property
    def parent(self) -> str:
        return self.message.parent_span_id.hex()

    @property
    def links(self) -> set[str]:
        """The spans that it is linked with."""
        return {link.span_id.hex() for link in self.message.links}

    @property
    def failed(self) -> bool:
        return bool(self.message.status.code == wire.Status.STATUS_CODE_ERROR)

    @cached_property
    def attributes(self) -> dict[str, Any]:
        return {each.key: getattr(each.value, each.value.WhichOneof("value") or "") for each in self.message.attributes}


class OtlpReceiver(grpc.GenericRpcHandler):
    """Keeps the spans in the order in which they came; `http` and `grpc` are its endpoints."""

    def __init__(self) -> None:
        self.spans: list[Received] = []
        self.requests: list[Export] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.path == "/v1/traces"
                receiver._keep(gzip.decompress(body) if self.headers["Content-Encoding"] == "gzip" else body)
                self.send_response(200)
                self.send_header("Content-Type", "application/x-protobuf")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.05,))
        self._grpc = grpc.server(ThreadPoolExecutor(2), [self])
        self.http = f"http://127.0.0.1:{self._http.server_port}"
        self.grpc = f"http://127.0.0.1:{self._grpc.add_insecure_port('127.0.0.1:0')}"

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        assert details.method == "/opentelemetry.proto.collector.trace.v1.TraceService/Export"

        def keep(content: bytes, _: object) -> bytes:
            self._keep(content)
            return Exported().SerializeToString()

        return grpc.unary_unary_rpc_method_handler(keep)

    def _keep(self, content: bytes) -> None:
        request = Export.FromString(content)
        self.requests.append(request)
        for each in request.resource_spans:
            resource = {pair.key: pair.value.string_value for pair in each.resource.attributes}
            spans = (span for scope in each.scope_spans for span in scope.spans)
            self.spans += [Received(resource["service.name"], span) for span in spans]

    def named(self, name: str, service: str = "ecg-gateway") -> list[Received]:
        """The spans of a name, in the order in which they began."""
        found = [span for span in self.spans if (span.name, span.service) == (name, service)]
        return sorted(found, key=lambda span: span.message.start_time_unix_nano)

    def one(self, name: str, service: str = "ecg-gateway") -> Received:
        (span,) = self.named(name, service)
        return span

    def start(self) -> None:
        self._thread.start()
        self._grpc.start()

    def stop(self) -> None:
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()
        self._grpc.stop(grace=None).wait()


def receiving() -> Iterator[OtlpReceiver]:
    """A receiver for a fixture."""
    receiver = OtlpReceiver()
    receiver.start()
    yield receiver
    receiver.stop()
