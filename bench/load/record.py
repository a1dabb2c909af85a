"""What was seen of the requests of one measurement."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import nan

import numpy as np
from numpy.typing import NDArray

UNANSWERED = "unanswered"
WRONG = "wrong answer"


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a measurement that counts: after the warm-up, until the end; seconds of the monotonic clock."""

    start: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.start <= moment < self.end

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.end - self.start


@dataclass(slots=True)
class Record:
    """Latencies of right answers in seconds, faults by their kind, and by how much requests left late.

    `finished` counts the right answers that came within the window, also to requests that were due before it.
    """

    latencies: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)  # from when a request was due until it was sent; open loop only
    finished: int = 0

    def add(self, latency: float, fault: str) -> None:
        """Count an answer; `fault` is empty for a right one."""
        if fault:
            self.faults[fault] += 1
        else:
            self.latencies.append(latency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A finished measurement."""

    seconds: float
    latencies: NDArray[np.float64]
    faults: Counter[str]
    delays: NDArray[np.float64]
    finished: int = 0

    @classmethod
    def of(cls, record: Record, seconds: float) -> "Outcome":
        """Close the record of a window of so many seconds."""
        return cls(seconds, np.array(record.latencies), record.faults, np.array(record.delays), record.finished)

    @property
    def per_second(self) -> float:
        """Right answers a second."""
        return len(self.latencies) / self.seconds

    @property
    def achieved_rate(self) -> float:
        """Right answers a second by when they came; less than what was asked of a contender that falls behind."""
        return self.finished / self.seconds

    def latency(self, percent: float) -> float:
        """The latency in seconds within which so many percent of the right answers came; NaN without any."""
        return percentile(self.latencies, percent)

    @property
    def delay(self) -> float:
        """99 of 100 requests left at most so many seconds after they were due; NaN in a closed loop."""
        return percentile(self.delays, 99)


def percentile(values: Sequence[float] | NDArray[np.float64], percent: float) -> float:
    """The smallest value that at least `percent` of the values do not exceed; NaN for none."""
    return float(np.percentile(values, percent, method="inverted_cdf")) if len(values) else nan
