"""The HTTP client with a real server that sends scripted responses."""

import asyncio
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import cast

import pytest

from bench.load.generator import Load, Target, first_fault, generate
from bench.load.http_client import MalformedAnswer, post, split
from bench.load.record import Window
from tests.support.waiting import PATIENCE

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 4\r\n\r\nbusy"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1;x=y\r\nk\r\n0\r\n\r\n"
REQUEST = post("127.0.0.1", "/predict", json.dumps({"features": [0.5] * 140}).encode())


class Server:
    """Answers each request with the response of `script` for its number."""

    def __init__(self, script: Callable[[int], bytes | None]) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while True:
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionError):
                break
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            self.requests.append(head + await reader.readexactly(length))
            answer = self.script(len(self.requests))
            if answer is None:
                break
            for place in range(0, len(answer), 7):  # in pieces
                writer.write(answer[place : place + 7])
                await writer.drain()
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@contextmanager
def serving(script: Callable[[int], bytes | None]) -> Iterator[Server]:
    server, ready, done = Server(script), threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()

    async def run() -> None:
        listening = await asyncio.start_server(server._serve, "127.0.0.1", 0)
        server.port = listening.sockets[0].getsockname()[1]
        ready.set()
        await done.wait()
        listening.close()
        connections = asyncio.all_tasks() - {asyncio.current_task()}
        if connections:  # what the loop leaves open is complained of in another test
            await asyncio.wait(connections, timeout=PATIENCE)

    thread = threading.Thread(target=lambda: (loop.run_until_complete(run()), loop.close()))
    thread.start()
    assert ready.wait(PATIENCE)
    try:
        yield server
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join()


def ok(body: bytes) -> bool:
    return body == b"ok"


class Asked:
    """A window that ends after a number of requests at the server."""

    start, seconds = 0.0, 1.0

    def __init__(self, server: Server, requests: int) -> None:
        self._server, self._requests = server, requests
        self._end, self._last = 0.0, time.monotonic() + PATIENCE

    @property
    def end(self) -> float:
        now = time.monotonic()
        if len(self._server.requests) < self._requests and now < self._last:
            self._end = now + 0.01  # when to look again
        return self._end

    def __contains__(self, moment: float) -> bool:
        return True


def ask(server: Server, request: bytes = REQUEST, connections: int = 2, requests: int = 30):
    target = Target("http", server.port, request, ok)
    window = cast(Window, Asked(server, requests))
    return generate(target, Load(connections, None, window, patience=PATIENCE))


def test_answers_are_counted_and_connections_kept():
    with serving(lambda number: OK) as server:
        outcome = ask(server)
    assert len(outcome.latencies) > 10
    assert not outcome.faults
    assert server.connections == 2
    assert set(server.requests) == {REQUEST}


def test_an_answer_in_chunks_is_an_answer():
    with serving(lambda number: CHUNKED) as server:
        outcome = ask(server)
    assert len(outcome.latencies) > 10
    assert not outcome.faults


def test_other_statuses_are_counted_apart():
    with serving(lambda number: BUSY if number % 2 else OK) as server:
        outcome = ask(server)
    assert set(outcome.faults) == {"503"}
    assert outcome.faults["503"] > 10
    assert len(outcome.latencies) > 10


def test_a_wrong_answer_among_the_checked_ones_is_found():
    with serving(lambda number: OK.replace(b"ok", b"no")) as server:
        outcome = ask(server)
    assert outcome.faults["wrong answer"] > 0


def test_a_lost_connection_is_a_fault_and_is_opened_again():
    with serving(lambda number: None if number == 5 else OK) as server:
        outcome = ask(server)
    assert outcome.faults == {"ConnectionResetError": 1}
    assert server.connections == 3
    assert len(outcome.latencies) > 10


def test_an_answer_that_is_not_http_is_a_fault():
    with serving(lambda number: b"nonsense\r\n\r\n" if number == 3 else OK) as server:
        outcome = ask(server)
    assert outcome.faults == {"MalformedAnswer": 1}


def test_a_large_request_arrives_whole():
    request = post("127.0.0.1", "/predict", b"7" * 5_000_000)
    with serving(lambda number: OK) as server:
        outcome = ask(server, request, requests=3)
    assert len(outcome.latencies) >= 3
    assert not outcome.faults
    assert set(server.requests) == {request}


def test_the_first_right_answer_is_distinguished_from_others():
    with serving(lambda number: BUSY if number == 1 else OK) as server:
        target = Target("http", server.port, REQUEST, ok)
        assert first_fault(target) == "503"
        assert first_fault(target) == ""
        server.script = lambda number: OK.replace(b"ok", b"no")
        assert first_fault(target) == "wrong answer"
    assert first_fault(target) == "ConnectionRefusedError"


@pytest.mark.parametrize(
    ("data", "wanted"),
    [
        (OK, ("200", b"ok")),
        (OK[:-1], None),
        (OK[:20], None),
        (b"", None),
        (BUSY, ("503", b"busy")),
        (CHUNKED, ("200", b"ok")),
        (CHUNKED[:-2], None),
    ],
)
def test_a_complete_answer_is_split(data, wanted):
    assert split(data) == wanted


@pytest.mark.parametrize(
    "data", [b"HTTP/1.1 200 OK\r\n\r\n", b"SSH-2.0\r\n\r\n", b"HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n"]
)
def test_malformed_answers_are_rejected(data):
    with pytest.raises(MalformedAnswer):
        split(data)
