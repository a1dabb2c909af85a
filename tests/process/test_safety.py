"""Keys, limits, headers and logs that protect the service and patients, with the real processes."""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from hashlib import sha256
from http.client import HTTPConnection
from struct import pack
from typing import Any

import psutil
import pytest
from grpc import StatusCode

from tests.support.gateway.gateway_errors import assert_error
from tests.support.gateway.gateway_process import ROOT, Gateway, running
from tests.support.kubernetes.fake_cluster import write_version
from tests.support.serving.fake_serving import FakeModel, FakeServing
from tests.support.waiting import until

VALUE = 0.7193519  # of a beat: no log may have it, in any spelling of as many digits
NAME = "Meier-Anna-1956"  # of a person, wherever one could come in
BEAT = {"features": [VALUE] * 140}
POSTED = ("/predict", "/predict?details=true", "/predict?probabilities=true", "/explain")
BYTES = {"Content_Type": "application/octet-stream"}

# What is said with these is of connections and versions, never of a tensor, and is logged.
OF_CONNECTIONS = (StatusCode.DEADLINE_EXCEEDED, StatusCode.NOT_FOUND, StatusCode.UNAVAILABLE)


def line(name: str, key: str) -> str:
    return f"{name} {sha256(key.encode()).hexdigest()}\n"


def test_keys_change_while_the_gateway_runs(serving, tmp_path):
    file = tmp_path / "keys"
    file.write_text(line("ward", "key-one"))
    with running(serving.target, api_keys_file=file, workers=2) as gateway:

        def lets_in(key: str) -> bool:
            """Ask often enough to meet both workers."""
            answers = [gateway.ask("POST", "/predict", BEAT, X_API_Key=key).status_code for _ in range(10)]
            assert set(answers) <= {200, 401}
            return set(answers) == {200}

        assert_error(gateway.ask("POST", "/predict", BEAT), 401, "unauthorized")
        assert gateway.ask("GET", "/ready").status_code == 200
        assert lets_in("key-one")
        assert not lets_in("key-two")
        file.write_text(line("ward", "key-one") + line("ward", "key-two"))
        until(lambda: lets_in("key-two"))
        file.write_text("broken\n")
        until(lambda: lets_in("key-one") and any("the API key file is invalid" in each for each in gateway.lines))
        assert lets_in("key-two")
        file.write_text(line("ward", "key-two"))
        until(lambda: not lets_in("key-one"))
        assert lets_in("key-two")
        gateway.end()
        assert not re.search("key-one|key-two", "".join(gateway.lines))


def test_a_gateway_does_not_start_with_keys_that_cannot_be_used(tmp_path):
    (tmp_path / "keys").write_text("ward ecg_secret\n")
    env = os.environ | {"ECG_API_KEYS_FILE": str(tmp_path / "keys")}
    result = subprocess.run([sys.executable, "-m", "gateway"], cwd=ROOT, env=env, capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr.startswith(f"gateway: {tmp_path / 'keys'}:1: the second word is not a SHA-256")
    assert "ecg_secret" not in result.stderr


def test_a_generated_key_is_accepted(serving, tmp_path):
    command = [sys.executable, "-m", "gateway", "key", "ward-3"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (tmp_path / "keys").write_text(made.stdout)
    with running(serving.target, api_keys_file=tmp_path / "keys") as gateway:
        header = {"Authorization": f"Bearer {made.stderr.strip()}"}
        assert gateway.ask("GET", "/model", **header).status_code == 200
        gateway.end()
        assert json.loads(gateway.wait_for_line('"/model"'))["key"] == "ward-3"


@pytest.mark.parametrize("arguments", [["key"], ["key", "a/b"], ["serve"]])
def test_a_wrong_command_ends_with_a_sentence(arguments):
    command = [sys.executable, "-m", "gateway", *arguments]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert result.returncode in (1, 2)
    assert result.stderr.startswith(("usage:", "gateway:"))


def test_every_path_keeps_the_limits(serving):
    too_large: dict[str, Any] = {"code": "request_entity_too_large", "saying": "20000 bytes", "limit": 20_000}
    with running(serving.target, max_body_bytes=20_000, max_batch=5, max_explained=2) as gateway:
        for path in POSTED:
            most = 2 if path == "/explain" else 5
            batch = {"instances": [BEAT["features"]] * (most + 1)}
            assert_error(gateway.ask("POST", path, batch), 413, "too_many_beats")
            packed = gateway.ask("POST", path, chunks=[pack("<140f", *BEAT["features"])] * (most + 1), **BYTES)
            assert_error(packed, 413, "too_many_beats")
            large = {"features": [0] * 20_000}
            assert_error(gateway.ask("POST", path, large), 413, **too_large)
            assert_error(gateway.ask("POST", path, chunks=[b" " * 5000] * 5), 413, **too_large)
            fits = {"instances": [BEAT["features"]] * 2}
            assert gateway.ask("POST", path, fits).status_code == 200


@pytest.mark.parametrize("size", [1, 200_000])
def test_slow_bodies_delay_no_other_request(serving, size):
    start = b"POST /predict?details=true HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
    start += b"Content-Type: application/json\r\n\r\n%x\r\n" % size + b" " * size
    with running(serving.target, threads=1) as gateway, ExitStack() as stack:
        for _ in range(10):
            slow = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            slow.sendall(start)
        assert gateway.ask("GET", "/ready").status_code == 200
        assert gateway.ask("POST", "/predict?details=true", BEAT).status_code == 200


def test_every_path_has_the_headers_that_keep_browsers_safe(serving):
    with running(serving.target) as gateway:
        paths = re.findall(r'"(/[^"{]*)": ?\{', json.dumps(gateway.ask("GET", "/openapi.json").json["paths"]))
        assert {"/predict", "/explain", "/examples", "/model"} <= set(paths)
        for path in [*paths, "/nowhere"]:
            for method in ("GET", "POST", "HEAD", "OPTIONS", "DELETE"):
                headers = _ask(gateway, method, path)
                assert headers["X-Content-Type-Options"] == "nosniff"
                assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
                assert headers["Referrer-Policy"] == "no-referrer"
                assert len(headers["X-Request-ID"]) == 32
                assert headers["Server"] is None
                if path not in ("/", "/docs"):
                    assert headers["Cache-Control"] == "no-store"


def _ask(gateway: Gateway, method: str, path: str) -> Any:

    connection = HTTPConnection("127.0.0.1", gateway.port, timeout=30)
    connection.request(method, path)
    headers = connection.getresponse().headers
    connection.close()
    return headers


@pytest.fixture
def named() -> Iterator[FakeServing]:
    """A model server that quotes its input in every error."""
    names = tuple(f"{NAME}-{number}" for number in range(140))
    fake = FakeServing(FakeModel(width=140, names=names).described())
    fake.start()
    yield fake
    fake.stop()


def wrong_bodies() -> Iterator[tuple[Any, dict[str, str]]]:
    """Bodies with values and names, each with its headers; the first ones are right."""
    values = BEAT["features"]
    named_beat = {f"{NAME}-{number}": VALUE for number in range(140)}
    for content in (
        BEAT,
        {"instances": [values, values]},
        {"features": named_beat},
        {"features": values[:-1]},
        {"features": [*values[:-1], None]},
        {"features": [*values[:-1], f"{VALUE}"]},
        {"features": [*values[:-1], VALUE * 1e39]},
        {"features": {**named_beat, f"{NAME}-0": NAME}},
        {"features": {**named_beat, NAME: VALUE}},
        {"instances": [values, [VALUE]]},
        {"instances": [values] * 6},
        {NAME: values},
        [values],
        VALUE,
        NAME,
    ):
        yield json.dumps(content).encode(), {}
    yield json.dumps(BEAT).encode()[:-1], {}
    yield json.dumps(BEAT).encode() + NAME.encode(), {}
    yield f'{{"features": [{VALUE}, "{NAME}\xff'.encode("latin1"), {}
    yield pack("<140f", *values), BYTES
    yield pack("<139f", *values[:-1]), BYTES
    yield pack("<140f", *values)[:-1], BYTES
    yield json.dumps(BEAT).encode(), {"Content_Type": f"text/{NAME}"}
    yield json.dumps(BEAT).encode(), {"X_Model_Version": NAME}


def find_port(gateway: Gateway) -> None:
    """Where nothing is logged at the start, the kernel knows where the gateway listens."""
    process = psutil.Process(gateway.process.pid)
    until(lambda: bool(process.net_connections("tcp")))
    gateway.port = process.net_connections("tcp")[0].laddr.port


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_no_log_line_has_a_value_or_a_name(named, level, tmp_path):
    (tmp_path / "keys").write_text(line("ward", "k"))
    with running(
        named.target, log_level=level, api_keys_file=tmp_path / "keys", sticky_header="X-Patient", max_batch=5
    ) as gateway:
        find_port(gateway)
        statuses = set()

        def ask(method: str, path: str, **given: Any) -> None:
            statuses.add(gateway.ask(method, path, **{"X_Patient": NAME, "X_API_Key": "k", **given}).status_code)

        for path in (*POSTED, f"/predict?{NAME}={VALUE}", f"/{NAME}/{VALUE}", "/model", "/examples"):
            for body, given in wrong_bodies():
                ask("POST", path, chunks=[body], **given)
        for path in ("/", "/docs", "/model", "/examples", "/ready", "/metrics", f"/static/{NAME}", f"/{NAME}?{VALUE}"):
            ask("GET", path, X_Request_ID=f"{NAME} {VALUE}")
            ask("GET", path, X_API_Key=NAME)
        for code in set(StatusCode) - {StatusCode.OK, *OF_CONNECTIONS}:
            for path in POSTED:
                named.fail(code, f"features[0] of {NAME} is {VALUE}")
                ask("POST", path, chunks=[json.dumps(BEAT).encode()])
        for code in OF_CONNECTIONS:
            named.fail(code, times=3)
            ask("POST", "/predict", chunks=[json.dumps(BEAT).encode()])
        assert {200, 400, 401, 404, 405, 413, 415, 502, 503, 504} <= statuses
        assert 500 not in statuses
        gateway.end()
    logged = "".join(gateway.lines)
    assert NAME.casefold() not in logged.casefold()
    assert f"{VALUE:.5f}"[:-1] not in logged
    if level in ("debug", "info"):
        assert '"status":502' in logged
        assert '"path":"other"' in logged


def test_requests_from_inside_the_cluster_are_accepted_by_their_key(serving, tmp_path):
    """As `helm test` and the training Job's promotion do."""
    command = [sys.executable, "-m", "gateway", "key", "chart"]
    made = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    (tmp_path / "keys").write_text(made.stdout)
    (tmp_path / "own-key").write_text(made.stderr)
    with running(serving.target, api_keys_file=tmp_path / "keys") as gateway:
        answered = gateway.ask("POST", "/predict", BEAT, X_API_Key=made.stderr.strip()).json
        write_version(tmp_path / "ecg", 1)
        beats = json.dumps([BEAT | answered | {"label": 0}])
        (tmp_path / "ecg" / "1" / "assets.extra" / "beats.json").write_text(beats)

        def check(*options: str) -> subprocess.CompletedProcess[str]:
            where = ["--gateway", f"http://127.0.0.1:{gateway.port}", "--models", str(tmp_path / "ecg")]
            command = [sys.executable, "-m", "rollout", *where, *options, "check"]
            return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

        passed = check("--key-file", str(tmp_path / "own-key"))
        assert (passed.returncode, passed.stderr) == (0, "")
        assert "version 1, class 0" in passed.stdout
        refused = check()
        assert refused.returncode == 1
        assert "--key-file" in refused.stderr
