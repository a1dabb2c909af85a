"""A gateway process with two model server processes, one of which is paused or killed under load."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.model_server.failover import SLOW_SECONDS
from gateway.settings import Settings
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_process import ROOT, Gateway, Load, asked_all_the_time, running

BEAT = {"features": [50] + [0] * 139}  # so far from zero that its probability is the factor of the model server
FACTORS = (0.6, 0.9)
OUT, IN = "is ejected", "is readmitted"  # texts of the log


class Servers:
    """Two model servers; an answer's probability identifies its server."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.processes: list[subprocess.Popen[str]] = []
        self.ports = [self._start(factor) for factor in FACTORS]

    def _start(self, factor: float, port: int = 0) -> int:
        command = [sys.executable, "-m", "tests.support.serving.fake_serving", str(port), "1", "127.0.0.1", str(factor)]
        process = self._stack.enter_context(subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True))
        self._stack.callback(process.kill)
        self.processes.append(process)
        assert process.stdout
        return int(process.stdout.readline())

    @property
    def target(self) -> str:
        return "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in self.ports)

    def signal(self, signal_: signal.Signals) -> None:
        """Send a signal to the first."""
        self.processes[0].send_signal(signal_)

    def restart(self) -> None:
        """Start the first again, at its port."""
        self._start(FACTORS[0], self.ports[0])


@pytest.fixture
def servers() -> Iterator[Servers]:
    with ExitStack() as stack:
        yield Servers(stack)


def answering(answers: list[Any]) -> set[float]:
    """Which model servers have answered."""
    return {round(answer.json["probability"], 2) for answer in answers}


def wait_for_both(load: Load) -> None:
    """Wait until both model servers answer, from now on."""
    seen = len(load.answers)
    while answering(load.answers[seen:]) != set(FACTORS):
        load.wait_for(200)


def milliseconds(gateway: Gateway, after: int = 0) -> list[float]:
    """How long each answer took, by the log from its line `after`."""
    lines = [json.loads(line) for line in gateway.lines[after:]]
    return [line["milliseconds"] for line in lines if line.get("path") == "/predict"]


def test_a_paused_model_server_fails_no_request_and_gets_none_until_it_resumes(servers):
    with running(servers.target) as gateway:
        with asked_all_the_time(gateway, [BEAT], pause=0.01) as load:
            wait_for_both(load)
            servers.signal(signal.SIGSTOP)
            gateway.wait_for_line(OUT)
            out, stopped = len(gateway.lines), len(load.answers)
            load.wait_for(200, times=300)
            meanwhile, slowest = milliseconds(gateway, out), max(milliseconds(gateway))
            assert answering(load.answers[stopped + 10 :]) == {FACTORS[1]}  # some were on their way
            servers.signal(signal.SIGCONT)
            gateway.wait_for_line(IN)
            wait_for_both(load)
        assert load.statuses.keys() == {200}
    assert slowest < Settings().deadline_seconds * 1000, "an answer came only because of the deadline"
    # each call that was tried at the stopped one first would take as long as that; a busy machine may be late at times
    assert sum(each < SLOW_SECONDS * 1000 for each in meanwhile) > 0.9 * len(meanwhile)


@pytest.mark.parametrize("path", ["/predict?details=true", "/explain"])
def test_requests_that_flask_answers_fail_as_little(servers, path):
    with running(servers.target) as gateway, ThreadPoolExecutor(8) as clients:
        ask = lambda _: gateway.ask("POST", path, BEAT).status_code  # noqa: E731
        assert set(clients.map(ask, range(20))) == {200}
        servers.signal(signal.SIGSTOP)
        assert set(clients.map(ask, range(200))) == {200}
        servers.signal(signal.SIGCONT)


def test_a_killed_model_server_fails_no_request_of_thousands(servers):
    with running(servers.target, workers=2) as gateway:
        with asked_all_the_time(gateway, [BEAT], clients=8) as load:
            wait_for_both(load)
            load.wait_for(200, times=1500)
            servers.signal(signal.SIGKILL)
            load.wait_for(200, times=1500)
            servers.restart()
            wait_for_both(load)
        assert load.statuses.keys() == {200}


def test_requests_cut_off_by_a_shutdown_are_retried(servers):
    with running(servers.target, deadline_seconds=600, graceful_seconds=1) as gateway, ThreadPoolExecutor(8) as clients:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        for process in servers.processes:
            process.send_signal(signal.SIGSTOP)
        asking = [
            clients.submit(gateway.ask, "POST", path, BEAT) for path in ("/predict", "/explain") for _ in range(4)
        ]
        gateway.wait_for_line(OUT)  # so all of them have come
        assert gateway.end() == 0
        for each in asking:
            assert_error(each.result(), 503, "model_not_ready", "stopping")
        assert not any("never retrieved" in line or "Traceback" in line for line in gateway.lines)


def test_a_gateway_lives_and_ends_while_all_its_model_servers_hang(servers):
    with running(servers.target, deadline_seconds=3) as gateway, ThreadPoolExecutor(8) as clients:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        for process in servers.processes:
            process.send_signal(signal.SIGSTOP)
        asking = [
            clients.submit(gateway.ask, "POST", path, BEAT)
            for path in ("/predict", "/explain", "/predict?details=true")
            for _ in range(2)
        ]
        assert gateway.ask("GET", "/ready").status_code == 504
        assert gateway.ask("GET", "/health").status_code == 200
        assert gateway.end() == 0
        assert {each.result().status_code for each in asking} == {504}
        assert not any("never retrieved" in line or "Traceback" in line for line in gateway.lines)
