"""TensorFlow Serving's REST, KServe's v1, at its paths."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gateway.model_server.discovery import BETWEEN_PROBES
from tests.support.gateway.gateway_client import Answer, Client
from tests.support.gateway.gateway_metrics import total
from tests.support.serving.fake_serving import STATE, FakeModel

MODEL = "/v1/models/ecg"
VALUES = [[0.5, 1, -2], [-9, 0, 0]]


def predict(client: Client, path: str = MODEL, **options: Any) -> Answer:
    return client.post(f"{path}:predict", json=options.pop("json", {"instances": VALUES}), **options)


def assert_sentence(answer: Answer, status: int, saying: str) -> None:
    """Hold an error to TensorFlow Serving's shape."""
    assert (answer.status_code, set(answer.json)) == (status, {"error"})
    assert saying in answer.json["error"]


def test_rows_and_columns(client):
    predicted = client.post("/predict?probabilities=true", json={"instances": VALUES}).json["predictions"]
    wanted = [each | {"probabilities": list(each["probabilities"].values())} for each in predicted]
    assert predict(client).json == {"predictions": wanted}
    named = {"instances": [{"features": each} for each in VALUES], "signature_name": "serving_default"}
    assert predict(client, json=named).json == {"predictions": wanted}
    columns = {name: [each[name] for each in wanted] for name in wanted[0]}
    for inputs in (VALUES, {"features": VALUES}):
        assert predict(client, json={"inputs": inputs}).json == {"outputs": columns}


def test_status_and_metadata(client, serving):
    serving.models[2] = FakeModel(width=2)
    serving.states = {1: STATE.AVAILABLE, 2: STATE.AVAILABLE, 3: STATE.END}
    serving.problems = {3: "no such file"}
    rows = client.get(MODEL).json["model_version_status"]
    assert [(row["version"], row["state"]) for row in rows] == [("3", "END"), ("2", "AVAILABLE"), ("1", "AVAILABLE")]
    assert rows[0]["status"] == {"error_code": "UNKNOWN", "error_message": "no such file"}
    assert client.get(f"{MODEL}/versions/2").json == {"model_version_status": [rows[1]]}
    for path, version, width in (("", "2", "2"), ("/versions/1", "1", "3")):
        metadata = client.get(f"{MODEL}{path}/metadata").json
        assert (metadata["model_spec"]["name"], metadata["model_spec"]["version"]) == ("ecg", version)
        inputs = metadata["metadata"]["signature_def"]["signature_def"]["serving_default"]["inputs"]
        assert inputs["features"]["tensor_shape"]["dim"][1]["size"] == width


def test_a_label_names_a_version(client, serving, clock):
    clock.now += BETWEEN_PROBES
    serving.models[2] = FakeModel(width=2)
    serving.labels = {"stable": 1, "new": 2}
    path = f"{MODEL}/labels/stable"
    assert predict(client, path).headers["X-Model-Version"] == "1"
    assert serving.predicts()[-1].model_spec.version.value == 1
    assert client.get(path).json["model_version_status"][0]["version"] == "1"
    assert client.get(f"{MODEL}/labels/new/metadata").json["model_spec"]["version"] == "2"
    assert_sentence(predict(client, f"{MODEL}/labels/other"), 404, "No version of the model has the label 'other'")
    assert_sentence(client.get(f"{MODEL}/labels/other"), 404, "'other'")


def test_a_version_is_named_by_the_path_or_the_header_if_they_agree(pods):
    for version in ("1", "2"):
        assert predict(pods.client, f"{MODEL}/versions/{version}").headers["X-Model-Version"] == version
        assert predict(pods.client, headers={"X-Model-Version": version}).headers["X-Model-Version"] == version
    differ = predict(pods.client, f"{MODEL}/versions/1", headers={"X-Model-Version": "2"})
    assert_sentence(differ, 400, "asks for version 2, but the request also for 1")
    for path in (f"{MODEL}/versions/3", f"{MODEL}/versions/3/metadata"):
        asked = predict(pods.client, path) if path.endswith("3") else pods.client.get(path)
        assert_sentence(asked, 404, "version 3")
    assert_sentence(pods.client.get(f"{MODEL}/versions/3"), 404, "version 3")
    assert_sentence(pods.client.get(f"{MODEL}/versions/x"), 400, "The path must have the number")


def test_a_client_gets_the_same_version_each_time(pods):
    pods.candidate(2, weight=50)
    for number in range(20):
        headers = {"X-Client-ID": f"client-{number}"}
        asked = pods.client.post("/predict", json={"features": VALUES[0]}, headers=headers)
        met = {predict(pods.client, headers=headers).headers["X-Model-Version"] for _ in range(3)}
        assert met == {asked.headers["X-Model-Version"]}


@pytest.mark.parametrize("content_type", [None, "application/x-www-form-urlencoded", "text/plain", "application/json"])
def test_the_media_type_is_ignored_because_curl_sends_another(client, content_type):
    data = json.dumps({"instances": VALUES})
    assert client.post(f"{MODEL}:predict", data=data, content_type=content_type).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "saying"),
    [
        ({"instances": VALUES, "more": 1}, 400, "'more'"),
        ({"instances": VALUES, "signature_name": "details"}, 400, "'details' is not served"),
        ({"instances": [{"features": [1, 2, 3], "x": 1}]}, 400, "'x'"),
        ({"instances": [[1, 2]]}, 400, "instances[0] has 2 values; the model takes 3"),
        ({"instances": [[1, None, 3]]}, 400, "instances[0][1] is null"),
        ({"inputs": [[1, 2, 3], [1, "2", 3]]}, 400, "inputs[1][1] is a string"),
        ({"instances": [[0, 0, 0]] * 6}, 413, "'instances' has 6 beats; at most 5"),
        ({}, 400, "either 'instances' or 'inputs'"),
    ],
)
def test_errors_are_one_sentence(client, serving, asked, status, saying):
    assert_sentence(predict(client, json=asked), status, saying)
    assert not serving.predicts()


def test_limits_and_encodings_hold(client):
    assert_sentence(client.post(f"{MODEL}:predict", data=b" " * 10_001), 413, "limit of 10000 bytes")
    assert_sentence(predict(client, headers={"Content-Encoding": "br"}), 415, "'br'")
    assert_sentence(predict(client, content_type="application/json; charset=utf-16"), 415, "'utf-16'")
    assert_sentence(client.post(f"{MODEL}:predict?x=1", json={"instances": VALUES}), 400, "?x= is not a parameter")
    assert_sentence(client.get(f"{MODEL}?x=1"), 400, "?x= is not a parameter")
    assert_sentence(client.get(f"{MODEL}:predict"), 405, "POST")


@pytest.mark.parametrize("path", ["/v1/models/other", "/v1/models/other/versions/1", "/v1/models/other/labels/a"])
def test_another_model_is_not_found(client, path):
    for answer in (client.get(path), client.get(f"{path}/metadata"), predict(client, path)):
        assert_sentence(answer, 404, "'other' is not served here; the served model is 'ecg'")


@pytest.mark.parametrize("path", ["/v1/models", "/v1/models/ecg/config", "/v1/x"])
def test_an_unknown_path_is_one_sentence(client, path):
    assert_sentence(client.post(path, json={}), 404, "This path does not exist")


def test_keys_are_needed_and_counts_have_the_routes_template(settings, another_client, tmp_path):
    (tmp_path / "keys").write_text(f"ward {sha256(b'k').hexdigest()}\n")
    client = another_client(replace(settings, api_keys_file=str(tmp_path / "keys")))
    assert_sentence(predict(client), 401, "API key")
    assert_sentence(client.get(MODEL), 401, "API key")
    for path in (MODEL, f"{MODEL}/versions/1"):
        assert predict(client, path, headers={"X-API-Key": "k"}).status_code == 200
    metrics = client.get("/metrics").text
    for path in ("/v1/models/<name>:predict", "/v1/models/<name>/versions/<version>:predict"):
        assert total(metrics, "ecg_gateway_requests_total", path=path, status="200", version="1") == 1
    assert total(metrics, "ecg_gateway_predictions_total", version="1") == 4
