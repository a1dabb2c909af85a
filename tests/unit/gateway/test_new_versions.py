"""The gateway follows the served model: other lengths, names and labels, and models of another kind."""

import struct
from math import nan

import pytest

from gateway.inference.predictor import RECENT, STALE
from gateway.model_server.wire.serving_pb2 import GetModelMetadataRequest
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel, FakeServing

THREE = {"features": [0.5, 0, 0]}
FOUR = {"features": [0.5, 0, 0, 0]}


def looks(serving: FakeServing) -> int:
    return sum(isinstance(request, GetModelMetadataRequest) for request in serving.requests)


def test_the_models_metadata_is_read_once_for_many_requests(client, serving):
    for _ in range(3):
        assert client.post("/predict?probabilities=true", json=THREE).status_code == 200
    assert looks(serving) == 1
    (read_request,) = [request for request in serving.requests if request.model_spec.signature_name == "metadata"]
    assert read_request.model_spec.version.value == 1, "labels may be another version's than the signature"


def test_a_new_version_answers_before_its_metadata_is_read(client, serving):
    client.post("/predict", json=THREE)
    serving.models[2] = FakeModel()
    assert client.post("/predict", json=THREE).headers["X-Model-Version"] == "2"
    assert looks(serving) == 1


def test_a_new_version_of_another_length_is_followed(client, serving, clock):
    client.post("/predict", json=THREE)
    serving.models[2] = FakeModel(width=4)
    clock.now += RECENT
    assert client.post("/predict", json=FOUR).headers["X-Model-Version"] == "2"
    assert_error(client.post("/predict", json=THREE), 400, "invalid_request", "3 values; the model takes 4")


def test_a_beat_that_fitted_the_version_before_is_refused_by_its_length(client, serving):
    client.post("/predict", json=THREE)
    serving.models[2] = FakeModel(width=4)
    assert_error(client.post("/predict", json=THREE), 400, "invalid_request", "3 values; the model takes 4")


def test_wrong_lengths_cannot_flood_the_model_server(client, serving, clock):
    client.post("/predict", json=THREE)
    for _ in range(5):
        client.post("/predict", json=FOUR)
    assert looks(serving) == 1
    clock.now += RECENT
    for _ in range(5):
        client.post("/predict", json=FOUR)
    assert looks(serving) == 2


def test_labels_are_those_of_the_version_that_answered(client, serving):
    client.post("/predict", json=THREE)
    serving.models[2] = FakeModel(labels=(-1, 1))
    for _ in range(2):
        answer = client.post("/predict?probabilities=true", json=THREE)
        assert (answer.headers["X-Model-Version"], list(answer.json["probabilities"])) == ("2", ["-1", "1"])
    assert looks(serving) == 2


def test_names_go_into_the_order_of_the_version_that_answered(client, serving):
    named = {"features": {"a": 1, "b": 2}}
    serving.models[1] = FakeModel(width=2, names=("a", "b"))
    client.post("/predict", json=named)
    serving.models[2] = FakeModel(width=2, names=("b", "a"))
    assert client.post("/predict", json=named).headers["X-Model-Version"] == "2"
    last = serving.predicts()[-1]
    assert last.model_spec.version.value == 2
    assert last.inputs["features"].tensor_content == struct.pack("<2f", 2, 1)


def test_the_metadata_of_the_same_version_number_expires(client, serving, clock):
    client.post("/predict?probabilities=true", json=THREE)
    serving.models[1] = FakeModel(labels=(-1, 1))
    clock.now += STALE
    answer = client.post("/predict?probabilities=true", json=THREE)
    assert list(answer.json["probabilities"]) == ["-1", "1"]


def test_a_known_model_outlives_a_failed_read_of_its_metadata(client, serving, clock):
    client.post("/predict", json=THREE)
    serving.models = {}
    clock.now += STALE
    assert_error(client.post("/predict", json=FOUR), 400, "invalid_request", "4 values; the model takes 3")
    assert_error(client.post("/predict", json=THREE), 503, "model_not_ready")


def test_a_model_without_metadata_answers_by_columns(client, serving):
    serving.models[1] = FakeModel(labels=(3, 7), tells=False)
    answer = client.post("/predict?probabilities=true", json=THREE).json
    assert (answer["predicted_class"], list(answer["probabilities"])) == (7, ["0", "1"])
    assert_error(client.post("/predict", json={"features": {"F1": 1}}), 400, "invalid_request", "send a list")
    model = client.get("/model").json
    assert (model["classes"], model["features"]) == (None, {"count": 3, "names": None})


@pytest.mark.parametrize(
    ("model", "code", "saying"),
    [
        (FakeModel(input_name="x"), "contract_broken", "no signature 'serving_default' with the one input 'features'"),
        (FakeModel(width=-1), "contract_broken", "'features' is not float32 (batch, n)"),
        (FakeModel(output_names=("probabilities",)), "contract_broken", "lacks the output 'predicted_class'"),
        (FakeModel(names=("a",)), "contract_broken", "'feature_names' is string (1,)"),
        (FakeModel(description=[]), "contract_broken", "'description' is not a JSON object"),  # type: ignore[arg-type]
        (FakeModel(refuses=True), "contract_broken", "refuses a request that fits"),
        (FakeModel(factor=nan), "model_failed", "not finite"),
    ],
)
def test_a_model_that_breaks_the_contract_is_a_bad_gateway(client, serving, model, code, saying):
    serving.models[1] = model
    assert_error(client.post("/predict", json=THREE), 502, code, saying)


def test_a_version_that_breaks_the_contract_is_replaced_by_a_valid_one(client, serving):
    serving.models[1] = FakeModel(input_name="x")
    client.post("/predict", json=THREE)
    serving.models[2] = FakeModel()
    assert client.post("/predict", json=THREE).headers["X-Model-Version"] == "2"


def test_labels_that_do_not_match_the_columns_are_not_guessed(client, serving):
    client.post("/predict", json=THREE)
    serving.models[1] = FakeModel(labels=(0, 1, 2))  # under the same number, unseen
    answer = client.post("/predict?probabilities=true", json=THREE)
    assert list(answer.json["probabilities"]) == ["0", "1", "2"]
