"""Reads request bodies within limits, on the event loop: a slow one holds up neither other requests nor a thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from gateway.errors import BodyIncomplete, BodyTooLarge, BodyTooSlow, InvalidBeat, ModelOverloaded
from gateway.exchange import Request
from gateway.payload.content_encoding import decode
from gateway.settings import Settings

SMALL: Final = 128 * 2**10  # bytes of a body that does not hold up the others while it is read
LARGE: Final = 16  # larger bodies in memory at a time, some of them on their way
BODY_SECONDS: Final = 60.0  # for a whole body
_FULL: Final = "Too many large requests are worked on; try again in a moment"


class RequestBodies:
    """Has room for so many large bodies; for one event loop."""

    def __init__(self, settings: Settings, seconds: float = BODY_SECONDS) -> None:
        self._limit = settings.max_body_bytes
        self._patience = settings.deadline_seconds
        self._seconds = seconds
        self._room = asyncio.Semaphore(LARGE)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Give a body. A large one has its room from when so much of it has come until the end of the block.

        Raises:
            BodyTooLarge, BodyTooSlow, BodyIncomplete, UnsupportedMediaType: as they say.
            InvalidBeat: Content-Length is not a length.
            ModelOverloaded: there is no room for a large body.
        """
        async with AsyncExitStack() as room:
            body = await self._whole(request, room)
            encoding = request.headers.get(b"content-encoding")
            if encoding is not None:
                if len(body) <= SMALL:
                    await self._enter(room)  # it may be large when it is unpacked
                body = await asyncio.to_thread(decode, body, encoding.decode("latin1"), self._limit)
            yield body

    async def small(self, request: Request) -> bytes:
        """Give a body that needs no room, by its length and as it is not compressed; raises as `read` does."""
        return await self._whole(request, None)

    async def _whole(self, request: Request, room: AsyncExitStack | None) -> bytes:
        length = request.content_length
        if length is None and b"content-length" in request.headers:
            raise InvalidBeat("Content-Length is not a number of bytes")
        if length is not None and length > self._limit:
            raise BodyTooLarge(self._limit)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._read(request, room)
        except TimeoutError:
            raise BodyTooSlow(f"The body did not come within {self._seconds:g} s") from None

    async def _read(self, request: Request, room: AsyncExitStack | None) -> bytes:
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise BodyIncomplete("The connection ended before the body did")
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            more = bool(message.get("more_body"))
            if size > self._limit:
                raise BodyTooLarge(self._limit)
            if room and size > SMALL:
                await self._enter(room)
                room = None
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def _enter(self, room: AsyncExitStack) -> None:
        """Wait until one more large body may be in memory."""
        try:
            async with asyncio.timeout(self._patience):
                await room.enter_async_context(self._room)
        except TimeoutError:
            raise ModelOverloaded(_FULL, cause=f"{LARGE} are worked on") from None
