"""Compares how soon the callers of a batch return with how long a call takes, to decide whether to wait for them.

Callers in a closed loop, which send the next request when they have an answer, return together a moment after it. A
caller that misses the next call waits for all of it, and a call costs about as much for few beats as for many, so a
short wait pays. Callers that send requests at a steady rate return only after about one call's duration, and then there
is no wait.

On two cores with a model server the wait raised the requests per second at 8 connections from 1600 to 2900, and did not
change the median latency of requests at a steady rate.
"""

from typing import Final

WEIGHT: Final = 0.1  # of the newest value in the exponential means, which cover some ten calls; chosen by hand
SOON: Final = 0.8  # share of a call's duration; with 1.0, requests at a steady rate would sometimes wait
LONGEST: Final = 0.05  # seconds; longer times count as this, so that a caller that stays away has little effect


class ReturnTimes:
    """Exponential means over the last calls; all times are seconds of one clock."""

    def __init__(self) -> None:
        self._return: float | None = None
        self._call = 0.0
        self._missing = 0  # answered callers that have not returned yet
        self._since = 0.0

    def callers_answered(self, now: float, seconds: float, callers: int) -> None:
        """Record that a call took `seconds` and that its `callers` have their answers `now`."""
        if self._missing:
            self._record_return(now)
        self._call += WEIGHT * (min(seconds, LONGEST) - self._call)
        self._missing, self._since = callers, now

    def request_arrived(self, now: float) -> None:
        """Record that a request arrived."""
        if self._missing:
            self._missing -= 1
            if not self._missing:
                self._record_return(now)

    def _record_return(self, now: float) -> None:
        seconds = min(now - self._since, LONGEST)
        self._return = seconds if self._return is None else self._return + WEIGHT * (seconds - self._return)

    @property
    def patience(self) -> float:
        """How many seconds to wait for the answered callers; 0 if a wait does not pay."""
        if self._return is None or self._return >= SOON * self._call:
            return 0.0
        return min(2 * self._return, self._call)
