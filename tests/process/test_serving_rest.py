"""The model server's REST API with slow clients, and with bodies that are chunked or compressed."""

import gzip
import json
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from typing import Any

import grpc
import pytest

from tests.golden.kit import LONG_BEAT, Client, export, refused, spec
from tests.golden.process import ServerProcess, running
from tests.support.waiting import PATIENCE

BEAT = json.dumps({"instances": [[1, 2, 3, 4]]}).encode()
PREDICT = "/v1/models/ecg:predict"
METRICS = "/monitoring/prometheus/metrics"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("rest")
    (folder / "ecg").mkdir()
    export(folder / "ecg" / "1")
    monitoring = folder / "monitoring.config"
    monitoring.write_text("prometheus_config { enable: true }")
    flags = (
        "--port=0",
        "--rest_api_port=0",
        "--rest_api_num_threads=2",
        "--model_name=ecg",
        f"--model_base_path={folder}/ecg",
        f"--monitoring_config_file={monitoring}",
    )
    with running(folder / "server.log", *flags) as server:
        assert server.rest
        yield server


def connected(server: ServerProcess) -> socket.socket:
    host, _, port = server.rest.rpartition(":")
    return socket.create_connection((host, int(port)), timeout=PATIENCE)


def ask(server: ServerProcess, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, str]:
    with closing(HTTPConnection(server.rest, timeout=PATIENCE)) as connection:
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


@pytest.mark.parametrize("count", [8, 200])
def test_connections_that_drip_or_idle_stop_no_answer(server, count):
    with ExitStack() as stack:
        dripping = [stack.enter_context(connected(server)) for _ in range(count)]
        for connection in dripping[::2]:
            connection.sendall(b"GET /v1/models/ecg HTTP/1.1\r\nX: ")
        for _ in range(3):
            for connection in dripping[::2]:
                connection.sendall(b"a")
            assert ask(server, "GET", "/v1/models/ecg")[0] == 200
            assert ask(server, "POST", PREDICT, BEAT)[0] == 200


def test_probes_and_metrics_are_answered_while_predicts_wait_for_threads(server):
    long = json.dumps({"instances": [[100_000, 0, 0, 0]]}).encode()
    answers: list[int] = []
    busy = [threading.Thread(target=lambda: answers.append(ask(server, "POST", PREDICT, long)[0])) for _ in range(3)]
    for thread in busy:
        thread.start()
    assert ask(server, "GET", "/v1/models/ecg")[0] == 200
    assert ask(server, "GET", METRICS)[0] == 200
    for thread in busy:
        thread.join()
    assert answers == [200] * 3


def test_chunks_and_gzip_are_read(server):
    plain = ask(server, "POST", PREDICT, BEAT)
    assert plain[0] == 200
    assert ask(server, "POST", PREDICT, iter([BEAT[:5], BEAT[5:]])) == plain
    assert ask(server, "POST", PREDICT, gzip.compress(BEAT), Content_Encoding="gzip") == plain


@pytest.mark.parametrize(
    "body", [BEAT, gzip.compress(BEAT)[:-1], gzip.compress(bytes(2**27))], ids=["no", "cut", "bomb"]
)
def test_gzip_that_cannot_be_unpacked_is_refused(server, body):
    status, text = ask(server, "POST", PREDICT, body, Content_Encoding="gzip")
    assert status == 400
    assert "gzip" in json.loads(text)["error"]


def test_metrics_have_no_names_that_clients_made_up(server):
    client = Client(server.target)
    for number in range(3):
        name = f"made-up-{number}"
        assert ask(server, "POST", f"/v1/models/{name}:predict", BEAT)[0] == 404
        with refused(grpc.StatusCode.NOT_FOUND):
            client.predict(spec(name))
    client.predict(spec("ecg"))
    assert ask(server, "PUT", "/v1/models/ecg")[0] == 400
    text = ask(server, "GET", METRICS)[1]
    assert "made-up" not in text
    assert 'request_count{model_name="",status="INVALID_ARGUMENT"}' in text
    assert 'request_count{model_name="(unknown)",status="NOT_FOUND"}' in text
    assert 'request_count{model_name="ecg",status="OK"}' in text


def test_grpc_goes_on_meanwhile(server):
    with ExitStack() as stack:
        for _ in range(8):
            stack.enter_context(connected(server)).sendall(b"POST")
        Client(server.target).predict(spec("ecg"), {"features": LONG_BEAT})
