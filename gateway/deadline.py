"""The deadline of a request: one time limit for all work on it, retries and fallbacks included."""

import time


class Deadline:
    """The time by which a request must be answered; created when its body has arrived."""

    __slots__ = ("_at",)

    def __init__(self, seconds: float) -> None:
        self._at = time.monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that are left, at least 0."""
        return max(0.0, self._at - time.monotonic())

    def part(self, share: float) -> "Deadline":
        """Return a deadline after `share` (0 to 1) of the remaining time; the rest is left for a fallback."""
        return Deadline(share * self.remaining())

    def or_earlier(self, other: "Deadline") -> "Deadline":
        """Return the earlier of the two deadlines."""
        return self if self._at <= other._at else other
