"""HTTP on a connection: requests for another protocol, in any packets, and long headers."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from itertools import pairwise
from socket import SHUT_WR, create_connection, socket
from threading import Condition
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from uvicorn import Config
from uvicorn.server import ServerState

from gateway.http.protocol import MOST_OUTSIDE_BODY, Protocol
from tests.support.gateway.gateway_client import Loop

H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAEAAEAAAAIAAAAB\r\n"
WEBSOCKET = b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: AAAA\r\nSec-WebSocket-Version: 13\r\n"
BODY = b'{"features": [1, 2, 3]}'


async def echo(scope: Any, receive: Any, send: Any) -> None:
    """An application that returns its request."""
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    headers = {name.decode(): value.decode("latin1") for name, value in scope["headers"]}
    content = json.dumps({**{name: scope[name] for name in ("method", "path")}, "headers": headers, "body": body.hex()})
    start = [(b"content-length", b"%d" % len(content))]
    await send({"type": "http.response.start", "status": 200, "headers": start})
    await send({"type": "http.response.body", "body": content.encode()})


class Server:
    """Listens with the gateway's protocol; records the bytes of its connections."""

    def __init__(self, loop: Loop) -> None:
        self.errors: list[Any] = []
        self._came, self._bytes = Condition(), 0
        config = Config(echo, interface="asgi3", lifespan="off", ws="none", log_config=None)
        config.load()
        state, server = ServerState(), self

        class Counting(Protocol):
            def data_received(self, data: bytes) -> None:
                super().data_received(data)
                server.count(len(data))

            def connection_lost(self, exc: Exception | None) -> None:
                super().connection_lost(exc)
                server.count(2**40)  # waits for nothing more

        async def start() -> asyncio.Server:
            running = asyncio.get_running_loop()
            running.set_exception_handler(lambda _, context: self.errors.append(context))
            return await running.create_server(lambda: Counting(config, state, {}), "127.0.0.1", 0)

        self._loop = loop
        self._server = loop.run(start())
        self.port = self._server.sockets[0].getsockname()[1]

    def count(self, number: int) -> None:
        with self._came:
            self._bytes += number
            self._came.notify_all()

    @contextmanager
    def asked(self, *packets: bytes) -> Iterator[socket]:
        """A connection over which the packets came one by one, as long as it was open."""
        self._bytes = sent = 0
        with closing(create_connection(("127.0.0.1", self.port), timeout=30)) as connection:
            for packet in packets:
                sent += len(packet)
                try:
                    connection.sendall(packet)
                except ConnectionError:
                    break
                with self._came:
                    assert self._came.wait_for(lambda: self._bytes >= sent, timeout=30)  # noqa: B023
            yield connection

    def answers(self, number: int, *packets: bytes) -> list[Any]:
        """So many answers of the application."""
        with self.asked(*packets) as connection, connection.makefile("rb") as lines:
            return [_answer(lines) for _ in range(number)]

    def refusal(self, *packets: bytes) -> tuple[bytes, bytes]:
        """The status line and the content of an answer after which the connection ends."""
        with self.asked(*packets) as connection:
            whole = _everything(connection)
        return whole.partition(b"\r\n")[0], whole.partition(b"\r\n\r\n")[2]

    def close(self) -> None:
        async def close() -> None:
            self._server.close()
            asyncio.get_running_loop().set_exception_handler(None)

        self._loop.run(close())
        assert self.errors == []


def _everything(connection: socket) -> bytes:
    """What comes until the connection ends, also by a reset, as a refused request need not be read to its end."""
    whole = b""
    with suppress(ConnectionError):
        while came := connection.recv(2**16):
            whole += came
    return whole


def _answer(lines: Any) -> Any:
    status, length = lines.readline(), 0
    assert status == b"HTTP/1.1 200 OK\r\n", status
    while (line := lines.readline()) != b"\r\n":
        name, _, value = line.partition(b": ")
        length = int(value) if name == b"content-length" else length
    return json.loads(lines.read(length))


@pytest.fixture(scope="module")
def server(loop) -> Iterator[Server]:
    server = Server(loop)
    yield server
    server.close()


def head(method: bytes = b"POST", more: bytes = H2C, version: bytes = b"1.1") -> bytes:
    return b"%b /predict?a=b HTTP/%b\r\nHost: x\r\nX-Mine: \xe9 1\r\n%b" % (method, version, more)


def whole(body: bytes = BODY, more: bytes = H2C, chunks: int = 0, method: bytes = b"POST") -> bytes:
    """A request; chunked with `chunks` bytes in each chunk, if given."""
    if not chunks:
        return head(method, more) + b"Content-Length: %d\r\n\r\n%b" % (len(body), body)
    parts = [body[at : at + chunks] for at in range(0, len(body), chunks)]
    text = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    return head(method, more) + b"Transfer-Encoding: chunked\r\n\r\n" + text


def in_one(request: bytes) -> list[bytes]:
    return [request]


def head_and_body(request: bytes) -> list[bytes]:
    end = request.index(b"\r\n\r\n") + 4
    return [request[:end], request[end:]]


def within_head_and_body(request: bytes) -> list[bytes]:
    return [request[:30], request[30:-4], request[-4:]]


def byte_by_byte(request: bytes) -> list[bytes]:
    return [request[at : at + 1] for at in range(len(request))]


PACKETS = [in_one, head_and_body, within_head_and_body, byte_by_byte]


@pytest.mark.parametrize("packets", PACKETS)
@pytest.mark.parametrize("chunks", [0, 7])
@pytest.mark.parametrize("upgrade", [H2C, WEBSOCKET])
def test_a_request_for_another_protocol_is_answered_as_if_it_did_not_ask(server, upgrade, chunks, packets):
    (answer,) = server.answers(1, *packets(whole(more=upgrade, chunks=chunks)))
    assert (answer["method"], answer["path"], bytes.fromhex(answer["body"])) == ("POST", "/predict", BODY)
    assert answer["headers"]["x-mine"] == "é 1"
    assert not answer["headers"].keys() & {"upgrade", "connection", "http2-settings"}
    assert ("transfer-encoding" in answer["headers"]) == bool(chunks)


@pytest.mark.parametrize("packets", PACKETS[:3])
def test_requests_behind_it_are_answered_in_their_order(server, packets):
    bodies = [b"one", b"", b"three" * 1000, b"4", b"five"]
    requests = [
        whole(bodies[0]),
        whole(bodies[1], method=b"GET"),
        whole(bodies[2], more=b""),
        whole(bodies[3], WEBSOCKET, chunks=3),
        whole(bodies[4]),
    ]
    answers = server.answers(5, *packets(b"".join(requests)))
    assert [bytes.fromhex(answer["body"]) for answer in answers] == bodies
    assert [answer["method"] for answer in answers] == ["POST", "GET", "POST", "POST", "POST"]


def test_thousands_of_them_in_a_packet(server):
    request = b"GET / HTTP/1.1\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n"
    assert len(server.answers(4000, request * 4000)) == 4000


@pytest.mark.parametrize(
    ("more", "version"),
    [
        (b"Connection: close, Upgrade\r\nUpgrade: h2c\r\n", b"1.1"),
        (b"Connection: Upgrade\r\nConnection: Close\r\nUpgrade: h2c\r\n", b"1.1"),
        (b"Connection: Upgrade\r\nUpgrade: h2c\r\n", b"1.0"),
    ],
)
def test_a_connection_that_is_to_end_does(server, more, version):
    status, content = server.refusal(head(b"GET", more, version) + b"\r\n")
    assert status == b"HTTP/1.1 200 OK"
    assert json.loads(content)["method"] == "GET"


def test_a_tunnel_is_refused(server):
    request = b"CONNECT example.org:443 HTTP/1.1\r\nHost: example.org\r\n\r\n"
    assert server.refusal(request) == (b"HTTP/1.1 400 Bad Request", b"CONNECT is not supported.")
    assert server.refusal(request + b"\x16\x03\x01" * 100) == server.refusal(*byte_by_byte(request))
    with server.asked(whole() + request) as connection, connection.makefile("rb") as lines:
        assert b"CONNECT is not supported." in lines.read()


@pytest.mark.parametrize("upgrade", [b"", H2C])
@pytest.mark.parametrize("before", [b"", whole(), whole(more=b"")])
def test_a_head_without_an_end_is_ended(server, upgrade, before):
    line = b"X-Long: " + b"x" * 4000 + b"\r\n"
    packets = [before + head(more=upgrade), *[line] * (MOST_OUTSIDE_BODY // len(line) + 2)]
    assert server.refusal(*packets)[1].endswith(b"The headers are too long.")


def test_a_head_within_the_limit_is_taken(server):
    line = b"X-Long: " + b"x" * 4000 + b"\r\n"
    packets = [head(), *[line] * (MOST_OUTSIDE_BODY // len(line) - 1), b"Content-Length: 1\r\n\r\n", b"x"]
    (answer,) = server.answers(1, *packets)
    assert (answer["body"], len(answer["headers"]["x-long"])) == (b"x".hex(), 4000)


@st.composite
def requests(draw: st.DrawFn) -> Callable[[bytes], bytes]:
    """A request with a hole for the headers that ask for another protocol."""
    body, chunks = draw(st.binary(max_size=300)), draw(st.sampled_from([0, 1, 100]))
    method = draw(st.sampled_from([b"POST", b"GET", b"PUT", b"DELETE", b"OPTIONS"]))
    return lambda more: whole(body, more, chunks, method)


@given(
    st.lists(st.tuples(requests(), st.sampled_from([b"", H2C, WEBSOCKET])), min_size=1, max_size=4),
    st.lists(st.integers(0, 2000), max_size=6),
)
def test_any_requests_in_any_packets_are_answered_as_without(server, asked, cuts):
    upgrading = b"".join(make(more) for make, more in asked)
    plain = b"".join(make(b"") for make, _ in asked)
    places = [0, *sorted(cut for cut in cuts if cut < len(upgrading)), len(upgrading)]
    packets = [upgrading[start:end] for start, end in pairwise(places) if start < end]
    answers = server.answers(len(asked), *packets)
    for answer in answers:
        for name in [each for each in answer["headers"] if each.startswith("sec-websocket")]:
            del answer["headers"][name]
    assert answers == server.answers(len(asked), plain)


@given(
    st.lists(st.tuples(st.integers(0, 250), st.binary(max_size=3), st.integers(0, 3)), min_size=1, max_size=5),
    st.booleans(),
    st.integers(1, 250),
)
def test_no_bytes_break_the_server(server, changes, chunked, cut):
    request = bytearray(whole(chunks=5 if chunked else 0))
    for place, text, replaced in changes:
        request[place : place + replaced] = text
    with server.asked(bytes(request[:cut]), bytes(request[cut:])) as connection:
        with suppress(OSError):  # it has ended already
            connection.shutdown(SHUT_WR)
        _everything(connection)
    assert server.errors == []
    assert len(server.answers(1, whole())) == 1
