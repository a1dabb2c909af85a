"""REST's HTTP with an application of its own: framing, limits, slow clients, room for probes, and the drain."""

import socket
import threading
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection
from typing import Any

import pytest

from serving.rest.server import Limits, RestServer
from tests.support.waiting import PATIENCE, until

THREADS = 2
SMALL = Limits(body=2**20, bodies=2**20, seconds=0.5)
POST = b"POST /echo HTTP/1.1\r\nHost: x\r\n"


class Echo:
    """Answers with the body; at /hold it waits to be released, at /large it answers with 32 MB."""

    def __init__(self) -> None:
        self.released = threading.Event()
        self.entered = threading.Semaphore(0)

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        body = environ["wsgi.input"].read()
        if environ["REQUEST_URI"] == "/hold":
            self.entered.release()
            assert self.released.wait(PATIENCE)
        if environ["REQUEST_URI"] == "/large":
            body = bytes(2**25)
        start_response("200 OK", [("Content-Length", str(len(body)))])
        return [body]


@pytest.fixture
def echo() -> Iterator[Echo]:
    made = Echo()
    yield made
    made.released.set()


@contextmanager
def serving(echo: Echo, limits: Limits = Limits()) -> Iterator[RestServer]:  # noqa: B008
    server = RestServer(0, THREADS, echo, limits)
    try:
        yield server
    finally:
        echo.released.set()
        server.stop()


@pytest.fixture
def server(echo: Echo) -> Iterator[RestServer]:
    with serving(echo) as made:
        yield made


@pytest.fixture
def strict(echo: Echo) -> Iterator[RestServer]:
    with serving(echo, SMALL) as made:
        yield made


def connected(server: RestServer) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)


def client(server: RestServer) -> HTTPConnection:
    return HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE)


def ask(connection: HTTPConnection, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    connection.request(method, path, body)
    answer = connection.getresponse()
    return answer.status, answer.read()


def ask_once(server: RestServer, method: str, path: str, body: Any = None) -> tuple[int, bytes]:
    with closing(client(server)) as connection:
        return ask(connection, method, path, body)


def sent(server: RestServer, content: bytes) -> bytes:
    """Everything that comes back until the server closes the connection."""
    with connected(server) as connection:
        connection.sendall(content)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def is_cut(connection: socket.socket) -> bool:
    """Send one more byte; return whether the server has closed the connection."""
    try:
        connection.sendall(b"a")
        connection.setblocking(False)
        return connection.recv(1) == b""
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    finally:
        connection.settimeout(PATIENCE)


@pytest.mark.parametrize("host", ["127.0.0.1", "::1"])
@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
def test_ipv4_and_ipv6_are_answered(server, host):
    with closing(HTTPConnection(host, server.port, timeout=PATIENCE)) as connection:
        assert ask(connection, "POST", "/echo", b"beat") == (200, b"beat")


def test_a_port_in_use_is_not_shared(echo, server):
    with pytest.raises(OSError, match="in use"):
        RestServer(server.port, THREADS, echo, Limits())


def test_a_connection_is_kept_and_chunks_are_read(server):
    connection = client(server)
    assert ask(connection, "POST", "/echo", b"first") == (200, b"first")
    kept = connection.sock
    assert ask(connection, "POST", "/echo", iter([b"in ", b"chunks"])) == (200, b"in chunks")
    assert ask(connection, "HEAD", "/echo") == (200, b"")
    assert connection.sock is kept
    connection.close()


def test_a_client_that_waits_for_100_continue_gets_it(server):
    with connected(server) as connection, connection.makefile("rb") as lines:
        connection.sendall(POST + b"Expect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        assert lines.readline() == b"HTTP/1.1 100 Continue\r\n"
        lines.readline()
        connection.sendall(b"body")
        assert lines.readline() == b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("head", "status"),
    [
        (b"Expect: 100-continue\r\nConnection: close\r\n\r\n", b"200"),
        (b"Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n", b"413"),
        (b"Content-Length: 99999999999999999999\r\n\r\n", b"413"),
        (b"Content-Length: -1\r\n\r\n", b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n110000\r\n" + bytes(0x110000), b"413"),
        (b"Transfer-Encoding: chunked\r\n\r\n1;" + b"x" * 70_000, b"400"),
        (b"Transfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: x\r\n" * 12_000, b"400"),
        (b"Transfer-Encoding: gzip\r\n\r\n", b"501"),
        (b"X: " + b"x" * 70_000, b"431"),
        (b"no header\r\n\r\n", b"400"),
    ],
    ids=["no-body", "refused", "huge", "negative", "chunks", "chunk-head", "trailers", "coding", "head", "malformed"],
)
def test_unsupported_requests_are_answered_at_once(strict, head, status):
    with connected(strict) as connection, connection.makefile("rb") as lines:
        with suppress(ConnectionError):  # it may be answered before all of it was sent
            connection.sendall(POST + head)
        assert lines.readline().split()[1] == status


def test_a_rejection_reaches_a_client_that_is_still_sending(strict):
    with connected(strict) as connection, connection.makefile("rb") as lines:
        connection.sendall(POST + b"Content-Length: 8000000\r\n\r\n" + bytes(8_000_000))
        connection.shutdown(socket.SHUT_WR)
        assert lines.readline() == b"HTTP/1.1 413 Request Entity Too Large\r\n"


@pytest.mark.parametrize("start", [b"", b"GET /echo HTTP/1.1\r\nX: ", POST + b"Content-Length: 1000000\r\n\r\n"])
def test_a_slow_client_is_disconnected(strict, start):
    with connected(strict) as connection:
        connection.sendall(start + b"a")
        until(lambda: is_cut(connection))


def test_a_client_that_does_not_read_takes_no_thread_and_is_disconnected(strict):
    with ExitStack() as stack:
        for _ in range(2 * THREADS):
            stack.enter_context(connected(strict)).sendall(b"POST /large HTTP/1.1\r\n\r\n" * 2)
        assert ask_once(strict, "POST", "/echo", b"others") == (200, b"others")
        until(lambda: not strict.active_channels)


def test_an_idle_connection_is_closed(echo):
    with serving(echo, Limits(idle_seconds=1)) as server, connected(server) as connection:
        assert connection.recv(1) == b""


def test_connections_without_a_complete_request_take_no_thread(server):
    with ExitStack() as stack:
        for number in range(200):
            connection = stack.enter_context(connected(server))
            connection.sendall((b"", b"GET ", POST, POST + b"Content-Length: 9\r\n\r\nx")[number % 4])
        until(lambda: len(server.active_channels) == 200)
        assert ask_once(server, "GET", "/echo") == (200, b"")
        assert ask_once(server, "POST", "/echo", b"others") == (200, b"others")


def test_probes_are_answered_while_every_thread_is_busy(echo, server):
    with ExitStack() as stack:
        for _ in range(3 * THREADS):
            stack.enter_context(connected(server)).sendall(b"POST /hold HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
        for _ in range(THREADS):
            assert echo.entered.acquire(timeout=PATIENCE)
        assert ask_once(server, "GET", "/echo") == (200, b"")


def test_large_and_compressed_bodies_are_handled_one_at_a_time_and_block_no_other(echo, server):
    large = b"POST /hold HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n" + bytes(2_000_000)
    packed = b"POST /hold HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx"
    with ExitStack() as stack:
        for content in (large, packed) * THREADS:
            stack.enter_context(connected(server)).sendall(content)
        assert echo.entered.acquire(timeout=PATIENCE)
        assert ask_once(server, "POST", "/echo", b"small") == (200, b"small")
        assert not echo.entered.acquire(blocking=False)


def test_the_memory_of_all_bodies_is_limited(echo):
    head = POST + b"Content-Length: 1000000\r\n\r\n"
    with serving(echo, Limits(bodies=700_000)) as server, ExitStack() as stack:
        first = stack.enter_context(connected(server))
        first.sendall(head.replace(b"1000000", b"650000") + bytes(600_000))
        until(lambda: sum(channel.held() for channel in list(server.active_channels.values())) == 600_000)
        assert b" 503 " in sent(server, head + bytes(2**17))
        assert ask_once(server, "POST", "/echo", b"small") == (200, b"small")
        first.sendall(bytes(50_000))
        assert first.recv(12) == b"HTTP/1.1 200"


def test_a_drain_lets_requests_end_and_closes_idle_connections(echo):
    server = RestServer(0, THREADS, echo, Limits())
    with closing(client(server)) as busy, closing(client(server)) as idle:
        assert ask(idle, "GET", "/echo") == (200, b"")
        busy.request("POST", "/hold", b"in flight")
        assert echo.entered.acquire(timeout=PATIENCE)
        stopping = threading.Thread(target=server.stop)
        stopping.start()
        assert idle.sock.recv(1) == b""
        with pytest.raises(ConnectionError):
            ask_once(server, "GET", "/echo")
        assert stopping.is_alive()
        echo.released.set()
        answer = busy.getresponse()
        assert (answer.status, answer.getheader("Connection"), answer.read()) == (200, "close", b"in flight")
        stopping.join(PATIENCE)
        assert not stopping.is_alive()


def test_a_port_in_use_is_an_error(echo, server):
    with pytest.raises(OSError, match="Address already in use"):
        RestServer(server.port, THREADS, echo, Limits())


def test_a_disconnected_client_leaves_nothing_behind(server):
    for content in (b"GET ", POST + b"Content-Length: 9\r\n\r\nx"):
        with connected(server) as connection:
            connection.sendall(content)
    until(lambda: not server.active_channels)
