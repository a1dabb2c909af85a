"""One address of a model server: its channel, its versions, and whether it answers as it should."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import grpc.aio

EJECT_AFTER: Final = 2  # attempts in a row that failed or were overtaken: one may be chance
EJECTED_SECONDS: Final = 1.0  # times the number of ejections, as Envoy's outlier detection counts them
MOST_EJECTED_SECONDS: Final = 30.0
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),  # sending has no limit of its own
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 250),
    ("grpc.min_reconnect_backoff_ms", 1000),  # in spite of its name, how long one attempt may take
    # A connection whose packets are lost is given up, else TCP tries it again only after as long as they were lost. The
    # model server allows such pings, as it answers a probe between two of them.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.enable_http_proxy", 0),  # a proxy of the environment is for the world outside
    ("grpc.enable_retries", 0),  # failover.py retries
)
_log = logging.getLogger("gateway.endpoints")


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the model server, and the message of its answer; a request is a message or serialized."""

    path: str
    response: Any


def _serialized(request: Any) -> bytes:
    serialized: bytes = request if isinstance(request, bytes) else request.SerializeToString()
    return serialized


class Endpoint:
    """Calls on one channel. `versions` are the AVAILABLE ones, None before they were asked for."""

    def __init__(self, address: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.address = address
        self.versions: frozenset[int] | None = None
        self.in_flight = 0
        self.clock = clock
        self._channel = grpc.aio.insecure_channel(address, options=_OPTIONS)
        self._methods: dict[str, Any] = {}
        self._failures = 0
        self._failed_at = -inf
        self._ejections = 0
        self._answered = False  # since it was let in
        self._ejected_until: float | None = None

    def start(self, method: Method, request: object, timeout: float, metadata: Any = None) -> Any:
        """Start a call that ends within `timeout` seconds; give it, to be awaited."""
        made = self._methods.get(method.path)
        if made is None:
            made = self._methods[method.path] = self._channel.unary_unary(
                f"/tensorflow.serving.{method.path}",
                request_serializer=_serialized,
                response_deserializer=method.response.FromString,
            )
        call = made(request, timeout=timeout, metadata=metadata)
        self.in_flight += 1
        call.add_done_callback(self._ended)
        return call

    def _ended(self, _: object) -> None:
        self.in_flight -= 1

    @property
    def ejected(self) -> bool:
        """Whether it is out of turn until a probe succeeds."""
        return self._ejected_until is not None

    def succeeded(self) -> None:
        """Count an attempt that was answered in time, whatever the answer."""
        self._failures, self._answered = 0, True

    def failed(self, since: float = inf) -> None:
        """Count an attempt, begun `since` by the clock, that was not answered, or so late that another was faster.

        Attempts that were under way at the same time, as those of a connection that breaks, count once.
        """
        if since < self._failed_at:
            return
        self._failures, self._failed_at = self._failures + 1, self.clock()
        if self._failures >= EJECT_AFTER and self._ejected_until is None:
            self._ejections += 1
            seconds = min(EJECTED_SECONDS * self._ejections, MOST_EJECTED_SECONDS)
            self._ejected_until = self.clock() + seconds
            fields = {"endpoint": self.address, "seconds": seconds}
            _log.warning("a model server does not answer and is out of turn", extra={"fields": fields})

    def probed(self) -> None:
        """Let it in again after a probe that succeeded, unless it was ejected a moment ago.

        Probes may be answered where calls hang, so only answered calls make the next ejection short again.
        """
        if self._ejected_until is None:
            if self._answered and not self._failures:
                self._ejections = 0
        elif self.clock() >= self._ejected_until:
            self._ejected_until, self._failures, self._answered = None, 0, False
            _log.info("a model server is in turn again", extra={"fields": {"endpoint": self.address}})

    async def close(self, grace: float | None = None) -> None:
        """Close the channel when its calls have ended, after `grace` seconds at most."""
        await self._channel.close(grace)
