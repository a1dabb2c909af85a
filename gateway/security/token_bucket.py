"""How often somebody may ask: a token bucket."""

from collections.abc import Callable


class Bucket:
    """Fills by `rate` tokens a second, holds a second's worth and at least one. For one event loop only."""

    __slots__ = ("_clock", "_filled", "_most", "_rate", "_tokens")

    def __init__(self, rate: float, clock: Callable[[], float]) -> None:
        self._rate = rate
        self._clock = clock
        self._most = self._tokens = max(1.0, rate)
        self._filled = clock()

    def take(self) -> float:
        """Take a token and return 0, or the seconds until there will be one."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled) * self._rate)
        self._filled = now
        if self._tokens >= 1:
            self._tokens -= 1
            return 0.0
        return (1 - self._tokens) / self._rate
