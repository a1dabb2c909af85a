"""Further outputs of a model: out-of-distribution score, explanation, recorded beats."""

import struct
from dataclasses import replace
from math import exp, inf, log, nan

import pytest
from grpc import StatusCode

from gateway.inference.predictor import RECENT
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel

BEAT = {"features": [0.5, 1, -2]}
BATCH = {"instances": [[0.5, 0, 0], [-9, 0, 0]]}
HALF = 1 / (1 + exp(-0.5))  # what the fake model gives for the label 1 when the first value is 0.5
SIGNATURES = {"/predict?details=true": "details", "/explain": "explain"}
BOTH = list(SIGNATURES)


def test_details_of_one_beat(client, serving):
    answer = client.post("/predict?details=true", json=BEAT)
    assert answer.headers["X-Model-Version"] == "1"
    assert answer.json == {
        "predicted_class": 1,
        "probability": pytest.approx(HALF),
        "probabilities": {"0": pytest.approx(1 - HALF), "1": pytest.approx(HALF)},
        "abstain": False,
        "unusual": False,
        "unusual_score": pytest.approx(0.1),
    }
    (request,) = serving.predicts()
    assert request.model_spec.signature_name == "details"


@pytest.mark.parametrize("packed", [False, True])
def test_details_of_a_batch_in_its_order(client, serving, packed):
    serving.models[1] = FakeModel(packed=packed)
    rows = client.post("/predict?details=true", json=BATCH).json["predictions"]
    assert [(row["predicted_class"], row["unusual"]) for row in rows] == [(1, False), (0, True)]
    assert [row["unusual_score"] for row in rows] == pytest.approx([0.1, 1.8])


def test_the_plain_answer_has_its_two_keys_and_no_more(client):
    for query in ("", "?details=false"):
        assert set(client.post(f"/predict{query}", json=BEAT).json) == {"predicted_class", "probability"}


@pytest.mark.parametrize(("below", "abstains"), [(0.0, False), (0.62, False), (0.63, True), (1.0, True)])
def test_an_answer_abstains_below_the_probability_that_is_set(settings, another_client, below, abstains):
    client = another_client(replace(settings, abstain_below=below))
    assert client.post("/predict?details=true", json=BEAT).json["abstain"] is abstains


@pytest.mark.parametrize(("first", "unusual"), [(5, False), (5.01, True), (-6, True)])
def test_a_score_above_one_is_unusual(client, first, unusual):
    assert client.post("/predict?details=true", json={"features": [first, 0, 0]}).json["unusual"] is unusual


def test_a_distance_beyond_float32_is_unusual_and_still_json(client, serving):
    serving.models[1] = FakeModel(unusual_from=1e-39)
    answer = client.post("/predict?details=true", json=BEAT)
    assert (answer.json["unusual"], answer.json["unusual_score"]) == (True, pytest.approx(3.4e38, rel=0.01))


def test_an_explanation_of_one_beat_adds_up(client, serving):
    answer = client.post("/explain", json=BEAT)
    assert answer.headers["X-Model-Version"] == "1"
    assert answer.json == {
        "predicted_class": 1,
        "probability": pytest.approx(HALF),
        "attributions": [pytest.approx(0.5), 0, 0],
        "score": pytest.approx(log(HALF / (1 - HALF))),
        "baseline_score": 0,
    }
    (request,) = serving.predicts()
    assert request.model_spec.signature_name == "explain"


def test_explanations_of_a_batch_in_its_order(client):
    rows = client.post("/explain", json=BATCH).json["explanations"]
    assert [row["attributions"] for row in rows] == [pytest.approx([0.5, 0, 0]), pytest.approx([9, 0, 0], rel=0.01)]


def test_only_so_many_beats_are_explained_at_once(settings, another_client):
    client = another_client(replace(settings, max_explained=1))
    assert client.post("/predict?details=true", json=BATCH).status_code == 200
    assert_error(client.post("/explain", json=BATCH), 413, "too_many_beats", "has 2 beats; at most 1")
    packed = {"data": struct.pack("<6f", *range(6)), "content_type": "application/octet-stream"}
    assert_error(client.post("/explain", **packed), 413, "too_many_beats", "has 2 beats; at most 1")


@pytest.mark.parametrize("path", BOTH)
def test_names_and_bytes_are_taken_as_for_a_plain_answer(client, serving, path):
    serving.models[1] = FakeModel(width=2, names=("a", "b"))
    assert client.post(path, json={"features": {"b": 2, "a": 1}}).status_code == 200
    assert client.post(path, data=struct.pack("<2f", 1, 2), content_type="application/octet-stream").status_code == 200
    contents = [request.inputs["features"].tensor_content for request in serving.predicts()]
    assert contents == [struct.pack("<2f", 1, 2)] * 2
    # another version with its features in another order is asked again, for the same
    serving.models[2] = FakeModel(width=2, names=("b", "a"))
    assert client.post(path, json={"features": {"b": 2, "a": 1}}).headers["X-Model-Version"] == "2"
    last = serving.predicts()[-1]
    assert last.inputs["features"].tensor_content == struct.pack("<2f", 2, 1)
    assert last.model_spec.signature_name == SIGNATURES[path]


@pytest.mark.parametrize("path", BOTH)
def test_an_invalid_request_is_rejected_with_the_position_of_the_error(client, serving, path):
    assert_error(client.post(path, json={"features": [1, None, 2]}), 400, "invalid_request", "null", index=1)
    assert_error(client.post(path, json={"features": [1]}), 400, "invalid_request", "the model takes 3")
    assert_error(
        client.post(path, data="x", content_type="text/csv"), 415, "unsupported_media_type", field="Content-Type"
    )
    assert not serving.predicts()


def test_the_switch_for_details_takes_two_words(client):
    answer = client.post("/predict?details=1", json=BEAT)
    assert_error(answer, 400, "invalid_request", "'true' or 'false'", field="details")


@pytest.mark.parametrize(("path", "lacks"), SIGNATURES.items())
def test_a_model_without_the_signature_is_reported_and_still_predicts(client, serving, path, lacks):
    serving.models[1] = FakeModel(signatures=())
    answer = client.post(path, json=BEAT)
    assert_error(answer, 501, "not_supported", f"Version 1 of the model has no signature '{lacks}'", signature=lacks)
    assert not serving.predicts()
    assert client.post("/predict", json=BEAT).status_code == 200


@pytest.mark.parametrize("path", BOTH)
def test_a_new_version_with_the_signature_is_found(client, serving, clock, path):
    serving.models[1] = FakeModel(signatures=())
    assert client.post(path, json=BEAT).status_code == 501
    serving.models[2] = FakeModel()
    clock.now += RECENT
    assert client.post(path, json=BEAT).headers["X-Model-Version"] == "2"


@pytest.mark.parametrize("path", BOTH)
def test_a_version_whose_signature_was_removed_is_reported(client, serving, path):
    assert client.post(path, json=BEAT).status_code == 200
    serving.models[2] = FakeModel(signatures=())
    assert client.post(path, json=BEAT).status_code == 501


@pytest.mark.parametrize("path", BOTH)
def test_invalid_probabilities_are_a_bad_gateway(client, serving, path):
    serving.models[1] = FakeModel(factor=nan)
    assert_error(client.post(path, json=BEAT), 502, "model_failed", "not finite")


def test_an_invalid_score_is_a_bad_gateway(client, serving):
    serving.models[1] = FakeModel(unusual_from=nan)
    answer = client.post("/predict?details=true", json=BEAT)
    assert_error(answer, 502, "model_failed", "'unusual_score' that is not finite")


def test_an_infinite_attribution_is_a_bad_gateway(client, serving):
    serving.models[1].explanation = lambda values: [inf, 0, 0]
    assert_error(client.post("/explain", json=BEAT), 502, "model_failed", "'attributions' that is not finite")


@pytest.mark.parametrize("path", BOTH)
def test_a_candidate_without_the_signature_fails_no_request(pods, path):
    pods.serving["c"].models[2] = FakeModel(signatures=())
    pods.candidate(2, weight=99)
    answers = [pods.client.post(path, json=BEAT) for _ in range(5)]
    assert {(answer.status_code, answer.headers["X-Model-Version"]) for answer in answers} == {(200, "1")}
    assert pods.total("ecg_gateway_errors_total", kind="not_supported", version="2") == 5


@pytest.mark.parametrize("path", BOTH)
def test_a_signature_that_no_version_has_does_not_count_as_the_candidates_error(pods, path):
    for name in ("a", "b", "c"):
        pods.serving[name].models = {version: FakeModel(signatures=()) for version in pods.serving[name].models}
    pods.candidate(2, weight=99)
    assert pods.client.post(path, json=BEAT).status_code == 501
    assert pods.total("ecg_gateway_errors_total", version="2") == 0


@pytest.mark.parametrize("path", BOTH)
def test_a_failing_candidate_fails_no_request(pods, path):
    pods.candidate(2, weight=99)
    pods.serving["c"].fail(StatusCode.INTERNAL, times=10)
    assert pods.client.post(path, json=BEAT).headers["X-Model-Version"] == "1"
    assert pods.total("ecg_gateway_errors_total", kind="model_failed", version="2") == 1


@pytest.mark.parametrize("path", BOTH)
def test_pods_of_which_only_some_have_the_signature_are_never_a_bad_gateway(pods, path):
    pods.serving["c"].models[2] = FakeModel(signatures=())
    answers = [pods.client.post(path, json=BEAT) for _ in range(30)]
    assert {answer.status_code for answer in answers} <= {200, 501}
    asked = pods.client.post(path, json=BEAT, headers={"X-Model-Version": "1"})
    assert (asked.status_code, asked.headers["X-Model-Version"]) == (200, "1")
    asked = pods.client.post(path, json=BEAT, headers={"X-Model-Version": "2"})
    assert_error(asked, 501, "not_supported", "Version 2", signature=SIGNATURES[path])


def test_details_count_as_predictions_and_explanations_do_not(pods):
    pods.candidate(2, shadow=100)
    pods.client.post("/explain", json=BATCH)
    pods.compare()
    assert pods.total("ecg_gateway_predictions_total") == 0
    assert pods.total("ecg_gateway_shadowed_beats_total") == 0
    assert pods.total("ecg_gateway_candidate_seconds_count") == 0, "they take longer, which says nothing of a version"
    assert pods.total("ecg_gateway_requests_total", path="/explain", status="200", version="1") == 1
    pods.client.post("/predict?details=true", json=BATCH)
    pods.compare()
    assert pods.total("ecg_gateway_predictions_total", version="1") == 2
    assert pods.total("ecg_gateway_shadowed_beats_total", version="2") == 2


def test_examples_are_the_models_own_and_not_repeated_in_the_description(client, serving):
    serving.models[1] = FakeModel().described()
    serving.models[1].description["reference"] = {"statistics": {}}
    answer = client.get("/examples")
    assert answer.headers["X-Model-Version"] == "1"
    assert answer.json == {"examples": serving.models[1].description["examples"], "baseline": [0, 0, 0]}
    assert set(client.get("/model").json) & {"examples", "baseline", "reference"} == set()


@pytest.mark.parametrize(
    "description",
    [
        {},
        {"examples": None, "baseline": [0]},
        {"examples": [3, {}, {"features": [1]}, {"features": [1, "2", True]}], "baseline": [0, 0, None]},
    ],
)
def test_a_model_whose_recorded_beats_do_not_fit_has_no_examples(client, serving, description):
    serving.models[1] = FakeModel(description=description)
    assert client.get("/examples").json == {"examples": [], "baseline": None}


def test_examples_of_a_version_are_requested_by_the_version_header(pods):
    pods.serving["c"].models[2] = FakeModel(width=2).described()
    answer = pods.client.get("/examples", headers={"X-Model-Version": "2"})
    assert [len(each["features"]) for each in answer.json["examples"]] == [2, 2]
    missing = pods.client.get("/examples", headers={"X-Model-Version": "3"})
    assert_error(missing, 404, "version_not_found", available=[2, 1])
