"""An endpoint, one address of a model server: its channel, its versions, and its ejection when it fails."""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from math import inf
from typing import Any, Final

import grpc.aio

EJECT_AFTER: Final = 2  # consecutive failures, because a single one may be chance; chosen by hand
EJECTED_SECONDS: Final = 1.0  # multiplied by the number of ejections, like Envoy's outlier detection; chosen by hand
MOST_EJECTED_SECONDS: Final = 30.0  # chosen by hand
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),  # unlimited; gRPC does not limit sending by default
    ("grpc.initial_reconnect_backoff_ms", 50),
    ("grpc.max_reconnect_backoff_ms", 250),
    ("grpc.min_reconnect_backoff_ms", 1000),  # despite its name, the time limit of one connection attempt
    # Close a connection whose packets are lost. Otherwise TCP's backoff would delay its recovery by as long as the
    # packets were lost. The model server allows these pings, because it answers a probe between two of them.
    ("grpc.keepalive_time_ms", 10_000),
    ("grpc.keepalive_timeout_ms", 5_000),
    ("grpc.enable_http_proxy", 0),  # a proxy of the environment is for hosts outside the cluster
    ("grpc.enable_retries", 0),  # failover.py retries
)
_log = logging.getLogger("gateway.endpoints")


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the model server, and the message class of its answer; a request is a message or its bytes."""

    path: str
    response: Any


def _serialized(request: Any) -> bytes:
    serialized: bytes = request if isinstance(request, bytes) else request.SerializeToString()
    return serialized


class Endpoint:
    """Makes calls on one channel. `versions` are the AVAILABLE versions, None before the first probe."""

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
        self._answered = False  # whether a call was answered since the last ejection
        self._ejected_until: float | None = None

    def start(self, method: Method, request: object, timeout: float, metadata: Any = None) -> Any:
        """Start a call that ends within `timeout` seconds; return the awaitable call."""
        multi_callable = self._methods.get(method.path)
        if multi_callable is None:
            multi_callable = self._methods[method.path] = self._channel.unary_unary(
                f"/tensorflow.serving.{method.path}",
                request_serializer=_serialized,
                response_deserializer=method.response.FromString,
            )
        call = multi_callable(request, timeout=timeout, metadata=metadata)
        self.in_flight += 1
        call.add_done_callback(self._ended)
        return call

    def _ended(self, _: object) -> None:
        self.in_flight -= 1

    @property
    def ejected(self) -> bool:
        """Whether it is ejected until a probe succeeds."""
        return self._ejected_until is not None

    def succeeded(self) -> None:
        """Count an attempt that was answered in time, even if the answer was an error."""
        self._failures, self._answered = 0, True

    def failed(self, since: float = inf) -> None:
        """Count a failure: an attempt, started at `since`, that had no answer or was slower than another endpoint.

        Attempts that overlap in time, such as all calls on a broken connection, count once.
        """
        if since < self._failed_at:
            return
        self._failures, self._failed_at = self._failures + 1, self.clock()
        if self._failures >= EJECT_AFTER and self._ejected_until is None:
            self._ejections += 1
            seconds = min(EJECTED_SECONDS * self._ejections, MOST_EJECTED_SECONDS)
            self._ejected_until = self.clock() + seconds
            fields = {"endpoint": self.address, "seconds": seconds}
            _log.warning("a model server does not answer and is ejected", extra={"fields": fields})

    def probed(self) -> None:
        """Count an answered probe, and readmit the endpoint when its ejection time has passed.

        Only answered calls reset the length of the next ejection, because a server may answer probes while calls hang.
        """
        if self._ejected_until is None:
            if self._answered and not self._failures:
                self._ejections = 0
        elif self.clock() >= self._ejected_until:
            self._ejected_until, self._failures, self._answered = None, 0, False
            _log.info("an ejected model server is readmitted", extra={"fields": {"endpoint": self.address}})

    async def close(self, grace: float | None = None) -> None:
        """Close the channel when its calls have ended, or after `grace` seconds."""
        await self._channel.close(grace)
