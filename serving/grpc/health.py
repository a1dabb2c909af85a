"""The service grpc.health.v1 with the error messages of gRPC's C++ library, which the Python library lacks."""

from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse


def health_service(health: HealthServicer) -> grpc.GenericRpcHandler:
    """Return the health service for the states in `health`."""

    def check(content: bytes, context: grpc.ServicerContext) -> Any:
        try:
            response = health.Check(HealthCheckRequest.FromString(content), context)
        except DecodeError:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "could not parse request")
        if response.status == HealthCheckResponse.UNKNOWN:
            context.abort(grpc.StatusCode.NOT_FOUND, "service name unknown")
        return response

    return grpc.method_handlers_generic_handler(
        "grpc.health.v1.Health",
        {
            "Check": grpc.unary_unary_rpc_method_handler(check, None, HealthCheckResponse.SerializeToString),
            "Watch": grpc.unary_stream_rpc_method_handler(
                health.Watch, HealthCheckRequest.FromString, HealthCheckResponse.SerializeToString
            ),
        },
    )
