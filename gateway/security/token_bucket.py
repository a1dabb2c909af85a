"""A token bucket, which limits the rate of requests."""

from collections.abc import Callable


class Bucket:
    """Gains `rate` tokens per second, and holds at most one second's worth, but at least one. For one event loop."""

    __slots__ = ("_clock", "_filled", "_most", "_rate", "_tokens")

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._most = self._tokens = max(1.0, rate)
        self._filled = clock()

    def take(self) -> float:
        """Take a token and return 0, or return the seconds until the next token."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate
