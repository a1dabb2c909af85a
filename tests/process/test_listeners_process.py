"""A real gateway's addresses of both families, the management's own, idle connections, workers that cannot start."""

import json
import os
import socket
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from http.client import HTTPConnection

import pytest

from gateway.settings import Settings
from tests.support.addresses import loopbacks
from tests.support.gateway.gateway_process import ROOT, running

BEAT = {"features": [0.5] * 140}
MAIN = {"/predict": 405, "/model": 200, "/health": 200, "/ready": 200, "/metrics": 404, "//metrics": 404, "/": 200}
MANAGEMENT = {
    "/predict": 404,
    "/model": 404,
    "/health": 200,
    "/ready": 200,
    "/metrics": 200,
    "//metrics": 404,
    "/": 404,
}


def status(host: str, port: int, path: str) -> int:
    with closing(HTTPConnection(host, port, timeout=30)) as connection:
        connection.putrequest("GET", path)  # as it is, as http.client takes two slashes for a host
        connection.endheaders()
        return connection.getresponse().status


def line(key: str) -> str:
    return f"ward {sha256(key.encode()).hexdigest()}\n"


def start(**env: str) -> subprocess.CompletedProcess[str]:
    """Start a gateway that cannot."""
    command = [sys.executable, "-m", "gateway"]
    return subprocess.run(command, cwd=ROOT, env=os.environ | env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("host", loopbacks())
def test_by_default_both_families_lead_in(serving, host):
    everywhere = Settings().listen.replace("5000", "0")
    with running(serving.target, listen=everywhere, management_listen=":0", workers=2) as gateway:
        assert {path: status(host, gateway.port, path) for path in MAIN} == MAIN
        assert {path: status(host, gateway.management_port, path) for path in MANAGEMENT} == MANAGEMENT


def test_the_management_listener_counts_what_the_main_one_answers(serving):
    with running(serving.target, management_listen="127.0.0.1:0") as gateway:
        assert gateway.ask("POST", "/predict", BEAT).status_code == 200
        gateway.port = gateway.management_port
        assert gateway.total("ecg_gateway_requests_total", path="/predict", status="200") == 1


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_an_idle_connection_ends_after_the_time_that_was_set(serving, path):
    with (
        running(serving.target, management_listen="127.0.0.1:0", keep_alive_seconds=1) as gateway,
        socket.create_connection(("127.0.0.1", gateway.management_port), timeout=30) as connection,
    ):
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        parts = list(iter(lambda: connection.recv(65536), b""))  # to the end, or the time runs out
    assert parts[0].startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("setting", ["ECG_LISTEN", "ECG_MANAGEMENT_LISTEN"])
def test_an_address_in_use_is_reported(setting):
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"127.0.0.1:{other.getsockname()[1]}"
        result = start(**{"ECG_LISTEN": "127.0.0.1:0", setting: address})
    assert result.returncode == 1
    assert result.stderr.startswith(f"gateway: {setting}={address!r}: cannot listen there: Address already in use")
    assert "Traceback" not in result.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="needs a second address of the loopback")
def test_one_port_for_both_listeners_is_refused():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))  # and not listened on, so that another may, once it is closed
        port = found.getsockname()[1]
    result = start(ECG_LISTEN=f"127.0.0.1:{port}", ECG_MANAGEMENT_LISTEN=f"127.0.0.2:{port}")
    assert result.stderr == f"gateway: ECG_MANAGEMENT_LISTEN: ECG_LISTEN has the same port {port}; choose another\n"


def test_a_worker_that_finds_its_keys_broken_ends_the_start(serving, tmp_path):
    """The file changes between the check at the start and the workers' reading."""
    (tmp_path / "keys").write_text(line("key") + "ward ecg_secret\n")
    code = "import sys; from gateway.server import Server; from gateway.settings import Settings; "
    code += "Server(Settings(listen='127.0.0.1:0', workers=2, api_keys_file=sys.argv[1])).run()"
    command = [sys.executable, "-c", code, str(tmp_path / "keys")]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert result.returncode == 1
    errors = [each for each in map(json.loads, result.stderr.splitlines()) if each["level"] == "error"]
    sentence = f"gateway: {tmp_path / 'keys'}:2: the second word is not a SHA-256 of 64 lowercase hexadecimal digits"
    assert {each["message"] for each in errors} == {sentence, "A worker could not start; the gateway exits"}
    assert "Traceback" not in result.stderr
    assert "ecg_secret" not in result.stderr


def test_a_running_gateway_outlives_an_invalid_key_file(serving, tmp_path):
    file = tmp_path / "keys"
    file.write_text(line("key"))
    with running(serving.target, api_keys_file=file) as gateway:
        assert gateway.ask("POST", "/predict", BEAT, X_API_Key="key").status_code == 200
        file.write_text("broken\n")
        (worker,) = gateway.workers
        worker.kill()
        gateway.wait_for_line(f"gateway: {file}:1: expected a name")
        gateway.wait_for_line("exit code 3; the gateway replaces it")
        file.write_text(line("key") + line("new"))
        assert gateway.ask("POST", "/predict", BEAT, X_API_Key="new").status_code == 200
        assert gateway.end() == 0
    assert "Traceback" not in "".join(gateway.lines)
