"""The record and the outcome of one measurement."""

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
    """The part of a measurement that counts, after the warm-up, in seconds of the monotonic clock."""

    start: float
    end: float

    def __contains__(self, moment: float) -> bool:
        return self.start <= moment < self.end

    @property
    def seconds(self) -> float:
        """The duration."""
        return self.end - self.start


@dataclass(slots=True)
class Record:
    """Latencies of right answers in seconds, faults by kind, and delays of sending in seconds.

    `finished` counts right answers within the window, including those to requests due before it.
    """

    latencies: list[float] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    delays: list[float] = field(default_factory=list)  # from due to sent; open loop only
    finished: int = 0

    def add(self, latency: float, fault: str) -> None:
        """Record an answer; `fault` is "" for a right one."""
        if fault:
            self.faults[fault] += 1
        else:
            self.latencies.append(latency)


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a measurement."""

    seconds: float
    latencies: NDArray[np.float64]
    faults: Counter[str]
    delays: NDArray[np.float64]
    finished: int = 0

    @classmethod
    def of(cls, record: Record, seconds: float) -> "Outcome":
        """Return the outcome of a record with a window of `seconds`."""
        return cls(seconds, np.array(record.latencies), record.faults, np.array(record.delays), record.finished)

    @property
    def per_second(self) -> float:
        """Right answers per second."""
        return len(self.latencies) / self.seconds

    @property
    def achieved_rate(self) -> float:
        """Right answers per second by arrival time; below the requested rate if the contender falls behind."""
        return self.finished / self.seconds

    def latency(self, percent: float) -> float:
        """Return a percentile of the latencies of right answers in seconds; NaN without any."""
        return percentile(self.latencies, percent)

    @property
    def delay(self) -> float:
        """The 99th percentile of the delay of sending in seconds; NaN in a closed loop."""
        return percentile(self.delays, 99)


def percentile(values: Sequence[float] | NDArray[np.float64], percent: float) -> float:
    """Return the smallest value that at least `percent` of the values do not exceed; NaN without values."""
    return float(np.percentile(values, percent, method="inverted_cdf")) if len(values) else nan
