"""The gateway as it is deployed: supervisor, workers and signals, before a fake model server."""

import json
import os
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path

import psutil

from gateway.candidate.annotation import Candidate
from gateway.candidate.deployment import read
from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_process import ROOT, asked_all_the_time, running
from tests.support.kubernetes.fake_kubernetes import FakeKubernetes
from tests.support.serving.fake_serving import FakeModel, FakeServing

BEAT = {"features": [0.54321] * 140}


def test_a_worker_is_small_and_costs_little_to_start(serving):
    with running(serving.target, deadline_seconds=30) as gateway:  # a busy machine may need some for 4096 beats
        assert gateway.ask("GET", "/health").json == {"status": "healthy"}
        master = psutil.Process(gateway.process.pid)
        (worker,) = gateway.workers
        # CPU seconds, as the clock on the wall depends on what else runs
        assert sum(sum(process.cpu_times()[:2]) for process in (master, *master.children())) < 2.5
        large = {"instances": [[row / (column + 3) for column in range(140)] for row in range(4096)]}
        for _ in range(100):
            assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        assert worker.memory_info().rss < 100e6
        for _ in range(3):
            assert gateway.ask("POST", "/predict", large).status_code == 200
        assert worker.memory_info().rss < 160e6, "numpy and simdjson are there now"


def test_no_tensorflow_and_no_numpy_are_loaded():
    load = "from gateway.server import Server; from gateway.settings import Settings; Server(Settings()).load(''); "
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
            gateway.wait_for_line("SIGTERM")
        assert answer.result().status_code == 200
        assert gateway.end() == 0


def test_a_kept_connection_ends_with_its_next_answer_when_the_gateway_stops(serving):
    with running(serving.target) as gateway, ExitStack() as stack:
        kept = [stack.enter_context(closing(HTTPConnection("127.0.0.1", gateway.port, timeout=30))) for _ in range(3)]
        assert [ended(connection) for connection in kept] == [(200, None)] * 3
        gateway.process.send_signal(signal.SIGTERM)
        gateway.wait_for_line("Waiting for connections to close")
        assert [ended(connection) for connection in kept] == [(200, "close")] * 3


def ended(connection: HTTPConnection) -> tuple[int, str | None]:
    """The status of one more answer, and its Connection header."""
    connection.request("GET", "/health")
    answer = connection.getresponse()
    answer.read()
    return answer.status, answer.headers["Connection"]


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


def test_every_answer_has_one_date(serving):
    with running(serving.target) as gateway:
        for path in ("/", "/static/page.css", "/model", "/nowhere"):
            assert len(gateway.ask("GET", path).headers.get_all("Date")) == 1, path


def test_a_proxy_of_the_environment_is_not_for_the_model_server(serving, monkeypatch):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with running(serving.target) as gateway:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200


def test_a_body_without_a_length_is_limited_too(serving):
    with running(serving.target, max_body_bytes=5000) as gateway:
        assert gateway.ask("POST", "/predict", chunks=[json.dumps(BEAT).encode()]).status_code == 200
        too_large = gateway.ask("POST", "/predict", chunks=[b" " * 1000] * 6)
        assert_error(too_large, 413, "request_entity_too_large", "5000 bytes", limit=5000)
        assert gateway.ask("POST", "/predict", chunks=b"zz\r\n{}\r\n0\r\n\r\n").status_code == 400


def test_an_invalid_setting_ends_the_start_with_one_sentence():
    env = os.environ | {"ECG_THREADS": "many"}
    result = subprocess.run([sys.executable, "-m", "gateway"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (1, "gateway: ECG_THREADS='many': expected a whole number\n")


@contextmanager
def fake_process(port: int = 0, version: int = 1) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "tests.support.serving.fake_serving", str(port), str(version)]
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


def test_metrics_are_the_sum_over_workers_even_over_those_that_ended(serving):
    requests = {"name": "ecg_gateway_requests_total", "path": "/predict", "status": "200", "version": "1"}
    with running(serving.target, workers=2) as gateway:
        for _ in range(40):
            gateway.ask("POST", "/predict", BEAT)
        assert [gateway.total(**requests) for _ in range(10)] == [40] * 10
        workers = gateway.workers
        folders = {
            Path(file.path).parent for worker in workers for file in worker.memory_maps() if "metrics" in file.path
        }
        assert len(folders) == 1
        for worker in workers:
            worker.kill()
            worker.wait()
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        assert gateway.total(**requests) == 41
    assert not any(folder.exists() for folder in folders), "the folder is left behind"


def test_a_candidate_has_exactly_the_clients_of_its_weight(serving):
    clients = [f"client-{number}" for number in range(200)]
    other = FakeServing()
    other.models = {2: FakeModel(width=140)}
    other.start()
    with FakeKubernetes() as api:
        api.candidate = {"version": 2, "served": 1, "weight": 20, "shadow": 0}
        target = f"ipv4:{serving.target},{other.target}"
        with running(target, workers=2, rollout_url=api.url) as gateway:
            answers = [gateway.ask("POST", "/predict", BEAT, X_Client_ID=client) for client in clients]
            assert {answer.status_code for answer in answers} == {200}
            taken = [Candidate(2, 20).takes(client, 0.0) for client in clients]
            assert [answer.headers["X-Model-Version"] == "2" for answer in answers] == taken
            counted = gateway.total("ecg_gateway_requests_total", path="/predict", version="2")
            assert counted == sum(taken)
            assert gateway.total("ecg_gateway_candidate_seconds_count") == 200
            assert 20 < counted < 60
    other.stop()


def test_a_killed_candidate_under_load_fails_no_request(serving):
    with fake_process(version=2) as (victim, port), FakeKubernetes() as api:
        api.candidate = {"version": 2, "served": 1, "weight": 50, "shadow": 20}
        target = f"ipv4:{serving.target},127.0.0.1:{port}"
        with running(target, workers=2, rollout_url=api.url) as gateway:
            with asked_all_the_time(gateway, [BEAT]) as load:
                load.wait_for(200, version=2)
                victim.kill()
                victim.wait()
                load.wait_for(200, version=1, times=100)
                with fake_process(port, version=2):
                    load.wait_for(200, version=2)
                    api.candidate |= {"weight": 0}
                    load.wait_for(200, version=1, times=100)
            assert load.statuses.keys() == {200}
            assert gateway.total("ecg_gateway_errors_total", version="2") > 0
            assert gateway.total("ecg_gateway_errors_total", version="1") == 0
            assert gateway.total("ecg_gateway_shadowed_beats_total", version="2", against="1", agree="true") > 0


def test_the_kubernetes_api_is_asked_as_a_pod_does(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "ca.crt"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=api"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    (tmp_path / "token").write_text("first\n")
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    with FakeKubernetes(tls) as api:
        api.candidate = {"version": 2, "served": 1, "weight": 20, "shadow": 10}
        assert read(api.url, tmp_path) == Candidate(2, 20, 10)
        (tmp_path / "token").write_text("second\n")
        read(api.url, tmp_path)
    assert [headers["Authorization"] for headers in api.requests] == ["Bearer first", "Bearer second"]
