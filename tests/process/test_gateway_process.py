"""The gateway as it is deployed: gunicorn, workers and signals, before a fake model server."""

import http.client
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from functools import cached_property
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psutil
import pytest

from tests.fake_serving import FakeModel, FakeServing
from tests.gateway_errors import assert_error

ROOT = Path(__file__).parents[2]
BEAT = {"features": [0.54321] * 140}


class Gateway:
    """A running gateway: its process, its port and the lines that it logged."""

    def __init__(self, target: str, **settings: object) -> None:
        env = {"ECG_LISTEN": "127.0.0.1:0", "ECG_SERVING_TARGET": target, "ECG_WORKERS": "1"}
        env |= {f"ECG_{name.upper()}": str(value) for name, value in settings.items()}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "gateway"], cwd=ROOT, env=os.environ | env, stderr=subprocess.PIPE, text=True
        )
        self.lines: list[str] = []
        self._came = threading.Condition()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @cached_property
    def port(self) -> int:
        return int(self.wait_for_line("Listening at").split("127.0.0.1:")[1].split()[0])

    def wait_for_line(self, words: str) -> str:
        def found() -> str | None:
            return next((line for line in self.lines if words in line), None)

        with self._came:
            assert self._came.wait_for(found, timeout=30), self.lines
        return found() or ""

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._came:
                    self.lines.append(line)
                    self._came.notify_all()

    def ask(self, method: str, path: str, content: object = None, chunks: Any = None) -> Any:
        """One request on a connection of its own; the answer has what assert_error looks at. Bytes are sent as is."""
        with closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)) as connection:
            headers = {"Content-Type": "application/json"} | ({"Transfer-Encoding": "chunked"} if chunks else {})
            encode = not isinstance(chunks, bytes)
            connection.request(method, path, chunks or json.dumps(content), headers, encode_chunked=encode)
            response = connection.getresponse()
            return SimpleNamespace(
                status_code=response.status, headers=response.headers, json=json.loads(response.read())
            )

    def end(self) -> int:
        """Stop as an orchestrator does; give the exit code."""
        self.process.send_signal(signal.SIGTERM)
        self._reader.join()
        return self.process.wait(timeout=30)


@contextmanager
def running(target: str, **settings: object) -> Iterator[Gateway]:
    gateway = Gateway(target, **settings)
    try:
        yield gateway
    finally:
        gateway.end()


@pytest.fixture
def serving() -> Iterator[FakeServing]:
    fake = FakeServing(FakeModel(width=140))
    fake.start()
    yield fake
    fake.stop()


def test_a_worker_is_small_and_costs_little_to_start(serving):
    with running(serving.target) as gateway:
        assert gateway.ask("GET", "/health").json == {"status": "healthy"}
        master = psutil.Process(gateway.process.pid)
        (worker,) = master.children()
        # CPU seconds, as the clock on the wall depends on what else runs
        assert sum(sum(process.cpu_times()[:2]) for process in (master, worker)) < 1.5
        for content in (BEAT, {"instances": [BEAT["features"]] * 256}):
            assert gateway.ask("POST", "/predict", content).status_code == 200
        assert worker.memory_info().rss < 100e6


def test_no_tensorflow_and_no_numpy_are_loaded():
    load = "from gateway.server import Server; from gateway.settings import Settings; Server(Settings()).load(); "
    tell = "import sys; print([name for name in sys.modules if name.startswith(('tensorflow', 'numpy', 'keras'))])"
    result = subprocess.run([sys.executable, "-c", load + tell], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_sigterm_finishes_the_request_in_flight(serving):
    with running(serving.target) as gateway, ThreadPoolExecutor() as pool:
        gateway.ask("POST", "/predict", BEAT)
        with serving.hold():
            answer = pool.submit(gateway.ask, "POST", "/predict", BEAT)
            serving.wait_for_held()
            gateway.process.send_signal(signal.SIGTERM)
            gateway.wait_for_line("Handling signal: term")
        assert answer.result().status_code == 200
        assert gateway.end() == 0


def test_every_log_line_is_json_and_none_has_a_value(serving):
    with running(serving.target, log_level="debug") as gateway:
        gateway.ask("POST", "/predict", BEAT)
        gateway.ask("POST", "/predict", {"features": [0.54321, None]})
        gateway.end()
        lines = [json.loads(line) for line in gateway.lines]
    assert [line["status"] for line in lines if line["logger"] == "gateway.requests"] == [200, 400]
    assert not any("54321" in line for line in gateway.lines)


def test_a_body_without_a_length_is_held_to_the_limit(serving):
    with running(serving.target, max_body_bytes=5000) as gateway:
        assert gateway.ask("POST", "/predict", chunks=[json.dumps(BEAT).encode()]).status_code == 200
        too_large = gateway.ask("POST", "/predict", chunks=[b" " * 1000] * 6)
        assert_error(too_large, 413, "request_entity_too_large")
        malformed = gateway.ask("POST", "/predict", chunks=b"zz\r\n{}\r\n0\r\n\r\n")
        assert_error(malformed, 400, "invalid_request", "chunks")


def test_a_setting_that_cannot_be_used_ends_the_start_with_a_sentence():
    env = os.environ | {"ECG_THREADS": "many"}
    result = subprocess.run([sys.executable, "-m", "gateway"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, "gateway: ECG_THREADS='many': expected a whole number\n")


@contextmanager
def fake_process(port: int = 0) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "tests.fake_serving", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, int(process.stdout.readline())
        finally:
            process.kill()


class Load:
    """Clients that ask without a pause and keep every answer."""

    def __init__(self, gateway: Gateway, clients: int = 4) -> None:
        self.answers: list[Any] = []
        self._came = threading.Condition()
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(gateway,)) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def wait_for(self, status: int, times: int = 20) -> None:
        """Block until this status has come that many times from now on."""
        seen = len(self.answers)
        with self._came:
            assert self._came.wait_for(
                lambda: [answer.status_code for answer in self.answers[seen:]].count(status) >= times, timeout=60
            )

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, gateway: Gateway) -> None:
        while not self._over.is_set():
            answer = gateway.ask("POST", "/predict", BEAT)
            with self._came:
                self.answers.append(answer)
                self._came.notify_all()


def test_a_killed_model_server_under_load_gives_only_503s_and_then_recovery():
    with fake_process() as (victim, port), running(f"127.0.0.1:{port}") as gateway:
        with closing_load(gateway) as load:
            load.wait_for(200)
            victim.kill()
            victim.wait()
            load.wait_for(503)
            with fake_process(port):
                load.wait_for(200)
        assert {answer.status_code for answer in load.answers} == {200, 503}
        for answer in load.answers:
            if answer.status_code == 503:
                assert_error(answer, 503, "model_not_ready")


@contextmanager
def closing_load(gateway: Gateway) -> Iterator[Load]:
    load = Load(gateway)
    try:
        yield load
    finally:
        load.end()
