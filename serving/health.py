"""grpc.health.v1, under the service names that tensorflow_model_server gives it."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

import grpc

# The messages of grpc.health.v1 have one field each, and are on the wire what these are.
from google.protobuf.wrappers_pb2 import Int32Value as HealthCheckResponse
from google.protobuf.wrappers_pb2 import StringValue as HealthCheckRequest

SERVING: Final = 1
NOT_SERVING: Final = 2
SERVICE_UNKNOWN: Final = 3

_SERVICES: Final = frozenset({"", "ModelService", "PredictionService"})


class Health:
    """SERVING from the first answer on, until `stop`."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._status = SERVING

    def stop(self) -> None:
        """Tell everybody who asks or watches that this server is going."""
        with self._changed:
            self._status = NOT_SERVING
            self._changed.notify_all()

    def handlers(self) -> grpc.GenericRpcHandler:
        """Return the service for a gRPC server."""
        codec = HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString

        def watch(request: HealthCheckRequest, context: grpc.ServicerContext) -> Iterator[HealthCheckResponse]:
            return self._watch(request, context)

        # watchers stay: they must not use up the threads that answer requests
        watch.experimental_thread_pool = ThreadPoolExecutor(64, "health")  # type: ignore[attr-defined]  # how grpc reads it
        return grpc.method_handlers_generic_handler(
            "grpc.health.v1.Health",
            {
                "Check": grpc.unary_unary_rpc_method_handler(self._check, *codec),
                "Watch": grpc.unary_stream_rpc_method_handler(watch, *codec),
            },
        )

    def _check(self, request: HealthCheckRequest, context: grpc.ServicerContext) -> HealthCheckResponse:
        if request.value not in _SERVICES:
            context.abort(grpc.StatusCode.NOT_FOUND, f"unknown service {request.value!r}")
        return HealthCheckResponse(value=self._status)

    def _watch(self, request: HealthCheckRequest, context: grpc.ServicerContext) -> Iterator[HealthCheckResponse]:
        known = request.value in _SERVICES
        context.add_callback(self._wake)
        yield HealthCheckResponse(value=self._status if known else SERVICE_UNKNOWN)
        with self._changed:
            self._changed.wait_for(lambda: not context.is_active() or self._status == NOT_SERVING)
        if known and context.is_active():
            yield HealthCheckResponse(value=NOT_SERVING)

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()
