"""The Open Inference Protocol at its paths. tests/process has Triton's own client ask a real gateway."""

import logging
import struct
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from gateway.model_server.discovery import BETWEEN_PROBES
from tests.support.gateway.gateway_client import Answer, Client
from tests.support.gateway.gateway_metrics import total
from tests.support.serving.fake_serving import STATE, FakeModel

MODEL = "/v2/models/ecg"
GETS = ["/v2", "/v2/health/live", "/v2/health/ready", MODEL, f"{MODEL}/ready", f"{MODEL}/versions/1"]
VALUES: list[list[Any]] = [[0.5, 1, -2], [-9, 0, 0]]


def content(values: list[list[Any]] = VALUES, **more: object) -> dict[str, Any]:
    tensor = {"name": "features", "shape": [len(values), len(values[0])], "datatype": "FP32", "data": values}
    return {"inputs": [tensor], **more}


def infer(client: Client, path: str = MODEL, **options: Any) -> Answer:
    return client.post(f"{path}/infer", json=options.pop("json", content()), **options)


def assert_sentence(answer: Answer, status: int, saying: str) -> None:
    """Hold an error to the protocol's shape."""
    assert (answer.status_code, set(answer.json)) == (status, {"error"})
    assert saying in answer.json["error"]
    assert answer.headers["X-Request-ID"]


def test_a_batch_is_predicted(client):
    answer = infer(client, json=content(id="7"))
    assert (answer.status_code, answer.headers["X-Model-Version"]) == (200, "1")
    assert (answer.json["id"], answer.json["model_name"], answer.json["model_version"]) == ("7", "ecg", "1")
    outputs = {output["name"]: output["data"] for output in answer.json["outputs"]}
    predicted = client.post("/predict?probabilities=true", json={"instances": VALUES}).json["predictions"]
    assert outputs["predicted_class"] == [each["predicted_class"] for each in predicted]
    assert outputs["probability"] == [each["probability"] for each in predicted]
    assert outputs["probabilities"] == [number for each in predicted for number in each["probabilities"].values()]


def test_only_requested_outputs_are_requested_from_the_model_server(client, serving):
    outputs = infer(client, json=content(outputs=[{"name": "probability"}])).json["outputs"]
    assert [each["name"] for each in outputs] == ["probability"]
    assert list(serving.predicts()[-1].output_filter) == ["predicted_class", "probability"]


def test_binary_data_is_read_and_written(client):
    head = b'{"inputs":[{"name":"features","shape":[2,3],"datatype":"FP32","parameters":{"binary_data_size":24}}],'
    head += b'"parameters":{"binary_data_output":true},"outputs":[{"name":"predicted_class"}]}'
    body = head + struct.pack("<6f", *VALUES[0], *VALUES[1])
    answer = client.post(f"{MODEL}/infer", data=body, headers={"Inference-Header-Content-Length": str(len(head))})
    length = int(answer.headers["Inference-Header-Content-Length"])
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert struct.unpack("<2q", answer.data[length:]) == (1, 0)


def test_metadata_and_readiness(client, serving, clock):
    clock.now += BETWEEN_PROBES
    serving.models[2] = FakeModel(width=2, labels=(-1, 1, 2))
    assert client.get("/v2").json["extensions"] == ["binary_tensor_data"]
    metadata = client.get(MODEL).json
    assert (metadata["name"], metadata["versions"], metadata["inputs"][0]["shape"]) == ("ecg", ["2", "1"], [-1, 2])
    assert [output["shape"] for output in metadata["outputs"]] == [[-1], [-1], [-1, 3]]
    one = client.get(f"{MODEL}/versions/1").json
    assert (one["versions"], one["inputs"][0]["shape"]) == (["1"], [-1, 3])
    for path in ("/v2/health/live", "/v2/health/ready", f"{MODEL}/ready", f"{MODEL}/versions/2/ready"):
        assert client.get(path).status_code == 200, path


def test_without_a_model_it_is_live_and_not_ready(client, serving):
    serving.states = {1: STATE.LOADING}
    assert client.get("/v2/health/live").status_code == 200
    assert_sentence(client.get("/v2/health/ready"), 503, "version 1 is LOADING")
    serving.models.clear()
    assert_sentence(client.get(f"{MODEL}/ready"), 503, "not loaded")
    assert_sentence(infer(client), 503, "not loaded")
    assert infer(client).headers["Retry-After"] == "1"


@pytest.mark.parametrize("path", ["/v2/models/other", "/v2/models/other/ready", "/v2/models/other/versions/1"])
def test_another_model_is_not_found(client, path):
    assert_sentence(client.get(path), 404, "'other' is not served here; the served model is 'ecg'")
    assert_sentence(infer(client, path.removesuffix("/ready")), 404, "the served model is 'ecg'")


def test_a_version_is_named_by_the_path_the_body_or_the_header_if_they_agree(pods):
    for version in ("1", "2"):
        asked = (
            infer(pods.client, f"{MODEL}/versions/{version}"),
            infer(pods.client, json=content(model_version=version)),
            infer(pods.client, headers={"X-Model-Version": version}),
        )
        assert {each.headers["X-Model-Version"] for each in asked} == {version}
    differ = infer(pods.client, f"{MODEL}/versions/1", headers={"X-Model-Version": "2"})
    assert_sentence(differ, 400, "The header X-Model-Version asks for version 2, but the request also for 1")
    differ = infer(pods.client, f"{MODEL}/versions/1", json=content(model_version="2"))
    assert_sentence(differ, 400, "'model_version' asks for version 2")
    assert_sentence(
        infer(pods.client, f"{MODEL}/versions/3"), 404, "No model server has version 3; AVAILABLE versions: 2, 1"
    )
    assert_sentence(infer(pods.client, f"{MODEL}/versions/x"), 400, "The path must have the number of a model version")


def test_the_body_may_repeat_the_models_name_and_no_other(client):
    assert infer(client, json=content(model_name="ecg", model_version="")).status_code == 200
    assert_sentence(infer(client, json=content(model_name="other")), 404, "'other' is not served here")


def test_a_client_gets_the_same_version_each_time(pods):
    pods.candidate(2, weight=50)
    for number in range(20):
        headers = {"X-Client-ID": f"client-{number}"}
        asked = pods.client.post("/predict", json={"features": VALUES[0]}, headers=headers)
        met = {infer(pods.client, headers=headers).headers["X-Model-Version"] for _ in range(3)}
        assert met == {asked.headers["X-Model-Version"]}


@pytest.mark.parametrize(
    ("asked", "status", "saying"),
    [
        ({"inputs": [], "more": 1}, 400, "'more'"),
        (content(parameters={"priority": 1}), 400, "'priority'"),
        (content([[1, 2]]), 400, "features[0] has 2 values; the model takes 3"),
        (content([[1, None, 3]]), 400, "features[0][1] is null"),
        (content([[0.0, 0, 0]] * 6), 413, "'features' has 6 beats; at most 5"),
        ([], 400, "JSON object"),
    ],
)
def test_errors_are_one_sentence(client, serving, asked, status, saying):
    assert_sentence(infer(client, json=asked), status, saying)
    assert not serving.predicts()


def test_limits_and_media_types_hold(client):
    large = client.post(f"{MODEL}/infer", data=b" " * 10_001)
    assert_sentence(large, 413, "limit of 10000 bytes")
    deflated = infer(client, headers={"Content-Encoding": "deflate"})
    assert_sentence(deflated, 415, "The Content-Encoding 'deflate' is not supported; send 'gzip'")
    assert deflated.headers["Accept-Encoding"] == "gzip"
    assert_sentence(infer(client, content_type="application/json; charset=latin1"), 415, "'latin1'")


@pytest.mark.parametrize("path", GETS)
def test_read_only_paths_accept_get_without_a_query(client, path):
    assert_sentence(client.get(f"{path}?verbose=true"), 400, "?verbose= is not a parameter")
    refused = client.post(path, json={})
    assert_sentence(refused, 405, "GET, HEAD, OPTIONS")
    assert refused.headers["Allow"] == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("path", ["/v2/nothing", "/v2/repository/index", "/v2/models/ecg/config"])
def test_an_unknown_path_is_one_sentence(client, path):
    assert_sentence(client.get(path), 404, "This path does not exist")


def test_keys_are_needed_except_for_probes(settings, another_client, tmp_path):
    (tmp_path / "keys").write_text(f"ward {sha256(b'k').hexdigest()}\n")
    client = another_client(replace(settings, api_keys_file=str(tmp_path / "keys")))
    for path in GETS:
        open_to_all = path.startswith("/v2/health")
        assert client.get(path).status_code == (200 if open_to_all else 401)
        assert client.get(path, headers={"X-API-Key": "k"}).status_code == 200
    assert_sentence(infer(client), 401, "API key")
    assert infer(client, headers={"Authorization": "Bearer k"}).status_code == 200


def test_counts_and_logs_have_the_routes_template(client, caplog):
    caplog.set_level(logging.INFO)
    infer(client)
    infer(client, f"{MODEL}/versions/1")
    infer(client, "/v2/models/Meier-Anna")
    metrics = client.get("/metrics").text
    path = "/v2/models/<name>/infer"
    assert total(metrics, "ecg_gateway_requests_total", path=path, status="200", version="1") == 1
    assert total(metrics, "ecg_gateway_requests_total", path=path, status="404") == 1
    by_version = "/v2/models/<name>/versions/<version>/infer"
    assert total(metrics, "ecg_gateway_requests_total", path=by_version, status="200") == 1
    assert total(metrics, "ecg_gateway_predictions_total", version="1") == 4
    assert total(metrics, "ecg_gateway_errors_total", kind="model_not_found") == 1
    assert "Meier" not in metrics + caplog.text
