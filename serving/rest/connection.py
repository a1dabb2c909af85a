"""An HTTP connection of the REST API: the request parser with limits, and the end of the connection."""

import socket
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.task import WSGITask
from waitress.utilities import BadRequest, Error

if TYPE_CHECKING:
    from serving.rest.server import RestServer

_SMALL_BODY: Final = 128 * 2**10  # bytes; smaller bodies are accepted even if the limit for all bodies is reached
LARGEST_HEAD: Final = 64 * 2**10  # bytes of headers, of a chunk's head, or of trailers; chosen by hand


class _NoRoom(Error):  # type: ignore[misc]  # waitress has no types
    code = 503
    reason = "Service Unavailable"


class Parser(HTTPRequestParser):  # type: ignore[misc]
    """A partly received request; `full` returns whether the bodies of all requests have reached their limit."""

    command = ""
    completed = False
    error: Error | None = None

    def __init__(self, adjustments: Adjustments, full: Callable[[], bool]) -> None:
        super().__init__(adjustments)
        self._full = full

    def received(self, data: bytes) -> int:
        """Parse the next bytes, and return how many of them belong to this request."""
        before = self.body_bytes_received
        used: int = super().received(data)
        if not self.completed:
            self.error = self._refusal(before)
            self.completed = self.error is not None
        if self.completed:
            self.expect_continue = False  # otherwise waitress asks for a body even if the request is refused
        return used

    def _refusal(self, before: int) -> Error | None:
        # waitress has no limit for these, and copies them with each packet
        outside_body = len(self.body_rcv.control_line) + len(self.body_rcv.trailer) if self.chunked else 0
        if outside_body > LARGEST_HEAD:
            return BadRequest(f"A chunk's head or the trailers are longer than {LARGEST_HEAD} bytes")
        if self.body_bytes_received // _SMALL_BODY > before // _SMALL_BODY and self._full():
            return _NoRoom("Too many large bodies are in progress; try again in a moment")
        return None


class _Task(WSGITask):  # type: ignore[misc]
    """One answer."""

    def build_response_header(self) -> bytes:
        """Return the headers, with `Connection: close` when the server stops."""
        if self.channel.server.stopping:
            self.request.headers["CONNECTION"] = "close"
        return bytes(super().build_response_header())


class Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. `since` is the time when its unfinished request began, or its last answer was written."""

    server: "RestServer"
    task_class = _Task
    close_when_flushed = False
    _ends = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.parser_class = partial(Parser, full=self.server.full)
        self.since = time.monotonic()

    def received(self, data: bytes) -> bool:
        """Process the next bytes; return whether they were accepted."""
        if self._ends:
            return False
        if self.request is None:
            self.since = time.monotonic()
        return bool(super().received(data))

    def service(self) -> None:
        """Answer the first request, in a thread."""
        super().service()
        self.since = time.monotonic()

    def handle_write(self) -> None:
        """Send waiting bytes; after the last answer close only the sending side, as a reset could lose the answer."""
        ends = self.close_when_flushed  # a copy, because a thread may set it meanwhile
        if ends:
            self.close_when_flushed = False
        super().handle_write()
        if ends and self.total_outbufs_len:
            self.close_when_flushed = True
        elif ends and self.connected:
            self._ends = True
            with suppress(OSError):  # the client has gone, which the next read notices
                self.socket.shutdown(socket.SHUT_WR)

    def held(self) -> int:
        """Return the size of this connection's bodies in memory, in bytes."""
        return sum(each.body_bytes_received for each in (self.request, *self.requests) if each is not None)

    def is_late(self, cutoff: float) -> bool:
        """Return whether the client has not finished sending a request or reading an answer since before `cutoff`."""
        unfinished = self._ends or self.request is not None or bool(self.total_outbufs_len)
        return not self.requests and unfinished and self.since < cutoff
