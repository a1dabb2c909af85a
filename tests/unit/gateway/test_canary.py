"""A candidate beside the served version: routing, comparison and counts."""

from math import nan

import pytest
from grpc import StatusCode

from gateway.inference.predictor import STALE
from gateway.inference.shadow import LARGEST, WAITING
from tests.support.gateway.gateway_errors import assert_error
from tests.support.serving.fake_serving import FakeModel

BATCH = {"instances": [[0.5, 0, 0], [-9, 0, 0], [9, 0, 0]]}


@pytest.mark.parametrize(("random_number", "answering"), [(0.0, {"2"}), (0.19, {"2"}), (0.2, {"1"}), (0.99, {"1"})])
def test_the_candidate_has_its_share(pods, random_number, answering):
    pods.candidate(2, weight=20)
    pods.random_number.now = random_number
    assert pods.answering() == answering
    model = pods.client.get("/model")
    assert model.headers["X-Model-Version"] == "1", "what is served is described, not the candidate"


def test_a_candidate_without_weight_answers_only_requests_for_its_version(pods):
    pods.candidate(2)
    pods.random_number.now = 0.0
    assert pods.answering(times=30) == {"1"}
    assert pods.answering(version=2) == {"2"}
    assert pods.answering(version=1) == {"1"}


def test_a_client_is_always_answered_by_the_same_version(pods):
    pods.candidate(2, weight=50)
    answering = [pods.answering(times=3, client=f"client-{number}") for number in range(20)]
    assert {len(versions) for versions in answering} == {1}
    assert {"1"} in answering
    assert {"2"} in answering


def test_a_batch_is_one_call_of_one_version(pods):
    pods.candidate(2, weight=50)
    pods.random_number.now = 0.1
    assert pods.ask(content=BATCH, query="?probabilities=true").headers["X-Model-Version"] == "2"
    (call,) = pods.serving["c"].predicts()
    assert [dim.size for dim in call.inputs["features"].tensor_shape.dim] == [3, 3]


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        (StatusCode.UNAVAILABLE, "model_not_ready"),
        (StatusCode.NOT_FOUND, "model_not_ready"),
        (StatusCode.DEADLINE_EXCEEDED, "model_too_slow"),
        (StatusCode.RESOURCE_EXHAUSTED, "model_overloaded"),
        (StatusCode.INVALID_ARGUMENT, "contract_broken"),
        (StatusCode.INTERNAL, "model_failed"),
    ],
)
def test_a_failing_candidate_fails_no_request(pods, code, kind):
    pods.candidate(2, weight=99)
    pods.serving["c"].fail(code, times=100)
    assert pods.answering(times=5) == {"1"}
    assert pods.total("ecg_gateway_errors_total", kind=kind, version="2") == 5
    assert pods.total("ecg_gateway_errors_total") == 5
    assert pods.total("ecg_gateway_requests_total", status="200", version="1") == 5


def test_the_log_has_a_candidates_failures_without_the_values(pods, caplog):
    pods.candidate(2, weight=99)
    pods.serving["c"].fail(StatusCode.INTERNAL, "assertion failed: [0.5]")
    pods.ask()
    pods.serving["c"].models[2] = FakeModel(width=4)
    pods.clock.now += STALE
    pods.ask()
    found = [record.fields for record in caplog.records if record.message == "the candidate failed"]
    assert found == [
        {"model_version": 2, "error": "model_failed", "cause": "INTERNAL"},
        {"model_version": 2, "error": "misfit", "cause": ""},
    ]


@pytest.mark.parametrize("model", [FakeModel(factor=nan), FakeModel(width=4), FakeModel(input_name="x")])
def test_a_candidate_that_breaks_the_contract_fails_no_request(pods, model):
    pods.serving["c"].models[2] = model
    pods.candidate(2, weight=99)
    assert pods.answering() == {"1"}
    assert pods.total("ecg_gateway_errors_total", version="2") == 10


def test_a_candidate_without_a_pod_fails_no_request(pods):
    pods.candidate(2, weight=99)
    assert pods.answering() == {"2"}
    pods.remove("c")
    assert pods.answering() == {"1"}
    assert pods.total("ecg_gateway_errors_total", version="2") > 0


def test_a_candidate_that_is_not_yet_available_is_no_error(pods):
    pods.remove("c")
    pods.candidate(2, weight=99)
    assert pods.answering() == {"1"}
    assert pods.total("ecg_gateway_errors_total") == 0


def test_invalid_beats_do_not_count_as_the_candidates_errors(pods):
    pods.candidate(2, weight=99)
    assert_error(pods.ask(content={"features": [1, None]}), 400, "invalid_request", "null", index=1)
    assert_error(pods.ask(content={"features": [1, 2]}), 400, "invalid_request", "the model takes 3")
    assert not any(serving.predicts() for serving in pods.serving.values())
    assert pods.total("ecg_gateway_errors_total", version="2") == 0
    assert pods.total("ecg_gateway_errors_total", kind="invalid_request", version="") == 2


def test_a_failure_of_the_served_version_is_returned_to_the_caller(pods):
    pods.candidate(2, weight=0)
    for name in ("a", "b"):
        pods.serving[name].fail(StatusCode.INTERNAL, times=10)
    assert_error(pods.ask(), 502, "model_failed")
    assert_error(pods.ask(version=1), 502, "model_failed")
    assert pods.total("ecg_gateway_errors_total", kind="model_failed", version="") == 1
    assert pods.total("ecg_gateway_errors_total", kind="model_failed", version="1") == 1


def test_candidates_answer_if_there_are_no_other_versions(pods):
    for name in ("a", "b"):
        pods.remove(name)
    pods.candidate(2, shadow=100)
    assert pods.answering() == {"2"}
    pods.compare()
    assert pods.total("ecg_gateway_shadowed_beats_total") == 0


def test_candidates_answer_as_soon_as_no_other_version_does(pods):
    pods.candidate(2)
    assert pods.answering() == {"1"}
    for name in ("a", "b"):
        pods.serving[name].stop()
    assert pods.answering() == {"2"}


def test_served_pods_that_are_replaced_are_found_again(pods):
    pods.candidate(2)
    assert pods.answering() == {"1"}
    for name in ("a", "b"):
        pods.remove(name)
    pods.add("d", {1: FakeModel()})
    pods.clock.now += 1
    assert pods.answering() == {"1"}


def test_a_withdrawn_version_does_not_answer_even_if_it_is_the_only_one(pods):
    for name in ("a", "b"):
        pods.remove(name)
    pods.candidate(2, leaving=True)
    assert pods.answering() == {"2"}
    pods.candidate(2, leaving=True, refused=True)
    assert_error(pods.ask(), 503, "model_not_ready", "No model version that may be served is AVAILABLE")
    assert_error(pods.client.get("/ready"), 503, "model_not_ready", "that may be served")
    assert_error(pods.client.get("/model"), 503, "model_not_ready", "that may be served")
    assert pods.answering(version=2) == {"2"}, "who asks for it gets it"


def test_calls_are_timed_only_beside_a_candidate_that_gets_requests(pods):
    pods.answering(times=30)
    pods.candidate(2)
    pods.answering(times=30)
    assert pods.total("ecg_gateway_candidate_seconds_count") == 0
    pods.candidate(2, weight=50)
    pods.random_number.now = 0.4
    pods.answering(times=3)
    pods.random_number.now = 0.6
    pods.answering(times=4)
    assert pods.total("ecg_gateway_candidate_seconds_count", version="2") == 3
    assert pods.total("ecg_gateway_candidate_seconds_count", version="1") == 4


def test_the_candidate_is_compared_beat_by_beat_with_the_returned_answer(pods):
    pods.serving["c"].models[2] = FakeModel(labels=(7, 1))  # agrees on beats of class 1
    pods.candidate(2, shadow=100)
    assert pods.ask(content=BATCH).headers["X-Model-Version"] == "1"
    pods.compare()
    beats = {"name": "ecg_gateway_shadowed_beats_total", "version": "2", "against": "1"}
    assert (pods.total(**beats, agree="true"), pods.total(**beats, agree="false")) == (2, 1)
    assert pods.total("ecg_gateway_predictions_total", version="2") == 0, "no caller got them"
    assert pods.total("ecg_gateway_candidate_seconds_count", version="2") == 1


@pytest.mark.parametrize(("random_number", "asked"), [(0.09, 1), (0.1, 0)])
def test_only_a_share_is_compared(pods, random_number, asked):
    pods.candidate(2, shadow=10)
    pods.random_number.now = random_number
    pods.ask()
    pods.compare()
    assert len(pods.serving["c"].predicts()) == asked


def test_a_failing_shadow_is_counted_and_tried_again(pods):
    pods.candidate(2, shadow=100)
    pods.serving["c"].fail(StatusCode.INTERNAL, times=3)
    assert pods.answering(times=3) == {"1"}
    pods.compare()
    assert pods.answering(times=1) == {"1"}
    pods.compare()
    assert pods.total("ecg_gateway_errors_total", kind="model_failed", version="2") == 3
    assert pods.total("ecg_gateway_shadowed_beats_total", version="2") == 1


def test_a_hanging_shadow_delays_no_request(pods):
    pods.candidate(2, shadow=100)
    with pods.serving["c"].hold():
        assert pods.answering(times=WAITING + 20) == {"1"}
    pods.compare()
    assert len(pods.serving["c"].predicts()) <= WAITING


def test_large_batches_are_not_compared(pods):
    pods.candidate(2, shadow=100)
    most = LARGEST // (3 * 4)
    for beats in (most, most + 1):
        assert pods.ask(content={"instances": [[0, 0, 0]] * beats}).status_code == 200
    pods.compare()
    assert pods.total("ecg_gateway_shadowed_beats_total") == most


def test_when_the_candidate_is_finished_every_pod_takes_its_turn(pods):
    pods.candidate(2)
    assert pods.answering(times=30) == {"1"}
    pods.rollout.candidate = None
    assert pods.answering(times=30) == {"1", "2"}
