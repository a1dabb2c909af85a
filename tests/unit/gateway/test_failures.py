"""What the model server does wrong, as the caller sees it."""

import logging
from dataclasses import replace

import pytest
from grpc import StatusCode

from gateway import errors
from gateway.http.error_responses import STATUS
from gateway.inference.version_router import VersionRouter
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_metrics import total
from tests.support.serving.fake_serving import FakeModel

BEAT = {"features": [0.25, 0, 0]}


@pytest.mark.parametrize(
    ("code", "status", "name"),
    [
        (StatusCode.UNAVAILABLE, 503, "model_not_ready"),
        (StatusCode.NOT_FOUND, 503, "model_not_ready"),
        (StatusCode.CANCELLED, 503, "model_not_ready"),
        (StatusCode.RESOURCE_EXHAUSTED, 503, "model_overloaded"),
        (StatusCode.DEADLINE_EXCEEDED, 504, "model_too_slow"),
        (StatusCode.INVALID_ARGUMENT, 502, "contract_broken"),
        (StatusCode.FAILED_PRECONDITION, 502, "contract_broken"),
        (StatusCode.INTERNAL, 502, "model_failed"),
        (StatusCode.UNIMPLEMENTED, 502, "model_failed"),
    ],
)
def test_each_grpc_code_has_its_status(client, serving, code, status, name):
    client.post("/predict", json=BEAT)
    serving.fail(code, times=10)
    assert_error(client.post("/predict", json=BEAT), status, name)


def test_every_domain_error_has_a_status():
    kinds = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.GatewayError)}
    assert kinds - {errors.GatewayError} == set(STATUS) | {errors.Misfit, errors.NotFinite}


def test_no_model_server_is_a_503(client, serving):
    serving.stop()
    assert_error(client.post("/predict", json=BEAT), 503, "model_not_ready", "No model server answers")
    assert_error(client.get("/ready"), 503, "model_not_ready", "No model server answers")
    assert_error(client.get("/model"), 503, "model_not_ready", "No model server answers")


def test_a_server_that_comes_back_is_used_again(client, serving):
    client.post("/predict", json=BEAT)
    port = int(serving.target.rsplit(":", 1)[1])
    serving.stop()
    assert client.post("/predict", json=BEAT).status_code == 503
    serving.start(port)
    statuses = [503]
    while statuses[-1] == 503 and len(statuses) < 1000:
        statuses.append(client.post("/predict", json=BEAT).status_code)
    assert statuses[-1] == 200


@pytest.mark.parametrize("code", [StatusCode.UNAVAILABLE, StatusCode.CANCELLED])
def test_a_server_that_goes_is_tried_again_within_bounds(client, serving, code):
    client.post("/predict", json=BEAT)
    serving.fail(code, times=2)
    assert client.post("/predict", json=BEAT).status_code == 200
    assert len(serving.predicts()) == 1 + 3


def test_no_other_error_is_retried(client, serving):
    client.post("/predict", json=BEAT)
    serving.fail(StatusCode.INTERNAL)
    assert client.post("/predict", json=BEAT).status_code == 502
    assert len(serving.predicts()) == 1 + 1


def test_a_model_slower_than_the_deadline_is_a_504(settings, serving, another_client):
    hasty = replace(settings, deadline_seconds=0.2, retry_attempts=1)
    with serving.hold():
        answer = another_client(hasty).post("/predict", json=BEAT)
    assert_error(answer, 504, "model_too_slow")


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (StatusCode.INVALID_ARGUMENT, "INVALID_ARGUMENT"),
        (StatusCode.INTERNAL, "INTERNAL"),
        (StatusCode.NOT_FOUND, "NOT_FOUND: assertion failed: [0.25]"),
    ],
)
def test_the_log_quotes_only_details_that_cannot_hold_a_beat(client, serving, caplog, code, cause):
    caplog.set_level(logging.INFO)
    client.post("/predict", json=BEAT)
    serving.fail(code, "assertion failed: [0.25]", times=3)
    assert "0.25" not in client.post("/predict", json=BEAT).text
    assert caplog.records[-1].fields["cause"] == cause


def test_an_answer_beyond_grpcs_usual_limit_is_taken(settings, serving, another_client):
    roomy = replace(settings, max_batch=1100, max_body_bytes=10**6)
    serving.models[1] = FakeModel(labels=tuple(range(1000)))
    answer = another_client(roomy).post("/predict", json={"instances": [BEAT["features"]] * 1100})
    assert answer.text.count("predicted_class") == 1100


class Broken(VersionRouter):
    """Fails as only a programming error does."""

    async def predict(self, beats, *_, **__):
        raise ZeroDivisionError(f"cannot read {beats.beats[0].values}")

    async def predict_each(self, requests):
        return [await self.predict(request.beats) for request in requests]


@pytest.mark.parametrize("path", ["/predict", "/predict?probabilities=true"])
def test_an_unexpected_error_is_a_fixed_message_and_a_log_line(settings, another_client, caplog, path):
    caplog.set_level(logging.INFO)
    client = another_client(settings, Broken)
    answer = client.post(path, json=BEAT, headers={"X-Request-ID": "abc"})
    assert_error(answer, 500, "internal_error", "The gateway failed unexpectedly")
    (record,) = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert (record.fields["type"], record.fields["request_id"]) == ("ZeroDivisionError", "abc")
    assert record.fields["frames"][-1].endswith(" predict")
    assert "0.25" not in str(record.fields) + record.getMessage()
    (line,) = [record for record in caplog.records if record.name == "gateway.requests"]
    assert (line.fields["status"], line.fields["error"]) == (500, "internal_error")
    metrics = client.get("/metrics").text
    assert total(metrics, "ecg_gateway_errors_total", kind="internal_error") == 1
    assert total(metrics, "ecg_gateway_requests_total", path="/predict", status="500") == 1
