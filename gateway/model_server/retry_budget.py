"""How many retries there may be: while most calls fail, retries would only add load."""

import time
from collections.abc import Callable
from typing import Final

# The defaults of Finagle's RetryBudget: a fifth of the calls, ten a second at least, counted over ten seconds.
SHARE: Final = 0.2
LEAST_RATE: Final = 10.0
SECONDS: Final = 10.0


class RetryBudget:
    """Calls pay in, retries take out; for one event loop."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._most = self._tokens = LEAST_RATE * SECONDS
        self._filled_at = clock()

    def deposit(self) -> None:
        """Count a call."""
        self._tokens = min(self._most, self._tokens + SHARE)

    def withdraw(self) -> bool:
        """Take a retry out; say whether there was one left."""
        now = self._clock()
        self._tokens = min(self._most, self._tokens + (now - self._filled_at) * LEAST_RATE)
        self._filled_at = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
