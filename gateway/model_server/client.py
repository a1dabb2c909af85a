"""The client of the model server: calls TensorFlow Serving's methods and translates gRPC codes to GatewayErrors."""

import time
from collections.abc import Callable
from typing import Any, Final

import grpc.aio
from grpc import StatusCode

from gateway.deadline import Deadline
from gateway.errors import (
    ContractBroken,
    GatewayError,
    LabelNotFound,
    ModelFailed,
    ModelNotReady,
    ModelOverloaded,
    ModelTooSlow,
    VersionNotFound,
)
from gateway.model import FEATURES, PLAIN, Answer, Question, ServedModel, VersionState
from gateway.model_server import contract, tensors
from gateway.model_server.discovery import STATUS, Discovery
from gateway.model_server.endpoint import Method
from gateway.model_server.failover import Choose, Failover
from gateway.model_server.wire.serving_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    GetModelStatusRequest,
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
    StatusCode.RESOURCE_EXHAUSTED: (ModelOverloaded, "The model server is overloaded; try again in a moment"),
    StatusCode.DEADLINE_EXCEEDED: (ModelTooSlow, "The model server did not answer in time"),
    StatusCode.INVALID_ARGUMENT: (ContractBroken, _REFUSED),
    StatusCode.FAILED_PRECONDITION: (ContractBroken, _REFUSED),
}
# The details of other codes may quote a tensor, and values of a beat must not be logged.
_DETAILS_WITHOUT_VALUES: Final = {StatusCode.UNAVAILABLE, StatusCode.NOT_FOUND, StatusCode.DEADLINE_EXCEEDED}

PREDICT: Final = Method("PredictionService/Predict", PredictResponse)
METADATA: Final = Method("PredictionService/GetModelMetadata", GetModelMetadataResponse)

Observer = Callable[[int, float], None]  # gets the version that predicted, and the duration of its call in seconds


class Client:
    """Calls the endpoints that `choose` returns, or the endpoints of one version; raises only GatewayErrors.

    If all of them are gone, it calls the endpoints that `last_resort` returns.
    """

    def __init__(
        self,
        failover: Failover,
        discovery: Discovery,
        settings: Settings,
        choose: Choose,
        last_resort: Choose | None = None,
        observe: Observer = lambda version, seconds: None,
    ) -> None:
        self._failover = failover
        self._discovery = discovery
        self._name = settings.model_name
        self._choose = choose
        self._last_resort = last_resort
        self._observe = observe
        self._heads: dict[tuple[int | None, Question], bytes] = {}

    async def predict(
        self, content: bytes, count: int, deadline: Deadline, version: int | None = None, question: Question = PLAIN
    ) -> Answer:
        """Predict `count` beats, packed as float32 row after row; without `version` the model server uses the newest.

        Raises:
            GatewayError: The call failed, or the answer breaks the contract.
        """
        request = tensors.predict_request(self._head(version, question), FEATURES, content, count)
        started = time.perf_counter()
        response = await self._call(PREDICT, request, deadline, version)
        if question.predicts:
            self._observe(response.model_spec.version.value, time.perf_counter() - started)
        return contract.answer_of(response, count, question)

    async def describe(self, deadline: Deadline, version: int | None = None) -> ServedModel:
        """Read the signatures of a version, or of the newest, and its metadata if it has the signature `metadata`.

        Raises:
            GatewayError: The call failed, or the model breaks the contract.
        """
        request = GetModelMetadataRequest(model_spec=self._spec(version), metadata_field=["signature_def"])
        response: GetModelMetadataResponse = await self._call(METADATA, request, deadline, version)
        signatures = SignatureDefMap.FromString(response.metadata["signature_def"].value).signature_def
        width, names = contract.width_of(signatures), contract.names_of(signatures)
        described: int = response.model_spec.version.value
        if contract.METADATA not in names:
            return ServedModel(described, width, signatures=names)
        spec = self._spec(described, contract.METADATA)
        metadata = await self._call(PREDICT, PredictRequest(model_spec=spec), deadline, described)
        return contract.model_of(described, width, names, metadata)

    async def version_of(self, label: str, deadline: Deadline) -> int:
        """Return the version that has a label.

        Raises:
            LabelNotFound: No version has the label.
            GatewayError: The call failed.
        """
        spec = ModelSpec(name=self._name, version_label=label)
        request = GetModelMetadataRequest(model_spec=spec, metadata_field=["signature_def"])
        try:
            response = await self._failover.call(METADATA, request, self._choose, deadline)
        except grpc.aio.AioRpcError as error:
            if error.code() is StatusCode.INVALID_ARGUMENT:
                raise LabelNotFound(label) from None
            raise _translated(error) from error
        version: int = response.model_spec.version.value
        return version

    async def states(self, deadline: Deadline) -> dict[int, VersionState]:
        """Read the state of each version that the model server knows, newest first."""
        response = await self._call(STATUS, GetModelStatusRequest(model_spec=self._spec()), deadline)
        return {
            row.version: VersionState(ModelVersionStatus.State.Name(row.state), row.status.error_message)
            for row in response.model_version_status
        }

    def _head(self, version: int | None, question: Question) -> bytes:
        """Return the serialized common part of all requests with this version and question; cached."""
        head = self._heads.get((version, question))
        if head is None:
            spec = self._spec(version, question.signature)
            message = PredictRequest(model_spec=spec, output_filter=contract.outputs_of(question))
            head = self._heads[version, question] = message.SerializeToString()
        return head

    def _spec(self, version: int | None = None, signature: str = "") -> ModelSpec:
        spec = ModelSpec(name=self._name, signature_name=signature)
        if version is not None:
            spec.version.value = version
        return spec

    async def _call(self, method: Method, request: object, deadline: Deadline, version: int | None = None) -> Any:
        choose = self._choose if version is None else self._having(version)
        try:
            return await self._failover.call(method, request, choose, deadline, last_resort=self._last_resort)
        except grpc.aio.AioRpcError as error:
            raise _translated(error) from error

    def _having(self, version: int) -> Choose:
        """Return a choice of the endpoints with a version; of all endpoints if discovery has not seen it yet."""

        def having() -> list[Any]:
            try:
                return self._discovery.having(version)
            except (ModelNotReady, VersionNotFound):  # it may have been loaded since the last probe
                return list(self._choose())

        return having


def _translated(error: grpc.aio.AioRpcError) -> GatewayError:
    code = error.code()
    kind, message = _FROM_GRPC.get(code, (ModelFailed, f"The model server failed ({code.name}); its log says why"))
    details = f": {error.details()}" if code in _DETAILS_WITHOUT_VALUES else ""
    return kind(message, cause=f"{code.name}{details}")
