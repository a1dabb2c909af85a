"""REST's HTTP: waitress, with a deadline for each request, bounded bodies, threads for probes, and a drain."""

import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher, WSGITask
from waitress.utilities import BadRequest, Error

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
_DRAIN_SECONDS: Final = 5.0  # for a request to come that had begun when the server stops
_SMALL_BODY: Final = 128 * 2**10  # bytes; a smaller body is taken whatever room the others leave
_LARGEST_HEAD: Final = 64 * 2**10  # bytes, also of a chunk's head and of trailers
_CONNECTIONS: Final = 4096
_PROBE_THREADS: Final = 2
_LARGE_BODY: Final = 2**20  # bytes; values of JSON take up to 50 times the body's memory while they are read
_LARGE_THREADS: Final = 1
_IN_MEMORY: Final = 2**62  # bytes; waitress would put more into temporary files, or let a thread wait for a slow reader


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may send, and how long it may take."""

    body: int = 32 * 2**20  # bytes, also unpacked; 8192 beats of 187 values with all their digits
    bodies: int = 128 * 2**20  # bytes of all bodies in memory at a time
    seconds: float = 30.0  # for a whole head and body to come, and for an answer to be read
    idle_seconds: int = 60  # that a connection is kept between requests


class _NoRoom(Error):  # type: ignore[misc]  # waitress has no types
    code = 503
    reason = "Service Unavailable"


class _Parser(HTTPRequestParser):  # type: ignore[misc]
    """A request, as far as it has come; `full` tells whether the bodies of all requests leave no room."""

    command = ""
    completed = False
    error: Error | None = None

    def __init__(self, adjustments: Adjustments, full: Callable[[], bool]) -> None:
        super().__init__(adjustments)
        self._full = full

    def received(self, data: bytes) -> int:
        """Take the next bytes and return how many of them belong to this request."""
        before = self.body_bytes_received
        used: int = super().received(data)
        if not self.completed:
            self.error = self._refusal(before)
            self.completed = self.error is not None
        if self.completed:
            self.expect_continue = False  # waitress would ask for the body of a request that is refused or has none
        return used

    def _refusal(self, before: int) -> Error | None:
        # waitress joins these anew with each packet, without a limit
        beside = len(self.body_rcv.control_line) + len(self.body_rcv.trailer) if self.chunked else 0
        if beside > _LARGEST_HEAD:
            return BadRequest(f"A chunk's head or the trailers are longer than {_LARGEST_HEAD} bytes")
        if self.body_bytes_received // _SMALL_BODY > before // _SMALL_BODY and self._full():
            return _NoRoom("Too many large bodies are on their way; try again in a moment")
        return None


class _Task(WSGITask):  # type: ignore[misc]
    """One answer."""

    def build_response_header(self) -> bytes:
        """Return the head, which tells the client when no more requests are taken."""
        if self.channel.server.stopping:
            self.request.headers["CONNECTION"] = "close"
        return bytes(super().build_response_header())


class _Channel(HTTPChannel):  # type: ignore[misc]
    """A connection. `since` is when its unfinished request began, or its last answer was written."""

    server: "RestServer"
    task_class = _Task
    close_when_flushed = False
    _ends = False

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self.parser_class = partial(_Parser, full=self.server.full)
        self.since = time.monotonic()

    def received(self, data: bytes) -> bool:
        """Take the next bytes."""
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
        """Send what waits; after the last answer read on to the client's end, as a reset could take the answer away."""
        ends = self.close_when_flushed  # which a thread may set meanwhile
        if ends:
            self.close_when_flushed = False
        super().handle_write()
        if ends and self.total_outbufs_len:
            self.close_when_flushed = True
        elif ends and self.connected:
            self._ends = True
            with suppress(OSError):  # the client has gone, which the next read finds
                self.socket.shutdown(socket.SHUT_WR)

    def held(self) -> int:
        """Return the bytes of bodies in memory."""
        return sum(each.body_bytes_received for each in (self.request, *self.requests) if each is not None)

    def is_late(self, cutoff: float) -> bool:
        """Return whether the client has left a request or an answer unfinished since before `cutoff`."""
        unfinished = self._ends or self.request is not None or bool(self.total_outbufs_len)
        return not self.requests and unfinished and self.since < cutoff


class RestServer(TcpWSGIServer):  # type: ignore[misc]
    """Serves `application` on `port`: a request that is whole gets one of `threads` threads.

    GETs have threads of their own, as they are probes and metrics, which are answered at once however long Predicts
    take. Large bodies are worked on one after the other, as they take much memory. Raises OSError for a port that is
    taken.
    """

    channel_class = _Channel
    active_channels: dict[int, _Channel]

    def __init__(self, port: int, threads: int, application: WsgiApplication, limits: Limits) -> None:
        listener = socket.create_server(("0.0.0.0", port))
        self.stopping = False
        self._limits = limits
        self._predicts, self._probes, self._large = map(_dispatcher, (threads, _PROBE_THREADS, _LARGE_THREADS))
        # its other messages are about clients
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        settings = Adjustments(
            sockets=[listener],
            ident=None,
            max_request_header_size=_LARGEST_HEAD,
            max_request_body_size=limits.body + 1,
            inbuf_overflow=_IN_MEMORY,
            outbuf_overflow=_IN_MEMORY,
            outbuf_high_watermark=_IN_MEMORY,
            connection_limit=min(_CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] // 2),
            channel_timeout=limits.idle_seconds,
            cleanup_interval=1,
            log_socket_errors=False,
            asyncore_use_poll=True,
        )
        info = (listener.family, listener.type, listener.proto, listener.getsockname())
        super().__init__(
            application, _sock=listener, sockinfo=info, bind_socket=False, dispatcher=self._predicts, adj=settings
        )
        self._thread = threading.Thread(target=self._serve, name="rest", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that is listened on."""
        return int(self.effective_port)

    def add_task(self, task: _Channel) -> None:
        """Have a thread answer the first request of a connection."""
        self._dispatcher_for(task.requests[0]).add_task(task)

    def _dispatcher_for(self, request: _Parser) -> ThreadedTaskDispatcher:
        if request.command != "POST" or request.error:
            return self._probes
        # a small body may be large when it is unpacked
        large = request.body_bytes_received > _LARGE_BODY or "CONTENT_ENCODING" in request.headers
        return self._large if large else self._predicts

    def full(self) -> bool:
        """Return whether there is no room for more of a large body."""
        return sum(channel.held() for channel in list(self.active_channels.values())) > self._limits.bodies

    def maintenance(self, now: float) -> None:
        """Close connections that are idle, or whose clients send or read too slowly."""
        super().maintenance(now)
        cutoff = time.monotonic() - (_DRAIN_SECONDS if self.stopping else self._limits.seconds)
        for channel in list(self.active_channels.values()):
            if channel.is_late(cutoff):
                channel.will_close = True
                channel.handle_close()  # at once, as its client may never read

    def _serve(self) -> None:
        while not self.stopping:
            wasyncore.loop(self.adj.asyncore_loop_timeout, use_poll=True, map=self._map, count=1)
        wasyncore.dispatcher.close(self)  # listens no more
        while self.active_channels:
            self._close_idle()
            wasyncore.loop(0.1, use_poll=True, map=self._map, count=1)
        for dispatcher in (self._predicts, self._probes, self._large):
            dispatcher.set_thread_count(0)

    def _close_idle(self) -> None:
        self.maintenance(time.time())
        for channel in self.active_channels.values():
            channel.will_close |= not (channel.requests or channel.request or channel.total_outbufs_len)

    def stop(self) -> None:
        """Accept nothing more, and wait for the requests in flight."""
        self.stopping = True
        self.pull_trigger()
        self._thread.join()
        self.trigger.close()


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.set_thread_count(threads)
    return made
