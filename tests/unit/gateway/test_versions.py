"""Requests for one version, and where each is found."""

import pytest

from gateway.model_server.discovery import BETWEEN_PROBES
from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_pods import BEAT
from tests.support.serving.fake_serving import STATE, FakeModel, FakeServing


def probes(serving: FakeServing) -> int:
    return sum(isinstance(request, GetModelStatusRequest) for request in serving.requests)


@pytest.mark.parametrize("version", [1, 2])
def test_the_requested_version_answers(pods, version):
    assert pods.answering(version=version) == {str(version)}
    model = pods.client.get("/model", headers={"X-Model-Version": str(version)})
    assert (model.headers["X-Model-Version"], model.json["version"]) == (str(version), version)
    for serving in pods.serving.values():
        assert {request.model_spec.version.value for request in serving.predicts()} <= {version}


def test_without_a_requested_version_every_pod_takes_its_turn(pods):
    assert pods.answering(times=30) == {"1", "2"}
    assert probes(pods.serving["a"]) == 1, "only the probe of the start"


@pytest.mark.parametrize("path", ["/predict", "/model"])
def test_a_missing_version_is_a_404_with_the_available_ones(pods, path):
    method = "POST" if path == "/predict" else "GET"
    answer = pods.client.open(path, method=method, json=BEAT, headers={"X-Model-Version": "3"})
    saying = "No model server has version 3; AVAILABLE versions: 2, 1"
    assert_error(answer, 404, "version_not_found", saying, available=[2, 1])
    assert pods.total("ecg_gateway_errors_total", kind="version_not_found", version="") == 1


@pytest.mark.parametrize("version", ["", "latest", "-1", "1.0", "9" * 19, "1,2", "²"])
def test_a_version_is_a_whole_number(client, version):
    answer = client.post("/predict", json=BEAT, headers={"X-Model-Version": version})
    assert_error(answer, 400, "invalid_request", "the number of a model version", field="X-Model-Version")


def test_a_version_that_is_not_available_yet_is_not_there(pods):
    pods.serving["c"].states = {2: STATE.LOADING}
    pods.look()
    assert_error(pods.ask(version=2), 404, "version_not_found", available=[1])


def test_without_a_model_server_every_version_is_a_503(pods):
    for name in ("a", "b", "c"):
        pods.remove(name)
    assert_error(pods.ask(version=1), 503, "model_not_ready")


def test_requests_for_missing_versions_cannot_flood_the_model_servers(pods):
    for _ in range(5):
        pods.ask(version=3)
    assert probes(pods.serving["a"]) == 1
    pods.clock.now += BETWEEN_PROBES
    for _ in range(5):
        pods.ask(version=3)
    assert probes(pods.serving["a"]) == 2


def test_a_new_pod_is_found_when_its_version_is_asked_for(pods):
    assert pods.ask(version=3).status_code == 404
    pods.add("d", {3: FakeModel()})
    pods.clock.now += BETWEEN_PROBES
    assert pods.answering(version=3) == {"3"}


def test_a_version_is_found_where_its_pod_went(pods):
    assert pods.answering(version=2) == {"2"}
    pods.remove("c")
    pods.add("d", {2: FakeModel()})
    pods.clock.now += BETWEEN_PROBES
    assert pods.answering(version=2) == {"2"}


def test_an_address_with_another_version_is_not_called_any_more(pods):
    assert pods.answering(version=2) == {"2"}
    pods.serving["c"].models = {3: FakeModel()}
    pods.clock.now += BETWEEN_PROBES
    assert_error(pods.ask(version=2), 404, "version_not_found", available=[3, 1])
    assert pods.answering(version=3) == {"3"}


def test_labels_and_names_are_asked_where_the_version_is(pods):
    named = {"features": {"F2": 0, "F1": 0.5, "F3": 0}}
    for _ in range(20):
        answer = pods.ask(query="?probabilities=true", content=named)
        labels = {"1": ["0", "1"], "2": ["-1", "1"]}[answer.headers["X-Model-Version"]]
        assert list(answer.json["probabilities"]) == labels
        assert pods.client.get("/model").status_code == 200
