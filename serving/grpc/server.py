"""The gRPC transport: TensorFlow Serving's gRPC services with its status codes, answered by `Service`."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, Final

import grpc
from google.protobuf.message import DecodeError
from grpc_health.v1.health import HealthServicer
from grpc_health.v1.health_pb2 import HealthCheckResponse
from tensorflow_serving.apis.get_model_metadata_pb2 import GetModelMetadataRequest
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.drain import Drain
from serving.errors import Code, ServingError, invalid
from serving.flags import Flags
from serving.grpc.health import health_service
from serving.grpc.inline_method import Call, InlineMethod
from serving.logs import unforeseen
from serving.service import Service

if TYPE_CHECKING:  # it loads OpenTelemetry
    from serving.telemetry.spans import Tracing

GRPC_CODES: Final = {Code(code.value[0]): code for code in grpc.StatusCode}
PREDICT: Final = "/tensorflow.serving.PredictionService/Predict"
HEALTH_NAMES: Final = ("ModelService", "PredictionService")  # unqualified, as in tensorflow_model_server
_MESSAGE_LIMIT: Final = 1024
_DAY_MS: Final = 86_400_000
_RELOAD_THREADS: Final = 2  # one reload waits for its models, while the other thread refuses further reloads
_NO_RELOAD: Final = (
    "This model server runs with --allow_reload=false: change its model config file, or start it without that flag"
)

Handle = Callable[[Any, Any], Any]


class GrpcServer:
    """A running server on `port` (0 if only a UNIX socket is open); raises RuntimeError if the port is in use."""

    def __init__(self, flags: Flags, service: Service, tracing: "Tracing | None" = None) -> None:
        self._drain = Drain()
        self._server = grpc.server(
            ThreadPoolExecutor(flags.grpc_max_threads, "grpc"),
            handlers=[
                _prediction_service(service, self._drain),
                _model_service(service, self._drain, allow_reload=flags.allow_reload),
            ],
            options=[
                # otherwise a second server would silently share the port
                ("grpc.so_reuseport", 0),
                ("grpc.max_receive_message_length", -1),
                ("grpc.max_send_message_length", -1),
                *_channel_arguments(flags.grpc_channel_arguments),
            ],
        )
        answer = _for_bytes(self._drain, _predict(service, tracing), PredictRequest)
        self._predict = InlineMethod(self._server, PREDICT, answer, flags.grpc_max_threads)
        # calls of Watch do not end, so they must not occupy the threads for requests
        self._health = HealthServicer(experimental_thread_pool=ThreadPoolExecutor(1, "health"))
        for name in HEALTH_NAMES:
            self._health.set(name, HealthCheckResponse.SERVING)
        if flags.enable_grpc_healthcheck_service:
            self._server.add_generic_rpc_handlers((health_service(self._health),))
        self._server.add_generic_rpc_handlers((_UnknownMethods(),))  # last, because it accepts every method
        self.port = 0
        if flags.port or not flags.grpc_socket_path:
            # for gRPC this means all addresses of IPv4 and IPv6
            self.port = self._server.add_insecure_port(f"0.0.0.0:{flags.port}")
        if flags.grpc_socket_path:
            self._server.add_insecure_port(f"unix:{flags.grpc_socket_path}")
        self._server.start()
        self._predict.start()

    def stop(self, seconds: float) -> None:
        """Refuse new requests, and wait at most `seconds` for requests in flight."""
        self._health.enter_graceful_shutdown()
        self._drain.close(seconds)
        self._predict.stop()
        self._server.stop(grace=0.5).wait()


class _UnknownMethods(grpc.GenericRpcHandler):
    """Refuses methods that no other handler has, without reading the request and with an empty message."""

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Any, Any]":
        return grpc.stream_stream_rpc_method_handler(
            lambda _, context: context.abort(grpc.StatusCode.UNIMPLEMENTED, "")
        )


def _channel_arguments(text: str) -> list[tuple[str, str | int]]:
    """Parse `name=value,name=value`; a whole number becomes an int."""
    pairs = (item.partition("=") for item in text.split(",") if item)
    return [(name, int(value) if value.lstrip("-").isdigit() else value) for name, _, value in pairs]


def _predict(service: Service, tracing: "Tracing | None") -> Handle:
    def predict(request: PredictRequest, call: Call) -> PredictResponse:
        return service.predict(request, _timeout_ms(call), api="Predict", entrypoint="GRPC")

    return predict if tracing is None else tracing.around(predict)


def _prediction_service(service: Service, drain: Drain) -> grpc.GenericRpcHandler:
    return grpc.method_handlers_generic_handler(
        "tensorflow.serving.PredictionService",
        {"GetModelMetadata": _unary(drain, lambda request, _: service.metadata(request), GetModelMetadataRequest)},
    )


def _model_service(service: Service, drain: Drain, *, allow_reload: bool) -> grpc.GenericRpcHandler:
    def reload(request: ReloadConfigRequest, context: grpc.ServicerContext) -> ReloadConfigResponse:
        if not allow_reload:
            raise ServingError(Code.PERMISSION_DENIED, _NO_RELOAD)
        return service.reload(request, context.is_active)

    # a reload waits for its models, so it must not occupy the threads for requests
    threads = ThreadPoolExecutor(_RELOAD_THREADS, "reload")
    return grpc.method_handlers_generic_handler(
        "tensorflow.serving.ModelService",
        {
            "GetModelStatus": _unary(drain, lambda request, _: service.status(request), GetModelStatusRequest),
            "HandleReloadConfigRequest": _unary(drain, reload, ReloadConfigRequest, threads),
        },
    )


def _timeout_ms(call: Call) -> int | None:
    remaining = call.time_remaining()
    # without a deadline gRPC reports centuries
    if remaining * 1000 > _DAY_MS:
        return None
    if remaining <= 0:
        raise ServingError(Code.DEADLINE_EXCEEDED, "The deadline had passed before the request was run.")
    return max(1, int(remaining * 1000))


def _unary(
    drain: Drain, handle: Handle, request_type: Any, threads: ThreadPoolExecutor | None = None
) -> "grpc.RpcMethodHandler[Any, Any]":
    """Return a handler that answers a method by `handle`, in `threads` or, without them, in the server's threads."""

    handle_bytes = _for_bytes(drain, handle, request_type)

    def answer(content: bytes, context: grpc.ServicerContext) -> bytes:
        try:
            return handle_bytes(content, context)
        except ServingError as error:
            context.abort(GRPC_CODES[error.code], error.message)

    answer.experimental_thread_pool = threads  # type: ignore[attr-defined]
    return grpc.unary_unary_rpc_method_handler(answer)


def _for_bytes(drain: Drain, handle: Handle, request_type: Any) -> Callable[[bytes, Any], bytes]:
    """Return `handle` as a function of serialized messages that only raises ServingErrors with short messages."""

    def handle_bytes(content: bytes, context: Any) -> bytes:
        try:
            with drain:
                response: bytes = handle(_parsed(content, request_type), context).SerializeToString()
                return response
        except ServingError as error:
            raise ServingError(error.code, _truncated(error.message)) from error
        except Exception as error:
            unforeseen(error)
            raise ServingError(Code.INTERNAL, "The model server failed; its log says why.") from error

    return handle_bytes


def _parsed(content: bytes, request_type: Any) -> Any:
    """Parse a message; gRPC's own parsing would report and log malformed bytes as an INTERNAL error."""
    try:
        return request_type.FromString(content)
    except DecodeError as error:
        raise invalid(f"The request is not a {request_type.DESCRIPTOR.full_name}") from error


def _truncated(message: str) -> str:
    return message if len(message) <= _MESSAGE_LIMIT else f"{message[:_MESSAGE_LIMIT]}...TRUNCATED"
