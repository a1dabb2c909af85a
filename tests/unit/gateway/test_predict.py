import json
import struct
from math import exp

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from gateway.model_server.wire.serving_pb2 import DT_FLOAT
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel

over_http = hypothesis_settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
HALF = 1 / (1 + exp(-0.5))  # what the fake model gives for the label 1 when the first value is 0.5


def test_one_beat(client, serving):
    answer = client.post("/predict", json={"features": [0.5, 1, -2]})
    assert (answer.status_code, answer.mimetype) == (200, "application/json")
    assert answer.json == {"predicted_class": 1, "probability": pytest.approx(HALF)}
    assert answer.headers["X-Model-Version"] == "1"

    (request,) = serving.predicts()
    tensor = request.inputs["features"]
    assert (request.model_spec.name, request.model_spec.HasField("version")) == ("ecg", False)
    assert (tensor.dtype, [dim.size for dim in tensor.tensor_shape.dim]) == (DT_FLOAT, [1, 3])
    assert tensor.tensor_content == struct.pack("<3f", 0.5, 1, -2)


def test_named_features_in_any_order(client, serving):
    answer = client.post("/predict", json={"features": {"F3": 3, "F1": 1, "F2": 2}})
    assert answer.status_code == 200
    assert serving.predicts()[0].inputs["features"].tensor_content == struct.pack("<3f", 1, 2, 3)


def test_a_batch_is_one_call_and_keeps_its_order(client, serving):
    answer = client.post("/predict", json={"instances": [[9, 0, 0], [-9, 0, 0], {"F3": 0, "F2": 0, "F1": 9}]})
    assert [row["predicted_class"] for row in answer.json["predictions"]] == [1, 0, 1]
    assert len(serving.predicts()) == 1


@pytest.mark.parametrize("labels", [(-1, 1), (1, 2, 3, 4, 5)])
@pytest.mark.parametrize("packed", [False, True])
def test_probabilities_go_by_the_datas_own_labels(client, serving, labels, packed):
    serving.models[1] = FakeModel(labels=labels, packed=packed)
    answer = client.post("/predict?probabilities=true", json={"instances": [[0.5, 0, 0]]}).json["predictions"][0]
    assert list(answer["probabilities"]) == [str(label) for label in labels]
    assert answer["probabilities"][str(labels[-1])] == pytest.approx(HALF)
    assert sum(answer["probabilities"].values()) == pytest.approx(1)
    assert answer["probabilities"][str(answer["predicted_class"])] == answer["probability"]


def test_the_switch_for_probabilities_takes_two_words(client):
    beat = {"features": [0, 0, 0]}
    assert "probabilities" not in client.post("/predict?probabilities=false", json=beat).json
    answer = client.post("/predict?probabilities=1", json=beat)
    assert_error(answer, 400, "invalid_request", "'true' or 'false'", field="probabilities")


@pytest.mark.parametrize(
    ("content", "saying", "where"),
    [
        ({"features": [1, "2", 3]}, "features[1] is a string, not a number", {"index": 1}),
        ({"instances": [[0, 0, 0], [0, True, 0]]}, "instances[1][1] is a boolean", {"instance": 1, "index": 1}),
        ({"features": {"F1": 1, "F2": None}}, "features['F2'] is null", {"field": "F2"}),
        ({"features": [1, 2]}, "features has 2 values; the model takes 3", {}),
        ({"features": {"F1": 1, "F2": 2}}, "features lacks 'F3'", {"field": "F3"}),
        ({"instances": []}, "at least one beat", {"field": "instances"}),
    ],
)
def test_an_invalid_request_is_rejected_with_the_position_of_the_error(client, serving, content, saying, where):
    assert_error(client.post("/predict", json=content), 400, "invalid_request", saying, **where)
    assert not serving.predicts()


def test_values_are_checked_without_the_model_server(client, serving):
    serving.stop()
    answer = client.post("/predict", data=b'{"features": [1, 1e400]}', content_type="application/json")
    assert_error(answer, 400, "invalid_request", "features[1] is not a finite float32", index=1)


values = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4)
bodies = st.recursive(
    values,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["features", "instances", "F1", "F2", "F3"]), inner, max_size=3)
    ),
    max_leaves=12,
)


@over_http
@given(body=bodies, path=st.sampled_from(["/predict", "/predict?probabilities=true"]))
def test_any_json_is_answered_or_refused(client, path, body):
    answer = client.post(path, data=json.dumps(body), content_type="application/json")
    assert answer.status_code in (200, 400, 413)
    assert answer.status_code == 200 or answer.json["error"]["message"]


@over_http
@given(
    body=st.binary(max_size=40),
    media_type=st.sampled_from(["application/json", "text/csv", "application/json; charset=latin-1", ""]),
)
def test_any_bytes_are_refused(client, media_type, body):
    assert client.post("/predict", data=body, content_type=media_type).status_code in (400, 415)
