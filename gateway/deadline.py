"""The one time limit of a request: everything that is done for it, retries and fallbacks included, ends with it."""

import time


class Deadline:
    """A point in time by which a request must be answered; made when its body has come."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Seconds that are left, at least 0."""
        return max(0.0, self._at - time.monotonic())

    def part(self, share: float) -> "Deadline":
        """Give a deadline after that share of the remaining time, so that something else can still be tried."""
        return Deadline(share * self.remaining())

    def or_earlier(self, other: "Deadline") -> "Deadline":
        """Give the earlier of the two."""
        return self if self._at <= other._at else other
