"""Beats so large that numbers overflow inside the model: refused by name, and no fault of the model."""

from math import inf, nan
from struct import pack

import pytest

from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel

HUGE = 3e38
EQUAL_REQUESTS = ["/predict", "/predict?probabilities=true", "/predict?details=true", "/explain"]
SAYING = "has values beyond 1e+09, with which numbers overflow inside the model"


class Overflowing(FakeModel):
    """Answers with NaN for a beat whose first value is near float32's limit."""

    def probabilities(self, first: float) -> list[float]:
        return [nan, nan] if abs(first) > 1e37 else super().probabilities(first)

    def explanation(self, values: list[float]) -> list[float]:
        return [inf, 0, 0] if abs(values[0]) > 1e37 else super().explanation(values)


class Wrong(FakeModel):
    """Its explanation does not add up where the second value is near float32's limit."""

    wrong = True

    def explanation(self, values: list[float]) -> list[float]:
        return [*super().explanation(values)[:-1], -values[1] / 2 if self.wrong else 0.0]

    def score(self, values: list[float]) -> float:
        return super().explanation(values)[0]


@pytest.fixture
def model(serving) -> FakeModel:
    model = serving.models[1] = Overflowing()
    return model


@pytest.mark.parametrize("path", EQUAL_REQUESTS)
def test_a_beat_that_overflows_is_named_and_refused(client, model, path):
    one = client.post(path, json={"features": [HUGE, 0, 0]})
    assert_error(one, 400, "invalid_request", f"features {SAYING}; send the beat in the unit of the training data")
    batch = client.post(path, json={"instances": [[0.5, 0, 0], [0, 1, 2], [-HUGE, 0, 0]]})
    assert_error(batch, 400, "invalid_request", f"instances[2] {SAYING}", instance=2)
    named = client.post(path, json={"instances": [{"F3": 0, "F2": 0, "F1": HUGE}]})
    assert_error(named, 400, "invalid_request", f"instances[0] {SAYING}", instance=0)
    packed = {"data": pack("<6f", 1, 0, 0, HUGE, 0, 0), "content_type": "application/octet-stream"}
    assert_error(client.post(path, **packed), 400, "invalid_request", f"beats[1] {SAYING}", instance=1)
    assert client.post(path, json={"features": [1e30, HUGE, -HUGE]}).status_code == 200, "what is exact is answered"


def test_other_apis_name_the_overflow_too(client, model):
    tensor = {"name": "features", "shape": [1, 3], "datatype": "FP32", "data": [HUGE, 0, 0]}
    answer = client.post("/v2/models/ecg/infer", json={"inputs": [tensor]})
    assert (answer.status_code, answer.json["error"].startswith(f"features[0] {SAYING}")) == (400, True)
    answer = client.post("/v1/models/ecg:predict", json={"inputs": [[HUGE, 0, 0]]})
    assert (answer.status_code, answer.json["error"].startswith(f"inputs[0] {SAYING}")) == (400, True)


@pytest.mark.parametrize("path", EQUAL_REQUESTS)
def test_a_model_that_fails_for_other_beats_is_a_bad_gateway(client, serving, path):
    serving.models[1] = FakeModel(factor=nan)
    assert_error(client.post(path, json={"features": [0, 1e8, 0]}), 502, "model_failed", "not finite")
    assert_error(client.post(path, json={"instances": [[0, 0, 0], [HUGE, 0, 0]]}), 502, "model_failed", "not finite")


def test_an_explanation_that_does_not_add_up_is_refused(client, serving):
    serving.models[1] = Wrong()
    huge = {"instances": [[0.5, 0, 0], [0.5, HUGE, 0]]}
    assert_error(client.post("/explain", json=huge), 400, "invalid_request", f"instances[1] {SAYING}", instance=1)
    assert client.post("/predict?details=true", json=huge).status_code == 200
    serving.models[1].wrong = False
    assert client.post("/explain", json=huge).status_code == 200


def test_it_is_the_candidates_fault_only_if_the_served_version_can_answer(pods):
    asked = {"features": [HUGE, 0, 0]}
    pods.serving["c"].models[2] = Overflowing()
    pods.candidate(2, weight=99)
    answers = [pods.client.post("/predict?details=true", json=asked) for _ in range(5)]
    assert {(answer.status_code, answer.headers["X-Model-Version"]) for answer in answers} == {(200, "1")}
    assert pods.total("ecg_gateway_errors_total", kind="misfit", version="2") == 5
    for name in ("a", "b"):
        pods.serving[name].models[1] = Overflowing()
    assert pods.client.post("/predict?details=true", json=asked).status_code == 400
    assert pods.total("ecg_gateway_errors_total", version="2") == 5
