"""What must go on while something hangs: the start, probes, other callers, and the threads at the end."""

import asyncio
import threading
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import SimpleNamespace

import pytest
from flask import Flask

from gateway.api.blocking import BlockingRouter
from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import Rollout
from gateway.composition import compose
from gateway.deadline import Deadline
from gateway.errors import ModelTooSlow
from gateway.exchange import LOOP, REQUEST
from gateway.http.flask_bridge import PROBE_THREADS
from gateway.inference.micro_batcher import Request
from gateway.inference.version_router import VersionRouter
from gateway.model_server.discovery import BETWEEN_PROBES, Discovery
from gateway.model_server.endpoint import EJECT_AFTER
from gateway.model_server.failover import SLOW_SECONDS, Failover
from gateway.model_server.retry_budget import RetryBudget
from gateway.payload.beats import Beat, Beats
from gateway.settings import Settings
from gateway.telemetry.metrics import Metrics
from tests.support.gateway.gateway_client import living
from tests.support.gateway.gateway_errors import assert_error
from tests.support.waiting import until

FOREVER = 3600.0  # seconds


class HungNames:
    """A name service that does not answer until the test lets it."""

    def __init__(self) -> None:
        self.asked = 0
        self.may_answer = threading.Event()

    def __call__(self, target: str) -> tuple[str, ...]:
        self.asked += 1
        self.may_answer.wait()
        return (f"ipv4:{target}",)


@pytest.fixture
def names() -> Iterator[HungNames]:
    names = HungNames()
    yield names
    names.may_answer.set()


def test_a_worker_starts_while_the_name_service_hangs(settings, loop, names):
    discovery, rollout, metrics = Discovery(settings, names), Rollout(), Metrics()
    router = VersionRouter(settings, discovery, Failover(discovery, settings, RetryBudget()), rollout, metrics)
    with living(compose(settings, discovery, rollout, router, metrics), loop) as client:
        assert client.get("/health").status_code == 200
        assert_error(client.get("/ready"), 503, "model_not_ready")
        loop.run(discovery.probe())
        assert names.asked == 1, "each look would keep a thread of its own"
        names.may_answer.set()
        assert until(lambda: client.get("/ready").status_code == 200)


def test_a_new_probe_for_a_request_ends_with_its_deadline(settings, loop, names):
    discovery = Discovery(settings, names)
    loop.run(discovery.probe_again(0.01))
    assert not discovery.endpoints
    names.may_answer.set()
    loop.run(discovery.probe())
    assert discovery.available == [1]
    loop.run(discovery.close())


def test_a_new_probe_does_not_wait_for_an_ejected_endpoint(pods):
    hung = pods.discovery.having(2)[0]
    for _ in range(EJECT_AFTER):
        hung.failed()
    with pods.serving["c"].hold(probes=True):
        pods.clock.now += BETWEEN_PROBES
        pods.serving["a"].models = dict(pods.serving["c"].models)
        pods.loop.run(pods.discovery.probe_again())
        assert hung.in_flight == 1
        assert len(pods.discovery.having(2)) == 2


def test_a_gateway_is_alive_while_readiness_waits_for_the_model_server(another_client, settings, serving):
    client = another_client(replace(settings, deadline_seconds=FOREVER))
    with serving.hold(probes=True):
        asking = [
            asyncio.run_coroutine_threadsafe(client.ask(path), client.loop.loop)
            for path in ("/ready", "/v2/health/ready")
            for _ in range(PROBE_THREADS)
        ]
        for path in ("/health", "/metrics", "/v2/health/live"):
            assert client.get(path).status_code == 200
        for each in asking:  # long before the deadline
            assert each.result(30).status_code == 504


def test_a_hanging_candidate_delays_only_its_own_callers(pods):
    pods.candidate(2, weight=50)
    beats = Beats((Beat(array("f", [0.5, 0, 0]), None),), batch=False)
    # the candidate's come first
    clients = sorted((f"client-{number}" for number in range(20)), key=lambda name: not Candidate(2, 50).takes(name, 0))

    async def ask() -> None:
        requests = [Request(beats, Deadline(FOREVER), client) for client in clients]
        await pods.router.predict_each(requests)

    with pods.serving["c"].hold():
        asking = asyncio.run_coroutine_threadsafe(ask(), pods.loop.loop)
        pods.serving["c"].wait_for_held()
        until(lambda: pods.serving["a"].predicts() or pods.serving["b"].predicts())
    asking.result(30)


def test_an_ejected_candidate_gets_little_time(pods):
    pods.candidate(2, weight=100)
    assert pods.answering(1) == {"2"}
    (hung,) = pods.discovery.having(2)
    for _ in range(EJECT_AFTER):
        hung.failed()
    with pods.serving["c"].hold():
        assert pods.answering(1) == {"1"}
    assert pods.serving["c"].seconds_left[-1] <= SLOW_SECONDS + 0.01, "but for rounding on the wire"
    assert pods.total("ecg_gateway_errors_total", kind="model_too_slow", version="2") == 1
    assert pods.answering(1) == {"2"}, "it is asked all the same"


@contextmanager
def a_thread_of_flask(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    request = SimpleNamespace(deadline=Deadline(0))
    with Flask("test").test_request_context(environ_overrides={LOOP: loop, REQUEST: request}):
        yield


def test_a_thread_does_not_wait_for_ever_for_an_event_loop_that_ended(pods):
    loop, caught = asyncio.new_event_loop(), []

    def ask() -> None:
        with a_thread_of_flask(loop), pytest.raises(ModelTooSlow) as raised:
            BlockingRouter(pods.router, Settings()).states()
        caught.append(raised)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(30)
    assert caught
    loop.run_until_complete(asyncio.sleep(0))  # the work was given up, so nothing is asked
    loop.close()
