"""The gateway as it is deployed: gunicorn, workers and signals, before a fake model server."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import psutil
import pytest

from tests.fake_serving import FakeModel, FakeServing
from tests.gateway_errors import assert_error
from tests.gateway_process import ROOT, asked_all_the_time, running

BEAT = {"features": [0.54321] * 140}


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
        large = {"instances": [[row / (column + 3) for column in range(140)] for row in range(4096)]}
        for content in (BEAT, large, large, large):
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


def test_probes_that_find_all_well_are_not_logged(serving):
    with running(serving.target) as gateway:
        for path in ("/health", "/ready", "/model"):
            assert gateway.ask("GET", path).status_code == 200
        serving.models.clear()
        assert gateway.ask("GET", "/ready").status_code == 503
        gateway.end()
        lines = [json.loads(line) for line in gateway.lines]
    assert [(each["path"], each["status"]) for each in lines if "path" in each] == [("/model", 200), ("/ready", 503)]


def test_a_proxy_of_the_environment_is_not_for_the_model_server(serving, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with running(serving.target) as gateway:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200


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


def test_a_killed_model_server_under_load_gives_only_503s_and_then_recovery():
    with fake_process() as (victim, port), running(f"127.0.0.1:{port}") as gateway:
        with asked_all_the_time(gateway, [BEAT]) as load:
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
