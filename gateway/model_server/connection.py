"""The connection to the model server: one channel at a time, opened anew when none of its addresses answers."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from math import inf
from typing import Any, Final, Self

import grpc
from grpc import StatusCode

from gateway.settings import Settings

# Seconds between two openings. gRPC itself asks again for a name that it could not resolve after up to two minutes.
PAUSE: Final = 1.0


def default_channel(settings: Settings) -> grpc.Channel:
    """Open a channel; it connects at the first call and again after each loss."""
    # every address of the name is used in turn, so that requests are spread over the pods behind a headless Service
    config: dict[str, Any] = {"loadBalancingConfig": [{"round_robin": {}}]}
    if settings.retry_attempts > 1:
        # about 0.1 and 0.3 seconds: together longer than the pause before the channel connects anew
        retry: dict[str, Any] = {"initialBackoff": "0.1s", "maxBackoff": "1s", "backoffMultiplier": 3}
        # CANCELLED: nobody here cancels, so the server did, for a request that came in the moment it stopped
        retry |= {"maxAttempts": settings.retry_attempts, "retryableStatusCodes": ["UNAVAILABLE", "CANCELLED"]}
        config["methodConfig"] = [{"name": [{}], "retryPolicy": retry}]
        # while most calls fail, retries would only add load
        config["retryThrottling"] = {"maxTokens": 20, "tokenRatio": 0.5}
    return grpc.insecure_channel(
        settings.serving_target,
        options=[
            ("grpc.service_config", json.dumps(config)),
            ("grpc.max_receive_message_length", -1),  # sending has no limit of its own
            ("grpc.initial_reconnect_backoff_ms", 50),
            ("grpc.max_reconnect_backoff_ms", 250),
            ("grpc.min_reconnect_backoff_ms", 1000),  # in spite of its name, how long one attempt may take
            ("grpc.enable_http_proxy", 0),  # a proxy of the environment is for the world outside
            ("grpc.dns_min_time_between_resolutions_ms", 1000),  # a server started anew may have another address
        ],
    )


@dataclass(frozen=True, slots=True)
class Method:
    """A method of the model server, and its messages."""

    path: str
    request: Any
    response: Any

    def on(self, channel: grpc.Channel) -> Any:
        """Make it callable on a channel."""
        return channel.unary_unary(
            f"/tensorflow.serving.{self.path}",
            request_serializer=self.request.SerializeToString,
            response_deserializer=self.response.FromString,
        )


@dataclass(frozen=True, slots=True)
class _Opened:
    channel: grpc.Channel
    at: float
    calls: dict[str, Callable[..., Any]] = field(default_factory=dict)

    def call_of(self, method: Method) -> Callable[..., Any]:
        if method.path not in self.calls:
            self.calls[method.path] = method.on(self.channel)
        return self.calls[method.path]


class Retired:
    """What gets no new calls any more; closed when the calls that it had are over, each has a deadline."""

    def __init__(self, settings: Settings) -> None:
        self._seconds = settings.deadline_seconds + PAUSE
        self._waiting: deque[tuple[float, Callable[[], None]]] = deque()

    def add(self, now: float, close: Callable[[], None]) -> None:
        """Take what stopped getting calls `now`."""
        self._waiting.append((now, close))

    def close(self, now: float = inf) -> None:
        """Close what has been here for longer than any call may take."""
        while self._waiting and now - self._waiting[0][0] > self._seconds:
            self._waiting.popleft()[1]()


class Connection:
    """Calls with a deadline; safe to share between threads."""

    def __init__(
        self,
        settings: Settings,
        open_channel: Callable[[Settings], grpc.Channel] = default_channel,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._open_channel = open_channel
        self._clock = clock
        self._renewing = threading.Lock()
        self._retired = Retired(settings)
        self._opened = self._open()

    def _open(self) -> _Opened:
        return _Opened(self._open_channel(self._settings), self._clock())

    def call(self, method: Method, request: object) -> Any:
        """Return the answer, or raise grpc.RpcError; where no address answers, once more on a new channel."""
        end = self._clock() + self._settings.deadline_seconds
        opened = self._opened
        try:
            return opened.call_of(method)(request, timeout=end - self._clock())
        except grpc.RpcError as error:
            if error.code() is not StatusCode.UNAVAILABLE or not self._replaced(opened):
                raise
        return self._opened.call_of(method)(request, timeout=end - self._clock())

    def _replaced(self, failed: _Opened) -> bool:
        with self._renewing:
            now = self._clock()
            if failed is self._opened and now - failed.at >= PAUSE:
                self._retired.add(now, failed.channel.close)
                self._opened = self._open()
            self._retired.close(now)
            return failed is not self._opened

    def close(self) -> None:
        """Close every channel; calls in flight are cancelled."""
        self._retired.close()
        self._opened.channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
