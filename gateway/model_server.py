"""The model server as the gateway calls it: TensorFlow Serving's method paths, and the only place with gRPC codes."""

import json
from collections.abc import Callable
from typing import Any, Final

import grpc
from grpc import StatusCode

from gateway import contract, tensors
from gateway.errors import (
    ContractBroken,
    GatewayError,
    ModelFailed,
    ModelNotReady,
    ModelOverloaded,
    ModelTooSlow,
)
from gateway.model import Answer, ServedModel, VersionState
from gateway.settings import Settings
from gateway.wire.serving_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    GetModelStatusRequest,
    GetModelStatusResponse,
    ModelSpec,
    ModelVersionStatus,
    PredictRequest,
    PredictResponse,
    SignatureDefMap,
)

_REFUSED: Final = "The model server refuses a request that fits the model's own signature; its log says why"
_FROM_GRPC: Final[dict[StatusCode, tuple[type[GatewayError], str]]] = {
    StatusCode.UNAVAILABLE: (ModelNotReady, "No model server answers; try again in a moment"),
    StatusCode.NOT_FOUND: (ModelNotReady, "The model server has not loaded the model; try again in a moment"),
    StatusCode.CANCELLED: (ModelNotReady, "The model server is stopping; try again in a moment"),
    StatusCode.RESOURCE_EXHAUSTED: (ModelOverloaded, "The model server has too much to do; try again in a moment"),
    StatusCode.DEADLINE_EXCEEDED: (ModelTooSlow, "The model server did not answer in time"),
    StatusCode.INVALID_ARGUMENT: (ContractBroken, _REFUSED),
    StatusCode.FAILED_PRECONDITION: (ContractBroken, _REFUSED),
}
# Others may quote a tensor, and a beat must not get into a log.
_DETAILS_WITHOUT_VALUES: Final = {StatusCode.UNAVAILABLE, StatusCode.NOT_FOUND, StatusCode.DEADLINE_EXCEEDED}


def open_channel(settings: Settings) -> grpc.Channel:
    """Open the channel, which must happen after the fork; it connects at the first call and again after each loss."""
    # every address of the name is used in turn, so that requests are spread over the pods behind a headless Service
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if settings.retry_attempts > 1:
        # CANCELLED: nobody here cancels, so the server did, for a request that came in the moment it stopped
        # about 0.1 and 0.3 seconds: together longer than the pause before the channel connects anew
        retry: dict[str, Any] = {"initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 3}
        retry |= {"maxAttempts": settings.retry_attempts, "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]}
        config["methodConfig"] = [{"name": [{}], "retryPolicy": retry}]
        # while most calls fail, retries would only add load
        config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.5}
    return grpc.insecure_channel(
        settings.serving_target,
        options=[
            ("grpc.service_config", json.dumps(config)),
            ("grpc.max_receive_message_length", -1),  # sending has no limit of its own
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 250),
            ("grpc.min_reconnect_backoff_ms", 1000),  # in spite of its name, how long one attempt may take
            ("grpc.enable_http_proxy", 0),  # a proxy of the environment is for the world outside
            ("grpc.dns_min_time_between_resolutions_ms", 1000),  # a server started anew may have another address
        ],
    )


class ModelServer:
    """One model on one model server; each call has a deadline and raises GatewayErrors only."""

    def __init__(self, channel: grpc.Channel, settings: Settings) -> None:
        self._name = settings.model_name
        self._deadline = settings.deadline_seconds
        self._predict = _method(channel, "PredictionService/Predict", PredictRequest, PredictResponse)
        self._metadata = _method(
            channel, "PredictionService/GetModelMetadata", GetModelMetadataRequest, GetModelMetadataResponse
        )
        self._status = _method(channel, "ModelService/GetModelStatus", GetModelStatusRequest, GetModelStatusResponse)

    def predict(self, content: bytes, count: int, version: int | None = None) -> Answer:
        """Ask for `count` beats of packed float32; without `version` the server chooses the newest."""
        request = PredictRequest(model_spec=self._spec(version))
        request.inputs[contract.FEATURES].CopyFrom(tensors.matrix(content, count))
        return contract.answer_of(self._call(self._predict, request), count)

    def describe(self, version: int | None = None) -> ServedModel:
        """Ask a version, or the newest, for its signatures and, where it has that signature, its metadata."""
        request = GetModelMetadataRequest(model_spec=self._spec(version), metadata_field=["signature_def"])
        response: GetModelMetadataResponse = self._call(self._metadata, request)
        signatures = SignatureDefMap.FromString(response.metadata["signature_def"].value).signature_def
        width = contract.width_of(signatures)
        described: int = response.model_spec.version.value
        if contract.METADATA not in signatures:
            return ServedModel(described, width)
        spec = self._spec(described, contract.METADATA)
        return contract.told(described, width, self._call(self._predict, PredictRequest(model_spec=spec)))

    def states(self) -> dict[int, VersionState]:
        """State of each version that the model server knows, newest first."""
        response = self._call(self._status, GetModelStatusRequest(model_spec=self._spec()))
        return {
            row.version: VersionState(ModelVersionStatus.State.Name(row.state), row.status.error_message)
            for row in response.model_version_status
        }

    def _spec(self, version: int | None = None, signature: str = "") -> ModelSpec:
        spec = ModelSpec(name=self._name, signature_name=signature)
        if version is not None:
            spec.version.value = version
        return spec

    def _call(self, method: Callable[..., Any], request: object) -> Any:
        try:
            return method(request, timeout=self._deadline)
        except grpc.RpcError as error:
            raise _translated(error) from error


def _method(channel: grpc.Channel, path: str, request: Any, response: Any) -> Callable[..., Any]:
    method: Callable[..., Any] = channel.unary_unary(
        f"/tensorflow.serving.{path}",
        request_serializer=request.SerializeToString,
        response_deserializer=response.FromString,
    )
    return method


def _translated(error: Any) -> GatewayError:
    code: StatusCode = error.code()
    kind, message = _FROM_GRPC.get(code, (ModelFailed, f"The model server failed ({code.name}); its log says why"))
    details = f": {error.details()}" if code in _DETAILS_WITHOUT_VALUES else ""
    return kind(message, cause=f"{code.name}{details}")
