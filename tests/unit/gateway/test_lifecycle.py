"""The request lifecycle: every request is named, counted and logged once. Also a worker's start and end."""

import asyncio
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway import composition
from gateway.http.request_body import LARGE, SMALL
from gateway.model_server.wire.serving_pb2 import GetModelStatusRequest
from gateway.settings import Settings
from tests.support.gateway.gateway_client import Client, living
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_metrics import total
from tests.support.kubernetes.fake_kubernetes import FakeKubernetes
from tests.unit.gateway.equal_requests import BEAT, EQUAL_REQUESTS, JSON, predict


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
def test_everything_is_counted_once(client, way):
    contents: list[object] = [BEAT, {"instances": [[0, 0, 0]] * 3}, {"features": []}, BEAT]
    for content in contents:
        predict(client, content, **EQUAL_REQUESTS[way])
    metrics, requests = client.get("/metrics").text, "ecg_gateway_requests_total"
    assert total(metrics, requests, path="/predict", status="200", version="1") == 3
    assert total(metrics, requests, path="/predict", status="400", version="") == 1
    assert total(metrics, requests, path="/predict") == 4
    assert total(metrics, "ecg_gateway_request_seconds_count", path="/predict") == 4
    assert total(metrics, "ecg_gateway_errors_total", kind="invalid_request", version="") == 1
    assert total(metrics, "ecg_gateway_errors_total") == 1
    assert total(metrics, "ecg_gateway_predictions_total", version="1") == 5


@pytest.mark.parametrize("way", EQUAL_REQUESTS)
def test_every_request_is_one_line_without_its_values(client, caplog, way):
    caplog.set_level(logging.INFO)
    predict(client, BEAT, headers={"X-Request-ID": "one"}, **EQUAL_REQUESTS[way])
    predict(client, {"features": {"0.12345": 0.12345}}, headers={"X-Request-ID": "two"}, **EQUAL_REQUESTS[way])
    good, bad = (record.fields for record in caplog.records)
    assert good.pop("milliseconds") > 0
    assert good == {
        "method": "POST",
        "path": "/predict",
        "status": 200,
        "model_version": "1",
        "request_id": "one",
    }
    assert (bad["status"], bad["error"], bad["model_version"]) == (400, "invalid_request", None)
    assert "0.12345" not in caplog.text + str(good | bad)


@pytest.mark.parametrize("given", [None, "", "a b", "x" * 129, "é"])
def test_an_invalid_request_id_is_replaced_on_both_paths(client, given):
    headers = {} if given is None else {"X-Request-ID": given}
    for way in EQUAL_REQUESTS.values():
        assert len(predict(client, BEAT, headers=headers, **way).headers["X-Request-ID"]) == 32


def test_all_other_paths_are_answered_too(client):
    assert client.get("/health").json == {"status": "healthy"}
    assert client.get("/ready").json["versions"] == [1]
    assert client.get("/model").json["name"] == "ecg"
    assert_error(client.get("/predict"), 405, "method_not_allowed")
    assert_error(client.post("/nowhere", data=b"{}", content_type=JSON), 404, "not_found", "/predict")
    assert_error(predict(client, BEAT, content_type="text/plain"), 415, "unsupported_media_type", field="Content-Type")
    assert_error(predict(client, BEAT, content_type=None), 415, "unsupported_media_type", field="Content-Type")


def test_an_answer_to_head_has_the_headers_of_get(client):
    whole, head = client.get("/health"), client.open("/health", "HEAD")
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(whole.data)))


def scope(length: int) -> dict[str, Any]:
    headers = [(b"content-type", JSON.encode()), (b"content-length", b"%d" % length)]
    return {"type": "http", "method": "POST", "path": "/predict", "query_string": b"", "headers": headers}


def test_an_incomplete_body_gets_an_error_and_stops_no_other_request(client):
    async def broken_off() -> Any:
        sent: list[Any] = []
        messages = iter([{"type": "http.request", "body": b'{"features"', "more_body": True}])

        async def receive() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def send(message: Any) -> None:
            sent.append(message)

        await client.application(scope(30), receive, send)
        return sent[0]["status"]

    assert client.loop.run(broken_off()) == 400
    assert predict(client, BEAT).status_code == 200


class Unfinished:
    """Requests whose bodies stop after some bytes, until the clients disconnect."""

    def __init__(self, client: Client, *, came: int) -> None:
        self.statuses: list[int] = []
        self._client = client
        self._came = came
        self._gone = asyncio.Event()
        self._stopped = asyncio.Semaphore(0)
        self._requests: list[asyncio.Task[None]] = []

    async def come(self, number: int) -> None:
        """Have so many come, until all that will come of them has."""
        for _ in range(number):
            self._requests.append(asyncio.create_task(self._ask()))
            await self._stopped.acquire()

    async def _ask(self) -> None:
        messages = iter([{"type": "http.request", "body": b" " * self._came, "more_body": True}])

        async def receive() -> Any:
            if message := next(messages, None):
                return message
            self._stopped.release()
            await self._gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            if "status" in message:
                self.statuses.append(message["status"])

        await self._client.application(scope(SMALL + 1), receive, send)

    async def go(self) -> None:
        self._gone.set()
        await asyncio.gather(*self._requests)


@pytest.fixture
def roomy(settings: Settings, another_client: Callable[..., Client]) -> Client:
    return another_client(replace(settings, max_body_bytes=2 * SMALL, deadline_seconds=0.1))


def test_few_large_bodies_are_accepted_and_small_ones_always(roomy):
    large = json.dumps(BEAT).encode() + b" " * SMALL

    async def crowd() -> list[Any]:
        unfinished = Unfinished(roomy, came=SMALL + 1)
        await unfinished.come(LARGE)
        answers = [await roomy.ask("/predict", "POST", data=body, content_type=JSON) for body in (large, large[:50])]
        await unfinished.go()
        assert unfinished.statuses == [400] * LARGE
        return answers

    refused, small = roomy.loop.run(crowd())
    assert_error(refused, 503, "model_overloaded", "Too many large requests")
    assert small.status_code == 200
    assert predict(roomy, large).status_code == 200, "what broke off has made room"


def test_an_announced_body_takes_no_memory(roomy):
    async def crowd() -> Any:
        unfinished = Unfinished(roomy, came=SMALL)
        await unfinished.come(2 * LARGE)
        answer = await roomy.ask("/predict", "POST", data=json.dumps(BEAT).encode() + b" " * SMALL, content_type=JSON)
        await unfinished.go()
        return answer

    assert roomy.loop.run(crowd()).status_code == 200


def test_a_worker_knows_the_model_servers_and_the_candidate_when_it_has_started(settings, serving, loop):
    with FakeKubernetes() as api:
        api.candidate = {"version": 1, "served": None, "weight": 100}
        application = composition.application(replace(settings, rollout_url=api.url), "")
        with living(application, loop) as client:
            assert [request for request in serving.requests if isinstance(request, GetModelStatusRequest)]
            assert api.requests
            assert predict(client, BEAT).status_code == 200
            metrics = client.get("/metrics").text
            assert total(metrics, "ecg_gateway_candidate_seconds_count", version="1") == 1
