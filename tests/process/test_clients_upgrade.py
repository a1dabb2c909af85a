"""Requests for another protocol, written by hand, against a real gateway; unit/gateway/test_protocol.py has more."""

import json
import socket
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPResponse

import pytest

from tests.support.gateway.gateway_process import Gateway, running

BODY = json.dumps({"features": [0.5] * 140}).encode()
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n"
HEAD = b"POST /predict HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n"
SIZED = b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n"


@pytest.fixture
def gateway(serving) -> Iterator[Gateway]:
    with running(serving.target) as gateway:
        yield gateway


@pytest.fixture
def connection(gateway) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", gateway.port), timeout=30)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, True)
        yield connection


def answered(connection: socket.socket) -> tuple[int, str]:
    with HTTPResponse(connection) as response:
        response.begin()
        return response.status, response.read().decode()


@pytest.mark.parametrize("upgrade", [H2C, WEBSOCKET])
@pytest.mark.parametrize("rest", [SIZED, CHUNKED], ids=["sized", "chunked"])
def test_one_connection_is_used_again_and_again(gateway, connection, upgrade, rest):
    wanted = gateway.ask("POST", "/predict", json.loads(BODY)).json
    request = HEAD + upgrade + rest
    for size in (len(request), len(HEAD + upgrade), 100, 7):
        for at in range(0, len(request), size):
            connection.sendall(request[at : at + size])
        status, text = answered(connection)
        assert (status, json.loads(text)) == (200, wanted)
        connection.sendall(HEALTH + upgrade + b"\r\n")
        assert answered(connection)[0] == 200
    assert gateway.total("ecg_gateway_errors_total") == 0


def test_a_tunnel_is_refused(gateway, connection):
    connection.sendall(b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n")
    assert answered(connection) == (400, "CONNECT is not supported.")
    assert connection.recv(1) == b""
    assert gateway.ask("GET", "/health").status_code == 200


def test_a_head_without_an_end_is_ended(gateway, connection):
    with pytest.raises(ConnectionError):  # noqa: PT012
        connection.sendall(HEAD + H2C)
        for _ in range(100_000):
            connection.sendall(b"X-Long: " + b"x" * 4000 + b"\r\n")
    assert gateway.ask("GET", "/health").status_code == 200
