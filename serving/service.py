"""Answers the messages of both transports, by the models, and counts them in the metrics."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from tensorflow_serving.apis.get_model_metadata_pb2 import (
    GetModelMetadataRequest,
    GetModelMetadataResponse,
    SignatureDefMap,
)
from tensorflow_serving.apis.get_model_status_pb2 import GetModelStatusRequest, GetModelStatusResponse
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest, ReloadConfigResponse
from tensorflow_serving.apis.model_pb2 import ModelSpec
from tensorflow_serving.apis.predict_pb2 import PredictRequest, PredictResponse

from serving.errors import Code, ServingError, invalid, not_found
from serving.lifecycle.manager import Manager
from serving.lifecycle.registry import Registry
from serving.logs import log
from serving.runtime.predict import DEFAULT_SIGNATURE, predict
from serving.runtime.saved_model import SavedModel
from serving.runtime.tensors import encode
from serving.telemetry import metrics as names
from serving.telemetry.metrics import Metrics


class Service:
    """Answers requests, or raises ServingError."""

    def __init__(
        self, registry: Registry[SavedModel], manager: Manager[SavedModel], metrics: Metrics, *, answer_as_content: bool
    ) -> None:
        self._registry = registry
        self._manager = manager
        self._metrics = metrics
        self._answer_as_content = answer_as_content

    def predict(self, request: PredictRequest, timeout_ms: int | None, api: str, entrypoint: str) -> PredictResponse:
        """Run a signature and count the request; `api` and `entrypoint` are labels of the metrics.

        `timeout_ms` is the time limit in milliseconds, or None. Raises ServingError.
        """
        with self.count_request(request.model_spec.name):
            return self.run(request, timeout_ms, api, entrypoint)

    def run(self, request: PredictRequest, timeout_ms: int | None, api: str, entrypoint: str) -> PredictResponse:
        """Run a signature for a request that the caller counts; otherwise like `predict`."""
        started = time.perf_counter()
        response = self._predict(request, timeout_ms)
        latency = (time.perf_counter() - started) * 1e6
        name = request.model_spec.name
        self._metrics.observe(names.REQUEST_LATENCY, latency, model_name=name, API=api, entrypoint=entrypoint)
        return response

    @contextmanager
    def count_request(self, model: str) -> Iterator[None]:
        """Count the block as one request for a model, by its outcome.

        Unknown names are counted together, so that clients cannot fill the memory with labels.
        """
        status = Code.INTERNAL
        try:
            yield
            status = Code.OK
        except ServingError as error:
            status = error.code
            raise
        finally:
            name = model if not model or self._registry.was_configured(model) else names.UNKNOWN_MODEL
            self._metrics.add(names.REQUEST_COUNT, model_name=name, status=status.name)

    def _predict(self, request: PredictRequest, timeout_ms: int | None) -> PredictResponse:
        signature = request.model_spec.signature_name or DEFAULT_SIGNATURE
        with self.use(request) as (version, model):
            started = time.perf_counter()
            outputs = predict(model, signature, request.inputs, request.output_filter, timeout_ms)
            runtime = (time.perf_counter() - started) * 1e6
        name = request.model_spec.name
        self._metrics.observe(names.RUNTIME_LATENCY, runtime, model_name=name, API="Predict", runtime="TF1")
        response = PredictResponse()
        _fill(response.model_spec, name, version)
        response.model_spec.signature_name = signature
        for alias, array in outputs.items():
            encode(array, response.outputs[alias], as_content=self._answer_as_content)
        return response

    def use(self, request: PredictRequest | GetModelMetadataRequest) -> AbstractContextManager[tuple[int, SavedModel]]:
        """Hold the version that the request's model_spec names, for the block; raise ServingError."""
        spec = _spec(request)
        if not spec.name:
            raise invalid("ModelSpec has no name specified.")
        version = spec.version.value if spec.HasField("version") else None
        label = spec.version_label if spec.HasField("version_label") else None
        return self._registry.use(spec.name, version, label)

    def metadata(self, request: GetModelMetadataRequest) -> GetModelMetadataResponse:
        """Return a version's signatures; raise ServingError."""
        spec = _spec(request)
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for field in request.metadata_field:
            if field != "signature_def":
                raise invalid(f"Metadata field {field} is not supported")
        response = GetModelMetadataResponse()
        with self.use(request) as (version, model):
            _fill(response.model_spec, spec.name, version)
            signatures = SignatureDefMap(signature_def=model.signature_defs)
        response.metadata["signature_def"].Pack(signatures)
        return response

    def status(self, request: GetModelStatusRequest) -> GetModelStatusResponse:
        """Return the state of a model's versions, largest number first; a label in the request is ignored.

        Raises:
            ServingError: NOT_FOUND for an unknown model or version.
        """
        spec = _spec(request)
        rows = self._manager.report(spec.name)
        which = "any versions"
        if spec.HasField("version"):
            rows = [row for row in rows if row[0] == spec.version.value]
            which = f"version {spec.version.value}"
        if not rows:
            raise not_found(f"Could not find {which} of model {spec.name}")
        response = GetModelStatusResponse()
        for version, state, error in rows:
            row = response.model_version_status.add(version=version, state=int(state))
            row.status.error_code = int(error.code) if error else 0
            row.status.error_message = error.message if error else ""
        return response

    def reload(self, request: ReloadConfigRequest, wanted: Callable[[], bool]) -> ReloadConfigResponse:
        """Replace the configuration, and wait until new models serve or `wanted` returns False; raise ServingError."""
        if request.config.WhichOneof("config") != "model_config_list":
            raise invalid(
                "ServerModelConfig type not supported by HandleReloadConfigRequest. "
                "Only ModelConfigList is currently supported"
            )
        before = {name: self._metrics.total(name) for name in request.metric_names}
        self._registry.reload(request.config, wanted=wanted)
        log.info("configuration reloaded")
        response = ReloadConfigResponse()
        response.status.error_code = 0
        for name, value in before.items():
            response.metric.add(name=name, int64_value_increase=self._metrics.total(name) - value)
        return response


def _spec(request: PredictRequest | GetModelMetadataRequest | GetModelStatusRequest) -> ModelSpec:
    if not request.HasField("model_spec"):
        raise invalid("Missing ModelSpec")
    return request.model_spec


def _fill(spec: ModelSpec, name: str, version: int) -> None:
    spec.name = name
    spec.version.value = version
