"""Takes bodies in on the event loop, where one that comes slowly holds up nobody, before a thread is given to them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from gateway.errors import BodyIncomplete, BodyTooSlow, ModelOverloaded
from gateway.http.asgi import Receive
from gateway.settings import Settings

SMALL: Final = 128 * 2**10  # bytes of a body that does not hold up the others while it is read
LARGE: Final = 16  # larger bodies in memory at a time, some of them on their way
BODY_SECONDS: Final = 60.0  # for a whole body
_FULL: Final = "Too many large requests are worked on; try again in a moment"


class Intake:
    """Has room for so many large bodies; for one event loop only."""

    def __init__(self, settings: Settings, seconds: float = BODY_SECONDS) -> None:
        self._settings = settings
        self._seconds = seconds
        self._room = asyncio.Semaphore(LARGE)

    @asynccontextmanager
    async def whole(self, receive: Receive, length: int = 0) -> AsyncIterator[bytes]:
        """Give a body, or the first bytes beyond the limit of one that is larger; its room is kept for the block.

        Raises ModelOverloaded if there is no room for a large one, BodyTooSlow, BodyIncomplete.
        """
        async with AsyncExitStack() as room:
            if length > SMALL:
                await self._enter(room)
            yield await self._in_time(receive, None if length > SMALL else room)

    async def small(self, receive: Receive) -> bytes:
        """Give a body that is known to need no room; raise BodyTooSlow or BodyIncomplete."""
        return await self._in_time(receive, None)

    async def _in_time(self, receive: Receive, room: AsyncExitStack | None) -> bytes:
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(receive, room)
        except TimeoutError:
            raise BodyTooSlow(f"The body did not come within {self._seconds:g} s") from None

    async def _read(self, receive: Receive, room: AsyncExitStack | None) -> bytes:
        body, more = bytearray(), True
        while more and len(body) <= self._settings.max_body_bytes:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise BodyIncomplete("The connection ended before the body did")
            body += message.get("body", b"")
            more = bool(message.get("more_body"))
            if room and len(body) > SMALL:
                await self._enter(room)
                room = None
        return bytes(body)

    async def _enter(self, room: AsyncExitStack) -> None:
        """Wait until one more large body may be in memory."""
        try:
            async with asyncio.timeout(self._settings.deadline_seconds):
                await room.enter_async_context(self._room)
        except TimeoutError:
            raise ModelOverloaded(_FULL, cause=f"{LARGE} are worked on") from None
