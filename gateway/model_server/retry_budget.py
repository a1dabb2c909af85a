"""The retry budget: limits retries to a share of the calls, because retries add load while most calls fail."""

import time
from collections.abc import Callable
from typing import Final

# The defaults of Finagle's RetryBudget: a fifth of the calls, at least ten per second, saved for ten seconds.
SHARE: Final = 0.2
LEAST_RATE: Final = 10.0  # per second
SECONDS: Final = 10.0


class RetryBudget:
    """A token balance: calls deposit, retries withdraw; for one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most = self._tokens = LEAST_RATE * SECONDS
        self._filled_at = clock()

    def deposit(self) -> None:
        """Count a call."""
        self._tokens = min(self._most, self._tokens + SHARE)

    def withdraw(self) -> bool:
        """Withdraw a retry; return whether one was left."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * LEAST_RATE)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
