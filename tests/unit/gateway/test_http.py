"""Everything about HTTP that is not a prediction: paths, limits, request ids, logs."""

import json
import logging
import re
from math import nan

import pytest

from gateway.routes import ROUTES
from gateway.telemetry.logs import JsonFormatter
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import STATE, FakeModel

BEAT = {"features": [0.12345, 0, 0]}


def test_health_never_asks_the_model_server(pods):
    """Discovery does not poll here: the test probes these pods."""
    before = [len(serving.requests) for serving in pods.serving.values()]
    assert pods.client.get("/health").json == {"status": "healthy"}
    assert [len(serving.requests) for serving in pods.serving.values()] == before


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


def test_model_returns_the_served_models_description(client, serving):
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
        "class_names": None,
        "metrics": {"a": None},
        "data": None,
        "signatures": ["details", "explain", "metadata", "serving_default"],
    }


@pytest.mark.parametrize("path", ["/nothing", "/predict/", "/predict%00"])
def test_an_unknown_path_is_a_404_in_json(client, path):
    assert_error(client.post(path, json=BEAT), 404, "not_found", "the API's paths are /predict, /explain, /model")


def test_a_wrong_method_is_a_405_that_names_the_right_one(client):
    answer = client.get("/predict")
    assert_error(answer, 405, "method_not_allowed")
    assert answer.headers["Allow"] == "OPTIONS, POST"
    answer = client.post("/model", json=BEAT)
    assert_error(answer, 405, "method_not_allowed", "GET, HEAD, OPTIONS")
    assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize(("path", "allowed"), [("/predict", "OPTIONS, POST"), ("/model", "GET, HEAD, OPTIONS")])
def test_options_name_the_methods_without_a_body(client, path, allowed):
    answer = client.options(path)
    assert (answer.status_code, answer.data, answer.headers["Allow"]) == (204, b"", allowed)
    assert "Content-Length" not in answer.headers


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/predict?probabilites=true", "probabilites"),
        ("/predict?details=true&x", "x"),
        ("/explain?details=true", "details"),
        ("/model?x=1", "x"),
        ("/examples?details=true", "details"),
        ("/ready?verbose", "verbose"),
        ("/health?a%20b=", "a b"),
        ("/metrics?name[]=a", "name[]"),
        ("/openapi.json?" + "x" * 50, "x" * 37 + "..."),
    ],
)
def test_a_query_parameter_that_is_unknown_is_named(client, serving, path, name):
    method = "POST" if path.startswith(("/predict", "/explain")) else "GET"
    answer = client.open(path, method, json=BEAT if method == "POST" else None)
    assert_error(answer, 400, "invalid_request", f"?{name}= is not a parameter of this path", field=name)
    assert not serving.predicts()


def test_a_repeated_query_parameter_is_rejected(client):
    answer = client.post("/predict?details=true&details=false", json=BEAT)
    assert_error(answer, 400, "invalid_request", "?details= occurs 2 times", field="details")


@pytest.mark.parametrize("path", ["/", "/docs", "/static/page.css"])
def test_pages_may_have_a_query(client, path):
    assert client.get(f"{path}?x=1").status_code == 200


@pytest.mark.parametrize("body", [{"features": [0, 0, 0], "details": True}, {"instances": [[0, 0, 0]], "details": 1}])
@pytest.mark.parametrize("path", ["/predict", "/predict?details=true", "/explain"])
def test_a_key_of_the_body_that_is_unknown_is_named(client, serving, path, body):
    assert_error(client.post(path, json=body), 400, "invalid_request", "unknown key 'details'", field="details")
    assert not serving.predicts()


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_route_answers_options_without_a_page(client, route):
    path = re.sub("<path:name>", "page.css", route.path)
    answer = client.options(re.sub("<[a-z]+>", "1", path))
    assert (answer.status_code, answer.data, answer.content_type) == (204, b"", None)
    assert answer.headers["Allow"] == ", ".join(route.methods)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", None])
def test_another_media_type_is_a_415(client, media_type):
    answer = client.post("/predict", data=json.dumps(BEAT), content_type=media_type)
    assert_error(answer, 415, "unsupported_media_type", "send 'application/json'", field="Content-Type")


def test_too_large_a_body_is_a_413(client):
    answer = client.post("/predict", data=b" " * 10_001, content_type="application/json")
    assert_error(answer, 413, "request_entity_too_large", "limit of 10000 bytes", limit=10_000)


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


@pytest.mark.parametrize(
    ("method", "path", "options", "error"),
    [
        ("GET", "/nothing", {}, "not_found"),
        ("GET", "/predict", {}, "method_not_allowed"),
        ("POST", "/predict", {"data": " " * 10_001, "content_type": "application/json"}, "request_entity_too_large"),
        ("POST", "/predict", {"data": "1", "content_type": "text/csv"}, "unsupported_media_type"),
        ("GET", "/static/nothing.js", {}, "not_found"),
    ],
)
def test_every_error_is_named_in_its_line(client, caplog, method, path, options, error):
    caplog.set_level(logging.INFO)
    client.open(path, method, **options)
    assert [record.fields["error"] for record in caplog.records if record.name == "gateway.requests"] == [error]
