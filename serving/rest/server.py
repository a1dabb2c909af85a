"""REST's HTTP: waitress, with a deadline for each request, bounded bodies, threads for probes, and a drain."""

import errno
import logging
import resource
import socket
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from serving.rest.connection import LARGEST_HEAD, Channel, Parser

WsgiApplication = Callable[[dict[str, Any], Any], Iterable[bytes]]
_DRAIN_SECONDS: Final = 5.0  # for a request to come that had begun when the server stops
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


class RestServer(TcpWSGIServer):  # type: ignore[misc]
    """Serves `application` on `port`: a request that is whole gets one of `threads` threads.

    GETs have threads of their own, as they are probes and metrics, which are answered at once however long Predicts
    take. Large bodies are worked on one after the other, as they take much memory. Raises OSError for a port that is
    taken.
    """

    channel_class = Channel
    active_channels: dict[int, Channel]

    def __init__(self, port: int, threads: int, application: WsgiApplication, limits: Limits) -> None:
        listener = listen(port)
        self.stopping = False
        self._limits = limits
        self._predicts, self._probes, self._large = map(_dispatcher, (threads, _PROBE_THREADS, _LARGE_THREADS))
        # its other messages are about clients
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        settings = Adjustments(
            sockets=[listener],
            ident=None,
            max_request_header_size=LARGEST_HEAD,
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

    def add_task(self, task: Channel) -> None:
        """Have a thread answer the first request of a connection."""
        self._dispatcher_for(task.requests[0]).add_task(task)

    def _dispatcher_for(self, request: Parser) -> ThreadedTaskDispatcher:
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


def listen(port: int) -> socket.socket:
    """Listen on IPv4 and IPv6 with one socket, or on IPv4 alone where there is no IPv6.

    Raises:
        OSError: The port is taken.
    """
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
    return socket.create_server(("", port))


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    made = ThreadedTaskDispatcher()
    made.set_thread_count(threads)
    return made
