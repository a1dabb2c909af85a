"""Reads request bodies within limits, on the event loop: a slow body delays no other request and blocks no thread."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

from gateway.errors import BodyIncomplete, BodyTooLarge, BodyTooSlow, InvalidBeat, ModelOverloaded
from gateway.exchange import Request
from gateway.payload.content_encoding import decode
from gateway.settings import Settings

SMALL: Final = 128 * 2**10  # bytes; parsing a body of this size does not noticeably delay other requests
LARGE: Final = 16  # larger bodies in memory at a time, incomplete ones included (chosen by hand)
BODY_SECONDS: Final = 60.0  # time limit for a whole body (chosen by hand)
_FULL: Final = "Too many large requests are in progress; try again in a moment"


class RequestBodies:
    """Reads bodies, and limits the number of large ones in memory; for one event loop."""

    def __init__(self, settings: Settings, seconds: float = BODY_SECONDS) -> None:
        self._limit = settings.max_body_bytes
        self._patience = settings.deadline_seconds
        self._seconds = seconds
        self._room = asyncio.Semaphore(LARGE)

    @asynccontextmanager
    async def read(self, request: Request) -> AsyncIterator[bytes]:
        """Yield a whole, unpacked body. It counts as a large one from the byte SMALL + 1 until the block ends.

        Raises:
            BodyTooLarge, BodyTooSlow, BodyIncomplete, UnsupportedMediaType: See gateway.errors.
            InvalidBeat: Content-Length is invalid.
            ModelOverloaded: Too many large bodies are in memory.
        """
        async with AsyncExitStack() as room:
            body = await self._whole(request, room)
            encoding = request.headers.get(b"content-encoding")
            if encoding is not None:
                if len(body) <= SMALL:
                    await self._enter(room)  # the unpacked body may be large
                body = await asyncio.to_thread(decode, body, encoding.decode("latin1"), self._limit)
            yield body

    async def small(self, request: Request) -> bytes:
        """Return a body that is small by its Content-Length and not compressed; raises the errors of `read`."""
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
            raise BodyTooSlow(f"The body did not arrive within {self._seconds:g} s") from None

    async def _read(self, request: Request, room: AsyncExitStack | None) -> bytes:
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await request.receive()
            if message["type"] == "http.disconnect":
                raise BodyIncomplete("The connection closed before the whole body arrived")
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
            raise ModelOverloaded(_FULL, cause=f"{LARGE} are in progress") from None
