"""GetModelMetadata, GetModelStatus and the health service."""

from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from grpc_health.v1.health_pb2 import HealthCheckRequest, HealthCheckResponse
from grpc_health.v1.health_pb2_grpc import HealthStub
from tensorflow.core.framework import types_pb2

from tests.golden.kit import Client, export, refused, spec
from tests.support.waiting import until

INVALID = grpc.StatusCode.INVALID_ARGUMENT
NOT_FOUND = grpc.StatusCode.NOT_FOUND


def test_metadata_lists_the_signatures(client, model):
    answered, signatures = client.metadata(spec(model), "signature_def")
    assert answered.name == model
    assert answered.version.value >= 1
    assert answered.signature_name == ""
    default = signatures["serving_default"]
    assert default.method_name == "tensorflow/serving/predict"
    assert default.inputs["features"].dtype == types_pb2.DT_FLOAT
    assert default.inputs["features"].tensor_shape.dim[0].size == -1
    assert set(default.outputs) == {"probabilities", "predicted_class", "probability"}
    assert set(signatures["metadata"].outputs) == {"class_labels", "feature_names", "description"}


@pytest.mark.parametrize(
    ("model_spec", "fields", "code", "message"),
    [
        (None, ["signature_def"], INVALID, "Missing ModelSpec"),
        (spec("nobody"), [], INVALID, "GetModelMetadataRequest must specify at least one metadata_field"),
        (spec("nobody"), ["assets"], INVALID, "Metadata field assets is not supported"),
        (spec("nobody"), ["signature_def"], NOT_FOUND, "Servable not found for request: Latest(nobody)"),
    ],
    ids=["no-spec", "no-field", "other-field", "unknown-model"],
)
def test_metadata_refuses(client, model_spec, fields, code, message):
    with refused(code, message):
        client.metadata(model_spec, *fields)


def test_status_of_a_served_version_is_ok(client, model):
    row = client.status(spec(model))[0]
    assert (row.state, row.status.error_code, row.status.error_message) == (row.AVAILABLE, 0, "")
    assert client.status(spec(model, version=row.version)) == [row]


def test_status_ignores_a_label(client, model):
    assert client.status(spec(model, label="whatever")) == client.status(spec(model))


@pytest.mark.parametrize(
    ("model_spec", "code", "message"),
    [
        (None, INVALID, "Missing ModelSpec"),
        (spec("nobody"), NOT_FOUND, "Could not find any versions of model nobody"),
        (spec("nobody", version=3), NOT_FOUND, "Could not find version 3 of model nobody"),
    ],
    ids=["no-spec", "unknown-model", "unknown-model-version"],
)
def test_status_refuses(client, model_spec, code, message):
    with refused(code, message):
        client.status(model_spec)


def test_status_of_an_unknown_version_is_not_found(client, model):
    with refused(NOT_FOUND, f"Could not find version 987654 of model {model}"):
        client.status(spec(model, version=987654))


def test_rows_are_kept_for_good_and_fall(client, served):
    export(Path(served.base_path, "2"))
    until(lambda: client.states(served.name) == {2: "AVAILABLE", 1: "END"})
    rows = client.status(spec(served.name))
    assert [row.version for row in rows] == [2, 1]
    assert (rows[1].status.error_code, rows[1].status.error_message) == (0, "")


def health(client: Client, service: str) -> int:
    return int(HealthStub(client.channel).Check(HealthCheckRequest(service=service), timeout=10).status)


@pytest.mark.parametrize("service", ["", "ModelService", "PredictionService"])
def test_health_knows_the_services_by_their_short_names(client, service):
    assert health(client, service) == HealthCheckResponse.SERVING


@pytest.mark.parametrize("service", ["tensorflow.serving.PredictionService", "nobody"])
def test_health_knows_no_other_names(client, service):
    with refused(NOT_FOUND, "service name unknown"):
        health(client, service)


def test_a_watch_of_an_unknown_service_says_so(client):
    watch = HealthStub(client.channel).Watch(HealthCheckRequest(service="nobody"), timeout=10)
    assert next(watch).status == HealthCheckResponse.SERVICE_UNKNOWN
    watch.cancel()


def test_a_malformed_health_check_is_invalid(client):
    call: Callable[..., bytes] = client.channel.unary_unary("/grpc.health.v1.Health/Check")
    with refused(INVALID, "could not parse request"):
        call(b"\xff", timeout=10)


@pytest.mark.parametrize("method", ["tensorflow.serving.PredictionService/Guess", "tensorflow.serving.Nobody/Predict"])
@pytest.mark.parametrize("content", [b"", b"\xff"])
def test_an_unknown_method_is_not_implemented(client, method, content):
    call: Callable[..., bytes] = client.channel.unary_unary(f"/{method}")
    with refused(grpc.StatusCode.UNIMPLEMENTED, ""):
        call(content, timeout=10)
