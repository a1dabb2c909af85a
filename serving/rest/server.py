"""The HTTP server of the REST API: waitress with time limits, body limits, threads for probes, and a drain."""

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
_DRAIN_SECONDS: Final = 5.0  # for the rest of a request that had begun when the server stops; chosen by hand
_CONNECTIONS: Final = 4096  # chosen by hand
_PROBE_THREADS: Final = 2
_LARGE_BODY: Final = 2**20  # bytes; parsed JSON values take up to 50 times the memory of their text
_LARGE_THREADS: Final = 1
_IN_MEMORY: Final = 2**62  # bytes; beyond it waitress uses temporary files, and a slow reader blocks a thread


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits for clients: sizes in bytes, times in seconds; chosen by hand."""

    body: int = 32 * 2**20  # one body, also unpacked; enough for 8192 beats of 187 values with all digits
    bodies: int = 128 * 2**20  # all bodies in memory together
    seconds: float = 30.0  # for sending a whole request, and for reading an answer
    idle_seconds: int = 60  # for an idle connection between requests


class RestServer(TcpWSGIServer):  # type: ignore[misc]
    """Serves `application` on `port`: a completely received request gets one of `threads` threads.

    GET requests have their own threads, so that probes and metrics do not wait for Predicts. Large bodies are processed
    one after the other, because they take much memory.

    Raises:
        OSError: The port is in use.
    """

    channel_class = Channel
    active_channels: dict[int, Channel]

    def __init__(self, port: int, threads: int, application: WsgiApplication, limits: Limits) -> None:
        listener = listen(port)
        self.stopping = False
        self._limits = limits
        self._predicts, self._probes, self._large = map(_dispatcher, (threads, _PROBE_THREADS, _LARGE_THREADS))
        # its warnings would repeat for every waiting request
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
        """The port on which the server listens."""
        return int(self.effective_port)

    def add_task(self, task: Channel) -> None:
        """Queue the first request of a connection for a thread."""
        self._dispatcher_for(task.requests[0]).add_task(task)

    def _dispatcher_for(self, request: Parser) -> ThreadedTaskDispatcher:
        if request.command != "POST" or request.error:
            return self._probes
        # a small compressed body may be large after unpacking
        large = request.body_bytes_received > _LARGE_BODY or "CONTENT_ENCODING" in request.headers
        return self._large if large else self._predicts

    def full(self) -> bool:
        """Return whether all bodies in memory together have reached their limit."""
        return sum(channel.held() for channel in list(self.active_channels.values())) > self._limits.bodies

    def maintenance(self, now: float) -> None:
        """Close idle connections, and connections whose clients send or read too slowly."""
        super().maintenance(now)
        cutoff = time.monotonic() - (_DRAIN_SECONDS if self.stopping else self._limits.seconds)
        for channel in list(self.active_channels.values()):
            if channel.is_late(cutoff):
                channel.will_close = True
                channel.handle_close()  # at once, because its client may never read

    def _serve(self) -> None:
        while not self.stopping:
            wasyncore.loop(self.adj.asyncore_loop_timeout, use_poll=True, map=self._map, count=1)
        wasyncore.dispatcher.close(self)  # closes only the listening socket
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
        """Accept no more connections, and wait for the requests in flight."""
        self.stopping = True
        self.pull_trigger()
        self._thread.join()
        self.trigger.close()


def listen(port: int) -> socket.socket:
    """Listen on IPv4 and IPv6 with one socket, or only on IPv4 if the host has no IPv6.

    Raises:
        OSError: The port is in use.
    """
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise
    return socket.create_server(("", port))


def _dispatcher(threads: int) -> ThreadedTaskDispatcher:
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(threads)
    return dispatcher
