"""Bodies that come in parts, slowly, not at all, or larger than they may be."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.deadline import Deadline
from gateway.errors import BodyIncomplete, BodyTooLarge, BodyTooSlow, InvalidBeat, ModelOverloaded
from gateway.exchange import Request
from gateway.http.request_body import LARGE, SMALL, RequestBodies
from gateway.settings import Settings

SETTINGS = replace(Settings(), max_body_bytes=SMALL * 2, deadline_seconds=0.01)
PROMISES = [None, SMALL + 1]  # as Content-Length; None where the body comes chunked


class Coming:
    """Gives the parts, and then waits for ever if it does not end."""

    def __init__(self, *parts: bytes, ends: bool = True) -> None:
        self.left = list(parts)
        self._ends = ends

    async def __call__(self) -> dict[str, Any]:
        if not self.left:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": self.left.pop(0), "more_body": bool(self.left) or not self._ends}


async def read(bodies: RequestBodies, receive: Callable[[], Awaitable[Any]], length: str | int | None = None) -> bytes:
    headers = {} if length is None else {b"content-length": str(length).encode()}
    request = Request({"type": "http", "method": "POST"}, receive, "id", "POST", None, headers, Deadline(60))
    async with bodies.read(request) as body:
        return body


def test_a_body_arrives_in_parts():
    assert asyncio.run(read(RequestBodies(SETTINGS), Coming(b"one", b"", b"two"))) == b"onetwo"


def test_a_body_above_the_limit_is_read_no_further():
    coming = Coming(*[b"x" * SMALL] * 10)
    with pytest.raises(BodyTooLarge, match=f"limit of {SMALL * 2} bytes") as caught:
        asyncio.run(read(RequestBodies(SETTINGS), coming))
    assert caught.value.where == {"limit": SMALL * 2}
    assert len(coming.left) == 7


@pytest.mark.parametrize(
    ("length", "error"),
    [(SMALL * 2 + 1, BodyTooLarge), ("many", InvalidBeat), ("9" * 20, InvalidBeat), ("", InvalidBeat)],
)
def test_a_too_large_or_invalid_length_is_rejected_before_reading(length, error):
    coming = Coming(b"x")
    with pytest.raises(error):
        asyncio.run(read(RequestBodies(SETTINGS), coming, length))
    assert coming.left == [b"x"]


def test_a_body_of_the_largest_size_is_accepted():
    body = b"x" * SMALL * 2
    assert asyncio.run(read(RequestBodies(SETTINGS), Coming(body), len(body))) == body


@pytest.mark.parametrize("came", [b"{", b"x" * (SMALL + 1)])
@pytest.mark.parametrize("length", PROMISES)
def test_a_body_that_does_not_arrive_times_out_and_frees_its_memory(length, came):
    async def slow() -> None:
        bodies = RequestBodies(SETTINGS, seconds=0.01)
        for _ in range(LARGE + 1):
            with pytest.raises(BodyTooSlow, match=r"within 0\.01 s"):
                await read(bodies, Coming(came, ends=False), length)

    asyncio.run(slow())


@pytest.mark.parametrize("length", PROMISES)
def test_large_bodies_are_limited_and_small_ones_are_not(length):
    large = b"x" * (SMALL + 1)

    async def crowd() -> None:
        bodies = RequestBodies(SETTINGS)
        waiting = [asyncio.create_task(read(bodies, Coming(large, ends=False), length)) for _ in range(LARGE)]
        await asyncio.sleep(0)  # each has begun
        with pytest.raises(ModelOverloaded):
            await read(bodies, Coming(large), length)
        assert await read(bodies, Coming(b"x" * SMALL)) == b"x" * SMALL
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert await read(bodies, Coming(large), length) == large

    asyncio.run(crowd())


def test_a_large_body_holds_its_memory_while_it_is_used():
    async def crowd() -> None:
        bodies, large = RequestBodies(SETTINGS), b"x" * (SMALL + 1)
        used, done = asyncio.Semaphore(0), asyncio.Event()

        async def use() -> None:
            request = Request({"type": "http", "method": "POST"}, Coming(large), "id", "POST", None, {}, Deadline(60))
            async with bodies.read(request):
                used.release()
                await done.wait()

        async with asyncio.TaskGroup() as tasks:
            for _ in range(LARGE):
                tasks.create_task(use())
                await used.acquire()
            with pytest.raises(ModelOverloaded):
                await read(bodies, Coming(large))
            done.set()
        assert await read(bodies, Coming(large)) == large

    asyncio.run(crowd())


def test_an_announced_body_takes_no_memory():
    async def crowd() -> None:
        bodies = RequestBodies(SETTINGS)
        waiting = [
            asyncio.create_task(read(bodies, Coming(b"x" * SMALL, ends=False), SMALL + 1)) for _ in range(2 * LARGE)
        ]
        await asyncio.sleep(0)  # each has begun
        assert len(await read(bodies, Coming(b"x" * (SMALL + 1)), SMALL + 1)) == SMALL + 1
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(crowd())


@pytest.mark.parametrize("length", PROMISES)
def test_a_disconnect_does_not_end_the_body(length):
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    with pytest.raises(BodyIncomplete):
        asyncio.run(read(RequestBodies(SETTINGS), gone, length))
