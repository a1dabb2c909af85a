"""Bodies that come in parts, slowly, not at all, or larger than they may be."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from gateway.errors import BodyIncomplete, BodyTooSlow, ModelOverloaded
from gateway.http.request_body import LARGE, SMALL, Intake
from gateway.settings import Settings

SETTINGS = replace(Settings(), max_body_bytes=SMALL * 2, deadline_seconds=0.01)


def coming(*parts: bytes, ends: bool = True) -> Any:
    """Gives the parts, and then waits for ever if it does not end."""
    more = iter(parts)
    left = len(parts)

    async def receive() -> dict[str, Any]:
        nonlocal left
        left -= 1
        if left < 0:
            await asyncio.Event().wait()
        return {"type": "http.request", "body": next(more), "more_body": left > 0 or not ends}

    return receive


async def taken(intake: Intake, receive: Any, length: int = 0) -> bytes:
    async with intake.whole(receive, length) as body:
        return body


def test_a_body_comes_in_parts():
    assert asyncio.run(taken(Intake(SETTINGS), coming(b"one", b"", b"two"))) == b"onetwo"


def test_what_is_larger_than_it_may_be_is_read_no_further():
    parts = [b"x" * SMALL] * 10
    assert len(asyncio.run(taken(Intake(SETTINGS), coming(*parts)))) == 3 * SMALL


@pytest.mark.parametrize("length", [0, SMALL + 1])
def test_a_body_that_does_not_come_is_given_up_and_leaves_its_room(length):
    async def slow() -> None:
        intake = Intake(SETTINGS, seconds=0.01)
        for _ in range(LARGE + 1):
            with pytest.raises(BodyTooSlow, match=r"within 0\.01 s"):
                await taken(intake, coming(b"x" * (SMALL + 1), ends=False), length)

    asyncio.run(slow())


@pytest.mark.parametrize("length", [0, SMALL + 1])
def test_there_is_room_for_so_many_large_ones_and_for_any_number_of_small_ones(length):
    async def crowd() -> None:
        intake = Intake(SETTINGS)
        waiting = [asyncio.create_task(taken(intake, coming(b"x" * (SMALL + 1), ends=False))) for _ in range(LARGE)]
        await asyncio.sleep(0)
        with pytest.raises(ModelOverloaded):
            await taken(intake, coming(b"x" * (SMALL + 1)), length)
        assert await taken(intake, coming(b"x" * SMALL)) == b"x" * SMALL
        for each in waiting:
            each.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        assert len(await taken(intake, coming(b"x" * (SMALL + 1)), length)) == SMALL + 1

    asyncio.run(crowd())


def test_a_small_body_that_does_not_come_is_given_up_too():
    with pytest.raises(BodyTooSlow):
        asyncio.run(Intake(SETTINGS, seconds=0.01).small(coming(b"{", ends=False)))


def test_a_caller_who_goes_away_has_not_ended_the_body():
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    for take in (Intake(SETTINGS).small(gone), taken(Intake(SETTINGS), gone)):
        with pytest.raises(BodyIncomplete):
            asyncio.run(take)
