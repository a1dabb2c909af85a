"""Everything about HTTP that is not a prediction: paths, limits, request ids, logs."""

import json
import logging
from math import nan

import pytest

from gateway.telemetry.logs import JsonFormatter
from tests.fake_serving import STATE, FakeModel
from tests.gateway_errors import assert_error

BEAT = {"features": [0.12345, 0, 0]}


def test_health_never_asks_the_model_server(client, serving):
    assert client.get("/health").json == {"status": "healthy"}
    assert not serving.requests


def test_ready_names_the_available_versions(client, serving):
    serving.states = {1: STATE.END, 2: STATE.AVAILABLE, 3: STATE.LOADING, 4: STATE.AVAILABLE}
    assert client.get("/ready").json == {"status": "ready", "model": "ecg", "versions": [4, 2]}


def test_not_ready_says_why(client, serving):
    serving.states = {1: STATE.END, 2: STATE.LOADING}
    serving.problems = {1: "no such file"}
    saying = "No version of 'ecg' is AVAILABLE: version 2 is LOADING, version 1 is END (no such file)"
    assert_error(client.get("/ready"), 503, "model_not_ready", saying)
    serving.name = "another"
    assert_error(client.get("/ready"), 503, "model_not_ready", "has not loaded the model")


def test_model_tells_what_the_served_model_tells(client, serving):
    serving.models = {
        1: FakeModel(),
        7: FakeModel(labels=(-1, 1), description={"metrics": {"a": nan}, "name": "x", "features": 9}),
    }
    answer = client.get("/model")
    assert answer.headers["X-Model-Version"] == "7"
    assert answer.json == {
        "name": "ecg",
        "version": 7,
        "features": {"count": 3, "names": ["F1", "F2", "F3"]},
        "classes": [-1, 1],
        "metrics": {"a": None},
        "data": None,
        "signatures": ["details", "explain", "metadata", "serving_default"],
    }


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/predict%00"])
def test_an_unknown_path_is_a_404_in_json(client, path):
    assert_error(client.post(path, json=BEAT), 404, "not_found", "/predict")


def test_a_wrong_method_is_a_405_that_names_the_right_one(client):
    answer = client.get("/predict")
    assert_error(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_media_type_is_a_415(client, media_type):
    answer = client.post("/predict", data=json.dumps(BEAT), content_type=media_type)
    assert_error(answer, 415, "unsupported_media_type", "Content-Type: application/json")


def test_too_large_a_body_is_a_413(client):
    answer = client.post("/predict", data=b" " * 10_001, content_type="application/json")
    assert_error(answer, 413, "request_entity_too_large", "larger than")


def test_too_many_beats_are_a_413(client):
    assert_error(client.post("/predict", json={"instances": [[0, 0, 0]] * 6}), 413, "too_many_beats", "at most 5")


def test_a_sane_request_id_comes_back(client):
    assert client.get("/health", headers={"X-Request-ID": "trace-1"}).headers["X-Request-ID"] == "trace-1"


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "é", '{"a":1}'])
def test_any_other_request_id_is_replaced(client, given):
    made = client.get("/health", headers={"X-Request-ID": given}).headers["X-Request-ID"]
    assert made != given
    assert len(made) == 32


def test_a_request_is_one_line_of_json_without_its_values(client, caplog):
    caplog.set_level(logging.INFO)
    client.post("/predict?probabilities=true", json=BEAT, headers={"X-Request-ID": "one"})
    client.post("/predict", json={"features": {"0.12345": 0.12345}}, headers={"X-Request-ID": "two"})
    lines = [JsonFormatter().format(record) for record in caplog.records]
    good, bad = map(json.loads, lines)
    assert good.pop("milliseconds") > 0
    assert good.pop("time").endswith("+00:00")
    assert good == {
        "level": "info",
        "logger": "gateway.requests",
        "message": "request",
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "model_version": "1",
        "request_id": "one",
    }
    assert (bad["status"], bad["error"], bad["model_version"]) == (400, "invalid_request", None)
    assert not any("0.12345" in line or "\n" in line for line in lines)
