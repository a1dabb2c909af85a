"""A method that is answered in the threads that take its calls, by a real server and real clients."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import grpc
import pytest

from serving.errors import invalid
from serving.grpc.inline_method import Call, Handle, InlineMethod
from tests.support.waiting import PATIENCE

PATH = "/service/Method"


@contextmanager
def serving(handle: Handle, threads: int = 2) -> Iterator[Any]:
    """A server that answers PATH, and a channel to it."""
    server = grpc.server(ThreadPoolExecutor(1))
    method = InlineMethod(server, PATH, handle, threads)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    method.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield channel
        method.stop()
        assert server.stop(grace=None).wait(PATIENCE)


def ask(channel: Any, request: bytes = b"request", **options: Any) -> Any:
    """Call PATH with bytes, which gRPC's types do not have."""
    return channel.unary_unary(PATH).future(request, **{"timeout": PATIENCE, **options})


def echo(request: bytes, _: Call) -> bytes:
    return request


def _when(finish: threading.Event) -> Iterator[bytes]:
    """A stream of requests that has none before `finish`."""
    assert finish.wait(PATIENCE)
    yield b"late"


def test_a_request_is_answered():
    with serving(echo) as channel:
        assert [ask(channel, b"%d" % n).result() for n in range(50)] == [b"%d" % n for n in range(50)]


def test_the_handler_gets_deadline_and_metadata():
    calls: list[Call] = []

    def handle(request: bytes, call: Call) -> bytes:
        calls.append(call)
        return request

    with serving(handle) as channel:
        ask(channel, timeout=30, metadata=[("key", "value")]).result()
        ask(channel, timeout=None).result()
        assert ("key", "value") in calls[0].metadata
        assert 0 < calls[0].time_remaining() <= 30
        assert calls[1].time_remaining() > 365 * 86400


@pytest.mark.parametrize("message", ["out of reach", "außer Reichweite", "\ud800", ""])
def test_an_error_of_the_handler_is_the_status(message):
    def handle(request: bytes, call: Call) -> bytes:
        raise invalid(message)

    with serving(handle) as channel:
        call = ask(channel)
        assert call.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert call.details() == message.replace("\ud800", "?")


def test_as_many_requests_run_at_a_time_as_there_are_threads():
    together, running, most = threading.Barrier(3), 0, 0
    lock = threading.Lock()

    def handle(request: bytes, call: Call) -> bytes:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(PATIENCE)
        with lock:
            running -= 1
        return request

    with serving(handle, threads=3) as channel:
        assert [call.result() for call in [ask(channel) for _ in range(12)]] == [b"request"] * 12
    assert most == 3


def test_calls_without_their_request_take_no_thread():
    with serving(echo, threads=1) as channel:
        finish = threading.Event()
        calls = [channel.stream_unary(PATH).future(_when(finish), timeout=PATIENCE) for _ in range(8)]
        assert ask(channel).result() == b"request"
        finish.set()
        assert [call.result() for call in calls] == [b"late"] * 8


def test_a_call_without_a_request_is_refused():
    with serving(echo) as channel:
        call = channel.stream_unary(PATH).future(iter(()), timeout=PATIENCE)
        assert call.code() is grpc.StatusCode.UNIMPLEMENTED
        assert call.details() == f'"{PATH}" requires exactly one request message.'


def test_disconnected_clients_block_nothing():
    with serving(echo, threads=1) as channel:
        finish = threading.Event()
        waiting = [channel.stream_unary(PATH).future(_when(finish)) for _ in range(8)]
        assert ask(channel).result() == b"request"  # so the others have come, too
        for call in waiting + [ask(channel) for _ in range(8)]:
            call.cancel()
        assert ask(channel).result() == b"request"
        finish.set()


def test_a_server_stops_while_a_call_waits_for_its_request():
    finish = threading.Event()
    with serving(echo) as channel:
        waiting = channel.stream_unary(PATH).future(_when(finish))
        assert ask(channel).result() == b"request"
    finish.set()
    assert waiting.exception()


def test_a_thread_is_started_only_when_all_are_busy():
    threads = set()

    def handle(request: bytes, call: Call) -> bytes:
        threads.add(threading.current_thread().ident)
        return request

    with serving(handle, threads=512) as channel:
        for _ in range(100):
            ask(channel).result()
    assert len(threads) <= 2
