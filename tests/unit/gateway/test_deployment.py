"""The candidate as the Kubernetes API returns it."""

import asyncio
import logging
from functools import partial

import pytest

from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import Rollout, read
from gateway.telemetry.metrics import Metrics
from tests.support.gateway.gateway_metrics import total
from tests.support.kubernetes.fake_kubernetes import FakeKubernetes

TWO = {"version": 2, "served": 1, "weight": 20, "shadow": 10, "started": "2026-11-24T13:00:00+00:00"}


@pytest.fixture
def api():
    with FakeKubernetes() as fake:
        yield fake


@pytest.fixture
def rollout(api):
    return Rollout(partial(read, api.url))


def test_the_candidate_is_followed(api, rollout):
    found = []
    for api.candidate in (None, TWO, None):
        asyncio.run(rollout.refresh())
        found.append(rollout.candidate)
    assert found == [None, Candidate(2, 20, 10), None]


def test_rounds_with_a_candidate_and_without_an_answer_are_counted(api):
    metrics = Metrics()
    rollout = Rollout(partial(read, api.url), metrics)
    api.candidate = TWO
    asyncio.run(rollout.refresh())
    api.candidate, api.template = {"version": 2, "weight": 0}, 1
    asyncio.run(rollout.refresh())  # a leaving version is no candidate
    api.status = 403
    asyncio.run(rollout.refresh())
    text = metrics.text().decode()
    assert total(text, "ecg_gateway_candidate_rounds_total", version="2") == 1
    assert total(text, "ecg_gateway_errors_total", kind="candidate_unreadable", version="") == 1


def test_no_token_is_sent_in_the_clear(api, rollout):
    asyncio.run(rollout.refresh())
    (headers,) = api.requests
    assert "Authorization" not in headers


@pytest.mark.parametrize(
    ("status", "content", "cause"),
    [
        (403, b'{"kind": "Status"}', "ValueError: the answer is 403 Forbidden"),
        (404, b'{"kind": "Status"}', "ValueError: the answer is 404 Not Found"),
        (200, b"<html>", "JSONDecodeError: Expecting value"),
        (200, b'{"metadata": {"annotations": {"rollout.ecg/candidate": "2"}}}', "is not a JSON object"),
    ],
)
def test_an_unreadable_deployment_changes_nothing_and_is_logged_once(api, rollout, caplog, status, content, cause):
    api.candidate = TWO
    asyncio.run(rollout.refresh())
    caplog.set_level(logging.WARNING)
    api.status, api.content = status, content
    for _ in range(3):
        asyncio.run(rollout.refresh())
    assert rollout.candidate == Candidate(2, 20, 10)
    (record,) = caplog.records
    assert cause in record.fields["cause"]


def test_an_api_that_does_not_answer_is_a_warning(caplog):
    asyncio.run(Rollout(partial(read, "http://127.0.0.1:1/x")).refresh())
    assert "ConnectionRefusedError" in caplog.records[-1].fields["cause"]


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "http://127.0.0.1:port/x", "https://127.0.0.1:1/x"])
def test_an_invalid_address_is_a_warning(caplog, url):
    rollout = Rollout(partial(read, url))
    asyncio.run(rollout.refresh())
    assert rollout.candidate is None
    assert [record.message for record in caplog.records] == ["the candidate cannot be read"]


def test_polling_continues_after_every_failure_until_shutdown(caplog):
    async def two_rounds() -> None:
        loop, rounds, came = asyncio.get_running_loop(), iter((lambda: 1 // 0, lambda: Candidate(2))), asyncio.Event()

        def ask() -> Candidate | None:
            answer = next(rounds, lambda: loop.call_soon_threadsafe(came.set))()
            return answer if isinstance(answer, Candidate) else None

        rollout = Rollout(ask)
        asking = asyncio.create_task(rollout.run())
        await asyncio.wait_for(came.wait(), timeout=30)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking

    asyncio.run(two_rounds())
    assert "reading the candidate failed" in caplog.text
