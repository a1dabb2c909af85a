"""The gateway while pods of the model server start and end, and under overload."""

import subprocess
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from math import exp
from typing import Any

import pytest

from tests.support.fake_dns import FakeDns
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_process import ROOT, Load, asked_all_the_time, running

BEAT = {"features": [50] + [0] * 139}  # so far from zero that its probability is the factor of the pod


class Service:
    """Model servers behind one name, each a process with an address of its own, as pods behind a headless Service."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._port = 0  # the same for all
        self._dns = stack.enter_context(FakeDns())
        self._pods: dict[float, subprocess.Popen[str]] = {}

    def add(self, factor: float) -> None:
        """Start a pod whose answers have this factor, to distinguish it from others."""
        host = _host(factor)
        command = [sys.executable, "-m", "tests.support.serving.fake_serving", str(self._port), "1", host, str(factor)]
        pod = self._stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        self._stack.callback(pod.kill)
        assert pod.stdout
        self._port = int(pod.stdout.readline())
        self._pods[factor] = pod
        self._dns.addresses.append(host)

    def kill(self, factor: float) -> None:
        """Kill a pod without a warning; its address is still known."""
        self._pods[factor].kill()
        self._pods[factor].wait()

    def forget(self, factor: float) -> None:
        """Take a pod's address away."""
        self._dns.addresses.remove(_host(factor))

    @property
    def target(self) -> str:
        return self._dns.target(self._port)


def _host(factor: float) -> str:
    return f"127.0.0.{factor * 100:.0f}"


def spread(answers: list[Any]) -> Counter[float]:
    """How many answers came from each pod."""
    return Counter(round(answer.json["probability"], 2) for answer in answers if answer.status_code == 200)


def wait_for_pod(load: Load, factor: float) -> None:
    for _ in range(100):
        seen = len(load.answers)
        load.wait_for(200, times=100)
        if factor in spread(load.answers[seen:]):
            return
    raise AssertionError(spread(load.answers))


def test_pods_come_and_go_under_load_and_no_request_fails():
    with ExitStack() as stack:
        service = Service(stack)
        service.add(0.7)
        service.add(0.8)
        gateway = stack.enter_context(running(service.target, program="tests.support.gateway.named_gateway"))
        with asked_all_the_time(gateway, [BEAT]) as load:
            wait_for_pod(load, 0.7)
            wait_for_pod(load, 0.8)
            service.add(0.9)
            wait_for_pod(load, 0.9)
            load.wait_for(200, times=300)
            among_three = spread(load.answers[-300:])
            service.kill(0.8)
            load.wait_for(200, times=300)
            service.forget(0.8)
            load.wait_for(200, times=300)
        assert load.statuses.keys() == {200}
        assert set(among_three) == {0.7, 0.8, 0.9}
        assert min(among_three.values()) > 300 / 3 / 2
        # a single client's requests are a call each
        among_two = spread([gateway.ask("POST", "/predict", BEAT) for _ in range(200)])
        assert set(among_two) == {0.7, 0.9}
        assert min(among_two.values()) > 200 / 2 * 0.7


def test_simultaneous_requests_are_batched_and_each_gets_its_own_answer(serving):
    firsts = [number / 10 for number in range(-20, 20)]
    contents = [{"features": [first] + [0] * 139} for first in firsts]
    with running(serving.target) as gateway, ThreadPoolExecutor(len(contents)) as clients:
        gateway.ask("POST", "/predict", BEAT)
        before = len(serving.predicts())
        with serving.hold():
            asking = [clients.submit(gateway.ask, "POST", "/predict", content) for content in contents]
            serving.wait_for_held()
            serving.wait_for_held()
        for first, each in zip(firsts, asking, strict=True):
            likely = 1 / (1 + exp(-first))
            assert each.result().json["probability"] == pytest.approx(max(likely, 1 - likely), abs=1e-6)
        assert len(serving.predicts()) - before < len(contents) / 2


def test_overload_is_reported_at_once_and_ends_with_the_load(serving):
    """The deadline is far away, so a request that is answered while the calls hang did not wait for it."""
    settings: dict[str, Any] = {"deadline_seconds": 300, "max_waiting": 4, "max_waiting_seconds": 0.2}
    with running(serving.target, **settings) as gateway:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        # ends after the model server answers again, as some of its clients wait for that
        with ExitStack() as ending, serving.hold():
            load = ending.enter_context(asked_all_the_time(gateway, [BEAT], clients=64, pause=0.02))
            load.wait_for(503, times=500)
            (worker,) = gateway.workers
            used = worker.memory_info().rss
            for _ in range(10):
                assert gateway.ask("GET", "/health").json == {"status": "healthy"}
                load.wait_for(503, times=200)
            assert worker.memory_info().rss < used + 4e6
            assert load.statuses.keys() == {503}
            load.enough.set()
            for answer in load.answers[::50]:
                assert_error(answer, 503, "model_overloaded", "try again in a moment")
        assert load.statuses.keys() == {200, 503}
        assert gateway.total("ecg_gateway_errors_total", kind="model_overloaded") == load.statuses[503]
        # as many as there is room for
        with asked_all_the_time(gateway, [BEAT], clients=settings["max_waiting"]) as later:
            later.wait_for(200, times=200)
        assert later.statuses.keys() == {200}
        asked = len(load.answers) + len(later.answers) + 1
        assert gateway.total("ecg_gateway_requests_total", path="/predict") == asked
