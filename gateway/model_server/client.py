"""The model server as the gateway calls it: TensorFlow Serving's methods, and what its gRPC codes mean here."""

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import grpc
from grpc import StatusCode

from gateway.errors import (
    ContractBroken,
    GatewayError,
    ModelFailed,
    ModelNotReady,
    ModelOverloaded,
    ModelTooSlow,
)
from gateway.model import Answer, ServedModel, VersionState
from gateway.model_server import contract, tensors
from gateway.model_server.connection import Method
from gateway.model_server.contract import Question
from gateway.model_server.wire.serving_pb2 import (
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
from gateway.settings import Settings

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

PREDICT: Final = Method("PredictionService/Predict", PredictRequest, PredictResponse)
METADATA: Final = Method("PredictionService/GetModelMetadata", GetModelMetadataRequest, GetModelMetadataResponse)
STATUS: Final = Method("ModelService/GetModelStatus", GetModelStatusRequest, GetModelStatusResponse)


class Caller(Protocol):
    """Makes calls; with `version`, where that version is served. Raises grpc.RpcError or GatewayError."""

    def call(self, method: Method, request: object, version: int | None = None) -> Any:
        """Return the answer."""


Observer = Callable[[int, float], None]  # is told the version that predicted, and the seconds that its call took


class ModelServer:
    """One model on the model servers; each call has a deadline and raises GatewayErrors only."""

    def __init__(self, caller: Caller, settings: Settings, observe: Observer = lambda version, seconds: None) -> None:
        self._caller = caller
        self._name = settings.model_name
        self._observe = observe

    def predict(
        self, content: bytes, count: int, version: int | None = None, question: Question = contract.PLAIN
    ) -> Answer:
        """Ask about `count` beats of packed float32; without `version` the server chooses the newest."""
        request = PredictRequest(model_spec=self._spec(version, question.signature))
        request.inputs[contract.FEATURES].CopyFrom(tensors.matrix(content, count))
        started = time.perf_counter()
        response = self._call(PREDICT, request, version)
        if question.predicts:
            self._observe(response.model_spec.version.value, time.perf_counter() - started)
        return contract.answer_of(response, count, question)

    def describe(self, version: int | None = None) -> ServedModel:
        """Ask a version, or the newest, for its signatures and, where it has that signature, its metadata."""
        request = GetModelMetadataRequest(model_spec=self._spec(version), metadata_field=["signature_def"])
        response: GetModelMetadataResponse = self._call(METADATA, request, version)
        signatures = SignatureDefMap.FromString(response.metadata["signature_def"].value).signature_def
        width, names = contract.width_of(signatures), contract.names_of(signatures)
        described: int = response.model_spec.version.value
        if contract.METADATA not in names:
            return ServedModel(described, width, signatures=names)
        spec = self._spec(described, contract.METADATA)
        told = self._call(PREDICT, PredictRequest(model_spec=spec), described)
        return contract.told(described, width, names, told)

    def states(self) -> dict[int, VersionState]:
        """State of each version that the model server knows, newest first."""
        response = self._call(STATUS, GetModelStatusRequest(model_spec=self._spec()))
        return {
            row.version: VersionState(ModelVersionStatus.State.Name(row.state), row.status.error_message)
            for row in response.model_version_status
        }

    def _spec(self, version: int | None = None, signature: str = "") -> ModelSpec:
        spec = ModelSpec(name=self._name, signature_name=signature)
        if version is not None:
            spec.version.value = version
        return spec

    def _call(self, method: Method, request: object, version: int | None = None) -> Any:
        try:
            return self._caller.call(method, request, version)
        except grpc.RpcError as error:
            raise _translated(error) from error


def _translated(error: Any) -> GatewayError:
    code: StatusCode = error.code()
    kind, message = _FROM_GRPC.get(code, (ModelFailed, f"The model server failed ({code.name}); its log says why"))
    details = f": {error.details()}" if code in _DETAILS_WITHOUT_VALUES else ""
    return kind(message, cause=f"{code.name}{details}")
