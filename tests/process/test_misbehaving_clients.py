"""What somebody without a key can do to a gateway that wants one: little, and nothing that stays."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from struct import pack

import psutil
import pytest

from gateway.security.api_keys import make_key
from tests.support.gateway.gateway_process import Gateway, running
from tests.support.waiting import until

BEAT = {"features": [0.5] * 140}
LARGE = {"instances": [BEAT["features"]] * 500}
STATIC = b"GET /static/vendor/swagger-ui-dist/swagger-ui-bundle.js HTTP/1.1\r\nHost: x\r\n\r\n"
HEAD = b"POST /health HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def key() -> tuple[str, str]:
    return make_key("somebody")


@pytest.fixture
def gateway(serving, key: tuple[str, str], tmp_path: Path) -> Iterator[Gateway]:
    (tmp_path / "keys").write_text(key[1])
    with running(serving.target, api_keys_file=tmp_path / "keys") as gateway:
        yield gateway


def connected(gateway: Gateway, stack: ExitStack) -> socket.socket:
    return stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port), timeout=30))


def answered(connection: socket.socket) -> bytes:
    """The first line of the answer."""
    with connection.makefile("rb") as lines:
        return lines.readline()


def test_connections_that_read_nothing_or_break_keep_no_thread(gateway):
    for _ in range(2):
        with ExitStack() as stack:
            for _ in range(12):
                connection = stack.enter_context(socket.socket())
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, pack("ii", 1, 0))  # closed by a reset
                connection.connect(("127.0.0.1", gateway.port))
                connection.sendall(STATIC * 6)
            assert gateway.ask("GET", "/ready").status_code == 200
        assert gateway.ask("GET", "/ready").status_code == 200


@pytest.mark.parametrize("start", [HEAD + b"X: ", HEAD, HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\n"])
def test_headers_and_trailers_without_an_end_are_ended(gateway, start):
    line = b"X-Long: " + b"x" * 4000 + b"\r\n" if not start.endswith(b"X: ") else b"x" * 4000
    with ExitStack() as stack:
        connection = connected(gateway, stack)
        connection.sendall(start)
        with pytest.raises(ConnectionError):  # noqa: PT012
            for _ in range(100_000):
                connection.sendall(line)
    assert gateway.ask("GET", "/ready").status_code == 200
    workers = psutil.Process(gateway.process.pid).children(recursive=True)
    assert max(each.memory_info().rss for each in workers) < 150e6


def test_what_comes_after_the_body_is_no_header(gateway, key):
    body = b"4\r\n{  }\r\n0\r\nX-API-Key: %s\r\n\r\n" % key[0].encode()
    with ExitStack() as stack:
        connection = connected(gateway, stack)
        connection.sendall(b"POST /predict HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + body)
        assert answered(connection).startswith(b"HTTP/1.1 401 ")


def test_bodies_of_requests_without_one_take_no_memory(gateway, key):
    with ExitStack() as stack:
        for path in (b"/health", b"/nowhere", b"//predict", b"/"):
            for _ in range(16):
                head = b"POST %s HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n{" % path
                connected(gateway, stack).sendall(head)
        assert gateway.ask("POST", "/predict", LARGE, X_API_Key=key[0]).status_code == 200


@pytest.mark.parametrize("path", [b"/predict", b"/explain", b"/v2/models/ecg/infer", b"/v1/models/ecg:predict"])
def test_announced_bodies_take_no_memory(gateway, key, path):
    head = b"POST %s HTTP/1.1\r\nHost: x\r\nX-API-Key: %s\r\n" % (path, key[0].encode())
    with ExitStack() as stack:
        for more in (b"Content-Length: 200000", b"Content-Encoding: gzip\r\nContent-Length: 99"):
            for _ in range(20):
                connected(gateway, stack).sendall(head + more + b"\r\n\r\n{")
        assert gateway.ask("POST", "/predict", LARGE, X_API_Key=key[0]).status_code == 200


def test_an_invalid_content_length_is_reported(gateway):
    for length in (b"0" * 5000 + b"2", b"9" * 19):
        with ExitStack() as stack:
            connection = connected(gateway, stack)
            connection.sendall(HEAD + b"Content-Length: %s\r\n\r\n{}" % length)
            assert answered(connection).split()[1] in (b"400", b"405")
    assert gateway.total("ecg_gateway_requests_total", status="500") == 0


def test_a_request_whose_client_disconnects_is_not_answered(gateway, key, serving):
    with ExitStack() as stack:
        head = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nX-API-Key: %s\r\n"
        connection = connected(gateway, stack)
        connection.sendall(head % key[0].encode() + b"Content-Length: 1120\r\n\r\n" + bytes(560))
    until(lambda: gateway.total("ecg_gateway_errors_total", kind="body_incomplete") == 1)
    assert serving.predicts() == []
