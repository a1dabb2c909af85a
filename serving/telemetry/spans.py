"""The span of a Predict call; its parent is the `traceparent` in the call's gRPC metadata.

This module loads OpenTelemetry, so it is imported only if tracing is on. No span has a value of a tensor, an unknown
name, or the message of an error.
"""

import threading
from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from opentelemetry.context import Context
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.errors import Code, ServingError
from serving.telemetry import tracing

SERVICE: Final = "ecg-model-server"
FLUSH_SECONDS: Final = 3.0  # longest wait for the receiver at the end; the drain leaves 5 s of Kubernetes' 30 s
_RPC: Final = "tensorflow.serving.PredictionService"
# Errors of the server by OpenTelemetry's conventions for gRPC; other codes are errors of the client.
_FAULTS: Final = frozenset(
    {Code.UNKNOWN, Code.DEADLINE_EXCEEDED, Code.UNIMPLEMENTED, Code.INTERNAL, Code.UNAVAILABLE, Code.DATA_LOSS}
)


class Call(Protocol):
    """The part of a call that a span uses."""

    @property
    def metadata(self) -> tuple[tuple[str, str | bytes], ...]:
        """The metadata that the client sent."""


C = TypeVar("C", bound=Call)


def provider(protocol: tracing.Protocol) -> TracerProvider:
    """Make the provider of this process. The SDK reads variables such as OTEL_TRACES_SAMPLER from os.environ."""
    name = OTELResourceDetector().detect().attributes.get(SERVICE_NAME, SERVICE)
    tracer_provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    tracer_provider.add_span_processor(BatchSpanProcessor(_exporter(protocol)))
    return tracer_provider


def _exporter(protocol: tracing.Protocol) -> SpanExporter:
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as ByGrpc

        return ByGrpc()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp

    return ByHttp()


class Tracing:
    """Makes the spans of this process; thread-safe."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("serving")
        self._propagator = TraceContextTextMapPropagator()

    def around(
        self, predict: Callable[[PredictRequest, C], PredictResponse]
    ) -> Callable[[PredictRequest, C], PredictResponse]:
        """Return `predict` with a span around each call; it raises the same errors."""

        def traced(request: PredictRequest, call: C) -> PredictResponse:
            span, code = self._start(call), Code.INTERNAL
            try:
                response = predict(request, call)
                code = Code.OK
                span.set_attribute("ecg.model.name", response.model_spec.name)
                span.set_attribute("ecg.model.version", str(response.model_spec.version.value))
                return response
            except ServingError as error:
                code = error.code
                raise
            finally:
                _end(span, code)

        return traced

    def _start(self, call: Call) -> Span:
        passed = {key: value for key, value in call.metadata if isinstance(value, str)}
        parent = self._propagator.extract(passed, Context())
        attributes = {"rpc.system": "grpc", "rpc.service": _RPC, "rpc.method": "Predict"}
        return self._tracer.start_span(f"{_RPC}/Predict", parent, SpanKind.SERVER, attributes)

    def close(self) -> None:
        """Export the remaining spans, for at most FLUSH_SECONDS."""
        # a daemon thread, so that the process does not wait for it
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        closing.join(FLUSH_SECONDS)


def _end(span: Span, code: Code) -> None:
    span.set_attribute("rpc.grpc.status_code", int(code))
    if code:
        span.set_attribute("error.type", code.name)
    if code in _FAULTS:
        span.set_status(StatusCode.ERROR)
    span.end()
