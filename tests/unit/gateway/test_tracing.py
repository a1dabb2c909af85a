"""Traces: the spans of a request, exported to a real OTLP receiver, and the variables that switch them on."""

import asyncio
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import grpc
import pytest

from gateway import composition
from gateway.settings import SettingsError
from gateway.telemetry.tracing import export_protocol, start_tracing
from tests.support.gateway.gateway_client import Client, living
from tests.support.gateway.gateway_errors import assert_error
from tests.support.otlp_receiver import OtlpReceiver, receiving
from tests.support.serving.fake_serving import FakeModel
from tests.unit.gateway.equal_requests import BEAT, EQUAL_REQUESTS, predict

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
SAMPLED, UNSAMPLED = f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00"
REQUEST, BATCH, CALL = "POST /predict", "batch", "tensorflow.serving.PredictionService/Predict"
ENDPOINT = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://collector:4318"}


@pytest.fixture
def receiver() -> Iterator[OtlpReceiver]:
    yield from receiving()


@pytest.fixture
def traced(settings, loop, receiver, monkeypatch) -> Callable[..., AbstractContextManager[Client]]:
    """A traced application; all its spans have come when the block has ended."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", receiver.http)

    @contextmanager
    def running(**changed: object) -> Iterator[Client]:
        application = composition.application(replace(settings, **changed), "", "http/protobuf")
        with living(application, loop) as client:
            yield client

    return running


def parent_of(header: str) -> str:
    match = re.fullmatch(rf"00-{TRACE}-([0-9a-f]{{16}})-0[01]", header)
    assert match, header
    return match[1]


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
def test_a_request_and_its_call_are_in_the_callers_trace(traced, receiver, serving, way):
    with traced() as client:
        predict(client, BEAT, headers={"traceparent": SAMPLED, "tracestate": "one=1"}, **EQUAL_REQUESTS[way])
    request, call = receiver.one(REQUEST), receiver.named(CALL)[-1]
    assert (request.trace, request.parent, request.kind) == (TRACE, SPAN, "SERVER")
    assert request.attributes == {
        "http.request.method": "POST",
        "http.route": "/predict",
        "http.response.status_code": 200,
        "url.scheme": "http",
        "ecg.model.version": "1",
    }
    assert (call.trace, call.parent, call.kind, call.links) == (TRACE, request.id, "CLIENT", set())
    host, port = serving.target.split(":")
    assert call.attributes == {
        "rpc.system": "grpc",
        "rpc.service": "tensorflow.serving.PredictionService",
        "rpc.method": "Predict",
        "rpc.grpc.status_code": 0,
        "server.address": host,
        "server.port": int(port),
    }
    assert parent_of(serving.metadata[-1]["traceparent"]) == call.id
    assert serving.metadata[-1]["tracestate"] == "one=1"
    assert not any("0.12345" in str(each) for each in receiver.requests)


def test_the_wait_for_a_call_is_a_span_below_the_request(traced, receiver):
    with traced() as client:
        predict(client, BEAT)
    request, wait = receiver.one(REQUEST), receiver.one(BATCH)
    assert (request.parent, wait.parent, wait.trace, wait.kind) == ("", request.id, request.trace, "INTERNAL")
    assert request.message.start_time_unix_nano <= wait.message.start_time_unix_nano
    assert wait.message.end_time_unix_nano <= request.message.end_time_unix_nano


def together(client: Client, *traceparents: str, content: object = BEAT) -> list[int]:
    """Send a request for each of `traceparents` at once; return the statuses."""

    async def ask() -> list[int]:
        headers = [{"traceparent": each} for each in traceparents]
        asked = [client.ask("/predict", "POST", json=content, headers=each) for each in headers]
        return [answer.status_code for answer in await asyncio.gather(*asked)]

    statuses: list[int] = client.loop.run(ask())
    return statuses


def parents(*flags: int) -> list[str]:
    return [f"00-{number:032x}-{SPAN}-{flag:02x}" for number, flag in enumerate(flags, 1)]


def test_requests_that_share_a_call_are_linked(traced, receiver, serving):
    with traced() as client:
        predict(client, BEAT, headers={"traceparent": UNSAMPLED})  # what is known of the model is not asked again
        assert together(client, *parents(1, 0, 1, 1, 0)) == [200] * 5
    alone, shared = receiver.named(CALL)
    requests = {int(span.trace, 16): span for span in receiver.named(REQUEST)}
    assert requests.keys() == {1, 3, 4}, "the caller's flag counts"
    assert (alone.parent, alone.links) == (requests[1].id, set())
    assert (shared.parent, shared.trace, shared.links) == (requests[3].id, requests[3].trace, {requests[4].id})
    assert (requests[4].links, requests[3].links) == ({shared.id}, set())
    assert [span.parent for span in receiver.named(BATCH)] == [requests[number].id for number in (1, 3, 4)]
    assert serving.metadata[-1]["traceparent"] == f"00-{shared.trace}-{shared.id}-01"


def test_each_part_of_a_batch_that_fails_is_the_call_of_its_own_requests(traced, receiver, serving):
    with traced() as client:
        predict(client, BEAT, headers={"traceparent": UNSAMPLED})
        serving.fail(grpc.StatusCode.INTERNAL, times=2)
        assert sorted(together(client, *parents(1, 1, 1))) == [200, 200, 502]
    failed, both, *halves = receiver.named(CALL)
    requests = {int(span.trace, 16): span for span in receiver.named(REQUEST)}
    assert (failed.failed, failed.attributes["rpc.grpc.status_code"], failed.parent) == (True, 13, requests[1].id)
    assert (both.failed, both.links) == (True, {requests[3].id})
    assert [(half.parent, half.links, half.failed) for half in halves] == [
        (requests[number].id, set(), False) for number in (2, 3)
    ]
    assert (requests[1].failed, requests[1].attributes["error.type"]) == (True, "model_failed")


def test_an_unsampled_request_exports_nothing_and_passes_its_context_on(traced, receiver, serving):
    with traced() as client:
        predict(client, BEAT, headers={"traceparent": UNSAMPLED, "tracestate": "one=1"})
    assert not receiver.spans
    assert serving.metadata[-1]["traceparent"].startswith(f"00-{TRACE}-")
    assert serving.metadata[-1]["traceparent"].endswith("-00")
    assert serving.metadata[-1]["tracestate"] == "one=1"


def test_the_sampler_of_the_environment_decides_where_no_caller_does(traced, receiver, serving, monkeypatch):
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "parentbased_always_off")
    with traced() as client:
        predict(client, BEAT)
        predict(client, BEAT, headers={"traceparent": SAMPLED})
    assert {span.trace for span in receiver.spans} == {TRACE}


@pytest.mark.parametrize("given", ["", "00-0-0-01", f"00-{'0' * 32}-{SPAN}-01", f"{SAMPLED}-01", "é" * 40])
def test_a_malformed_traceparent_is_ignored(traced, receiver, given):
    with traced() as client:
        assert predict(client, BEAT, headers={"traceparent": given, "tracestate": "=,=é"}).status_code == 200
    request = receiver.one(REQUEST)
    assert (request.parent, request.trace != TRACE) == ("", True)


def test_a_tracestate_that_no_call_has_room_for_is_left_out(traced, serving):
    long = ",".join(f"vendor{number}={'x' * 250}" for number in range(32))
    with traced() as client:
        assert predict(client, BEAT, headers={"traceparent": SAMPLED, "tracestate": long}).status_code == 200
    parent_of(serving.metadata[-1]["traceparent"])
    assert "tracestate" not in serving.metadata[-1]


def test_errors_have_their_code_and_those_of_callers_are_no_failures(traced, receiver):
    with traced() as client:
        assert predict(client, {"features": [0.98765, None]}).status_code == 400
        assert client.open("/A-Name", "BREW").status_code == 404
        assert client.open("/predict", "DELETE").status_code == 405
    wrong, unknown, method = receiver.named(REQUEST) + receiver.named("HTTP") + receiver.named("DELETE /predict")
    assert (wrong.attributes["error.type"], wrong.failed) == ("invalid_request", False)
    assert unknown.attributes["http.request.method"] == "_OTHER"
    assert "http.route" not in unknown.attributes
    assert method.attributes["error.type"] == "method_not_allowed"
    exported = str(receiver.requests)
    assert not any(text in exported for text in ("98765", "A-Name", "BREW"))


def test_a_request_that_times_out_in_the_queue_ends_its_span(traced, receiver, serving):
    with traced(max_waiting_seconds=0.001, deadline_seconds=30) as client:
        predict(client, BEAT)

        async def ask() -> None:
            first = asyncio.create_task(client.ask("/predict", "POST", json=BEAT))
            await asyncio.get_running_loop().run_in_executor(None, serving.wait_for_held)
            second = await client.ask("/predict", "POST", json=BEAT)
            assert_error(second, 503, "model_overloaded")
            release.set()
            await first

        release = asyncio.Event()

        async def run() -> None:
            asking = asyncio.create_task(ask())
            with serving.hold():
                await release.wait()
            await asking

        client.loop.run(run())
    failed = receiver.named(REQUEST)[-1]
    assert failed.attributes["error.type"] == "model_overloaded"
    assert receiver.named(BATCH)[-1].parent == failed.id


def test_a_retry_is_a_span_of_its_own(traced, receiver, serving):
    with traced() as client:
        predict(client, BEAT, headers={"traceparent": UNSAMPLED})
        serving.fail(grpc.StatusCode.UNAVAILABLE)
        assert predict(client, BEAT).status_code == 200
    request = receiver.one(REQUEST)
    calls = receiver.named(CALL)
    assert [(call.attributes["rpc.grpc.status_code"], call.parent) for call in calls] == [
        (14, request.id),
        (0, request.id),
    ]


def test_probes_and_the_discovery_have_no_spans(traced, receiver):
    with traced() as client:
        for path in ("/health", "/ready", "/metrics", "/v2/health/ready"):
            assert client.get(path, headers={"traceparent": SAMPLED}).status_code == 200
    assert not receiver.spans


def test_the_span_names_the_version_that_answered(traced, receiver, serving):
    serving.models[7] = FakeModel()
    with traced() as client:
        assert client.get("/model", headers={"X-Model-Version": "7"}).status_code == 200
    assert receiver.one("GET /model").attributes["ecg.model.version"] == "7"


def test_the_service_name_is_read_from_the_environment(traced, receiver, monkeypatch):
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "service.name=mine,deployment.environment.name=test")
    with traced() as client:
        predict(client, BEAT)
    assert receiver.named(REQUEST, service="mine")
    assert "deployment.environment.name" in str(receiver.requests[0].resource_spans[0].resource)


@pytest.mark.parametrize(
    ("env", "protocol"),
    [
        ({}, None),
        ({"OTEL_SERVICE_NAME": "mine", "OTEL_TRACES_SAMPLER": "always_on"}, None),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, None),
        (ENDPOINT, "http/protobuf"),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "https://collector/v1/traces"}, "http/protobuf"),
        (ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc"),
        (
            ENDPOINT | {"OTEL_EXPORTER_OTLP_PROTOCOL": "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/protobuf"},
            "http/protobuf",
        ),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, "grpc"),
        (ENDPOINT | {"OTEL_SDK_DISABLED": "True", "OTEL_EXPORTER_OTLP_PROTOCOL": "wrong"}, None),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "none"}, None),
        (ENDPOINT | {"OTEL_TRACES_EXPORTER": "otlp", "OTEL_TRACES_SAMPLER": "Always_Off"}, "http/protobuf"),
        (ENDPOINT | {"OTEL_TRACES_SAMPLER": "traceidratio", "OTEL_TRACES_SAMPLER_ARG": "0.1"}, "http/protobuf"),
    ],
)
def test_an_endpoint_switches_tracing_on(env, protocol):
    assert export_protocol(env) == protocol


RATIO = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio"}


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        ({"OTEL_EXPORTER_OTLP_PROTOCOL": "http/json"}, "OTEL_EXPORTER_OTLP_PROTOCOL='http/json': expected http/proto"),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4318"}, "OTEL_EXPORTER_OTLP_ENDPOINT='collector:4318': expected a"),
        ({"OTEL_TRACES_EXPORTER": "console"}, "OTEL_TRACES_EXPORTER='console': expected otlp or none"),
        ({"OTEL_TRACES_SAMPLER": "some"}, "OTEL_TRACES_SAMPLER='some': expected always_on or"),
        (RATIO | {"OTEL_TRACES_SAMPLER_ARG": "10%"}, "OTEL_TRACES_SAMPLER_ARG='10%': expected the share of traces"),
        (RATIO | {"OTEL_TRACES_SAMPLER_ARG": "2"}, "OTEL_TRACES_SAMPLER_ARG='2': expected the share of traces"),
        ({"OTEL_EXPORTER_OTLP_TIMEOUT": "soon"}, "OTEL_EXPORTER_OTLP_TIMEOUT='soon': expected a number above 0"),
        ({"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, "OTEL_BSP_MAX_QUEUE_SIZE='0': expected a number above 0"),
    ],
)
def test_an_invalid_variable_is_one_sentence(env, sentence):
    with pytest.raises(SettingsError, match=re.escape(sentence)):
        export_protocol(ENDPOINT | env)


def test_an_invalid_variable_of_opentelemetry_is_one_sentence_too(monkeypatch):
    monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1")
    with pytest.raises(SettingsError, match=r"OpenTelemetry cannot use the OTEL_ variables: .*max_queue_size"):
        start_tracing("http/protobuf")
