"""The spans of a request: the request itself, its wait in the micro-batcher, and its calls to the model server.

This module loads OpenTelemetry, so it is imported only if tracing is on. No span has a value of a beat, a key, an
unknown path, or the message of an error.
"""

import asyncio
import threading
from typing import Any, Final, cast
from typing import Protocol as Typed

from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import SERVICE_NAME, OTELResourceDetector, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Link, Span, SpanKind, StatusCode, Tracer, format_trace_id, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from gateway.exchange import Headers, Request, Response
from gateway.telemetry.access_log import code_of
from gateway.telemetry.tracing import Protocol, callers

SERVICE: Final = "ecg-gateway"
FLUSH_SECONDS: Final = 5.0  # longest wait for the receiver when a worker ends (chosen by hand); the SDK's own is 30
# Most bytes of `tracestate` that are sent on (chosen by hand). gRPC accepts 8 KiB of metadata, and a call with more
# would fail for all requests of its batch; W3C Trace Context asks for at least 512.
LONGEST_STATE: Final = 2048
_STATE: Final = "tracestate"
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})


def provider(protocol: Protocol) -> TracerProvider:
    """Make the provider of this process. The SDK reads variables such as OTEL_TRACES_SAMPLER from os.environ."""
    name = OTELResourceDetector().detect().attributes.get(SERVICE_NAME, SERVICE)
    tracer_provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    tracer_provider.add_span_processor(BatchSpanProcessor(_exporter(protocol)))
    return tracer_provider


def _exporter(protocol: Protocol) -> SpanExporter:
    if protocol == "grpc":
        from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as ByGrpc

        return ByGrpc()
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as ByHttp

    return ByHttp()


class Endpoint(Typed):
    """The part of an endpoint that tracing uses."""

    address: str

    def start(self, method: Any, request: object, timeout: float, metadata: Any) -> Any:
        """Start a call."""


class RequestTrace:
    """The span of a request, and the span of its wait; `id` is the trace id, 32 hexadecimal digits."""

    __slots__ = ("_tracer", "_wait", "id", "sampled", "span")

    def __init__(self, tracer: Tracer, span: Span) -> None:
        context = span.get_span_context()
        self.span = span
        self.id = format_trace_id(context.trace_id)
        self.sampled = context.trace_flags.sampled
        self._tracer = tracer
        self._wait: Span | None = None

    def begin_wait(self) -> None:
        """Begin the span of the wait for a call, which other requests may share."""
        if self.sampled:
            self._wait = self._tracer.start_span("batch", set_span_in_context(self.span, Context()))

    def end_wait(self) -> None:
        """End the span of the wait, if it has not ended yet."""
        if self._wait is not None:
            self._wait.end()
            self._wait = None

    def end(self, response: Response, error: Exception | None) -> None:
        """End the span of the request, with the answer's status and its error, if any."""
        self.end_wait()  # still open if the request was refused while it waited
        self.span.set_attribute("http.response.status_code", response.status)
        if response.version is not None:
            self.span.set_attribute("ecg.model.version", response.version)
        if error is not None:
            self.span.set_attribute("error.type", code_of(error))
        if response.status >= 500:
            self.span.set_status(StatusCode.ERROR)
        self.span.end()


class Tracing:
    """Makes the spans of a worker; for one event loop."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer("gateway")
        self._propagator = TraceContextTextMapPropagator()
        self._under_way: set[asyncio.Task[None]] = set()

    def start(self, request: Request) -> None:
        """Begin the span of a request, as a child of its `traceparent`; probes have no span."""
        route = request.route
        if route is not None and route.probe:
            callers.set(())  # the task may have inherited the value of an earlier request on the connection
            return
        method = request.method if request.method in _METHODS else "_OTHER"
        attributes = {"http.request.method": method, "url.scheme": request.scope.get("scheme", "http")}
        name = method if method in _METHODS else "HTTP"
        if route is not None:
            attributes["http.route"] = route.path
            name = f"{name} {route.path}"
        parent = self._propagator.extract(request.scope["headers"], Context(), _OF_HEADERS)
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes)
        request.trace = RequestTrace(self._tracer, span)
        callers.set((request.trace,))

    def call(self, endpoint: Endpoint, method: Any, request: object, seconds: float, metadata: Any = None) -> Any:
        """Start a call like `endpoint.start`, with a span for the requests that share the call.

        The span is a child of the first sampled request's span, and has links to and from the others' spans.
        """
        traces = cast(tuple[RequestTrace, ...], callers.get())  # only this class sets them
        if not traces:
            return endpoint.start(method, request, seconds, metadata)
        span = self._span_of(traces, endpoint, method)
        context: dict[str, str] = {}
        self._propagator.inject(context, set_span_in_context(span, Context()))
        call = endpoint.start(method, request, seconds, (*(metadata or ()), *context.items()))
        if span.is_recording():
            task = asyncio.get_running_loop().create_task(_end_with(call, span))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return call

    def _span_of(self, traces: tuple[RequestTrace, ...], endpoint: Endpoint, method: Any) -> Span:
        first = next((each for each in traces if each.sampled), traces[0])
        others = [each.span for each in traces if each.sampled and each is not first]
        service, _, name = f"tensorflow.serving.{method.path}".partition("/")
        attributes = {"rpc.system": "grpc", "rpc.service": service, "rpc.method": name, **_address(endpoint)}
        span = self._tracer.start_span(
            f"{service}/{name}",
            set_span_in_context(first.span, Context()),
            SpanKind.CLIENT,
            attributes,
            [Link(each.get_span_context()) for each in others],
        )
        for each in others:
            if each.is_recording():  # it may have ended: the shadow's call comes after the answer
                each.add_link(span.get_span_context())
        return span

    async def close(self) -> None:
        """Export the remaining spans, for at most FLUSH_SECONDS."""
        await asyncio.gather(*self._under_way)
        # a daemon thread, so that the process does not wait for it
        closing = threading.Thread(target=self._provider.shutdown, daemon=True)
        closing.start()
        await asyncio.to_thread(closing.join, FLUSH_SECONDS)


class _OfHeaders(Getter[Headers]):
    """Lets OpenTelemetry read the headers of an ASGI request."""

    def get(self, carrier: Headers, key: str) -> list[str] | None:
        wanted = key.encode()
        values = [value.decode("latin1") for name, value in carrier if name == wanted]
        if key == _STATE and sum(map(len, values)) > LONGEST_STATE:
            return None
        return values or None

    def keys(self, carrier: Headers) -> list[str]:
        return [name.decode("latin1") for name, _ in carrier]


_OF_HEADERS: Final = _OfHeaders()


def _address(endpoint: Endpoint) -> dict[str, str | int]:
    """Return an address such as ipv4:10.0.0.1:8500 as OpenTelemetry attributes."""
    scheme, _, host_and_port = endpoint.address.partition(":")
    if scheme not in ("ipv4", "ipv6"):
        return {"server.address": endpoint.address}
    host, _, port = host_and_port.rpartition(":")
    return {"server.address": host.strip("[]"), "server.port": int(port)}


async def _end_with(call: Any, span: Span) -> None:
    """End a call's span when the call ends, even if no request waits for it any more."""
    code = await call.code()
    span.set_attribute("rpc.grpc.status_code", code.value[0])
    if code.value[0]:
        span.set_attribute("error.type", code.name)
        span.set_status(StatusCode.ERROR)
    span.end()
