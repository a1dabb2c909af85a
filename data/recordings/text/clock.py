"""The column with the samples' times: its unit of time and its sampling rate."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.signals import HIGHEST_RATE, LOWEST_RATE
from data.recordings.text.columns import is_counter, numbers, time_columns
from data.recordings.text.head import Head
from data.recordings.text.time_grid import Fit, UnevenError, fit
from data.recordings.text.times import TextTimes, is_time
from data.recordings.text.units import SECONDS, time_unit

log = logging.getLogger(__name__)

USUAL_RATE: Final = 5_000  # samples per second; above it, the file must name the unit of time
BY_SIZE: Final = ("s", "ms", "us", "ns")
UNIX: Final = (("s", 1e9, 4.2e9), ("ms", 1e12, 4.2e12), ("us", 1e15, 4.2e15), ("ns", 1e18, 4.2e18))  # 2001 to 2103
WORDS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
SAME_RATE: Final = 0.02  # relative difference; chosen by hand
SAY_RATE: Final = "say with --rate how many samples a second has"


@dataclass(slots=True)
class Clock:
    """The column with the samples' times, and the sampling rate of its first times."""

    column: int
    texts: TextTimes | None  # for clock times
    scale: float  # seconds of one unit, for numbers
    fit: Fit  # in seconds
    resolution: float  # seconds of the last digit
    counts: bool = False  # sample numbers, which show missing samples but not the rate
    first: float | int | None = None
    last: float | None = None
    _total: float | None = None
    _turns: int = 0

    def seconds(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return a block of the column in seconds, (n,); a missing time is the previous one. Raises ValueError."""
        if self.texts is not None:
            return self.texts.seconds(np.asarray(values, object))
        if self.first is None:
            known = values[~np.isnan(values)]
            self.first = known[0].item() if len(known) else 0
        seconds = as_before(np.asarray(values - self.first, np.float64) * self.scale, self.last or 0.0)
        return self._count(seconds) if self.counts else self._unwrapped(seconds)

    def _unwrapped(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo the overflow at 2**32 of a microcontroller's micros()."""
        turn = 2**32 * self.scale
        falls = np.diff(seconds, prepend=seconds[0] if self.last is None else self.last)
        self.last = float(seconds[-1])
        turns = self._turns + np.cumsum((falls < -0.9 * turn) & (self.resolution >= self.scale))
        self._turns = int(turns[-1])
        return seconds + turn * turns

    def _count(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Undo the overflow of a counter, such as those of packets at 16 or 65536."""
        steps = np.diff(seconds, prepend=seconds[0] if self.last is None else self.last)
        start, self.last = (0.0 if self._total is None else self._total), float(seconds[-1])
        total: NDArray[np.float64] = start + np.cumsum(np.where(steps < 0, self.scale, steps))
        self._total = float(total[-1])
        return total


def as_before(times: NDArray[np.float64], before: float) -> NDArray[np.float64]:
    """Fill missing times with the previous time, as in packets in which only the first row has a time."""
    missing = np.isnan(times)
    if not missing.any():
        return times
    filled: NDArray[np.float64] = np.concatenate([[before], times])
    return filled[np.maximum.accumulate(np.where(missing, 0, 1 + np.arange(len(times))))]


def find_clock(head: Head) -> Clock | None:
    """Return the column with the most even times, or None without times. Raises DataError if no column is even.

    If the metadata have the rate, uneven times are ignored.
    """
    clocks: list[Clock] = []
    errors: list[DataError] = []
    for index in time_columns(head):
        try:
            clocks.append(_clock(head, index))
        except UnevenError as error:
            line = None if error.row is None else head.rows[error.row][0]
            errors.append(uneven(head, index, error.reason, line))
    if errors and not clocks:
        if not head.metadata.rates:
            raise errors[0]
        log.info("%s: the times are uneven, so the rate is taken from the file's metadata", head.path.name)
    clock = min(clocks, key=lambda clock: clock.fit.spread / clock.fit.step, default=None)
    if clock and clock.fit.ambiguous and not head.metadata.rates:
        log.warning(
            "%s: the times of %s are read as %.6g samples per second with some samples missing; if that is not the "
            "rate, %s",
            head.path.name,
            head.where(clock.column),
            1 / clock.fit.step,
            SAY_RATE,
        )
    return clock


def find_counter(head: Head, rate: float) -> Clock | None:
    """Return the column with sample numbers, if there is one."""
    for index in range(len(head.names)):
        if is_counter(head, index):
            return Clock(index, None, 1 / rate, Fit(1 / rate, 0.0, 1), 1 / rate, counts=True)
    return None


def uneven(head: Head, column: int, reason: str, line: int | None) -> DataError:
    """Return the error for times that have no constant rate."""
    where = f"{head.path}, " + (f"line {line}, " if line else "") + head.where(column)
    return DataError(f"{where}: the times are not evenly spaced: {reason}; repair them, or {SAY_RATE}")


def _clock(head: Head, index: int) -> Clock:
    texts = [text for text in head.column(index) if head.format.kind(text) != "empty"]
    if any(head.format.kind(text) == "time" for text in texts):
        reader = TextTimes(texts)
        resolution = 10.0**-reader.fraction_digits
        try:
            times = TextTimes(texts).seconds(np.array([text * is_time(text) for text in head.column(index)], object))
        except ValueError:
            raise UnevenError("they have several forms") from None
        return Clock(index, reader, 1.0, fit(times, resolution), resolution)
    values = numbers(head, index)
    values = as_before(values[np.argmin(np.isnan(values)) :], 0.0)
    resolution = last_digit(texts)
    found = fit(values - values[:1], resolution)
    scale = _scale(head, index, found.step, float(values[0]))
    return Clock(index, None, scale, found.scaled(scale), resolution * scale)


def last_digit(texts: Sequence[str]) -> float:
    """Return the place value of the last digit: 0.001 for `0.004`."""
    places = 0
    for text in texts:
        number, _, exponent = text.lower().replace(",", ".").partition("e")
        power = int(exponent) if exponent.lstrip("+-").isdecimal() else 0
        places = max(places, len(number.partition(".")[2]) - power)
    return 10.0**-places


def _scale(head: Head, index: int, step: float, first: float) -> float:
    """Return the seconds of the unit of time, by the column's name, else by the size of the numbers."""
    if part := re.fullmatch(r"s/(\d+)", head.units[index]):
        return 1 / int(part[1])
    unit = time_unit(head.units[index]) or (time_unit(head.names[index]) if head.has_names else None)
    if unit is None:
        rates = {name: 1 / (step * SECONDS[name]) for name in BY_SIZE}
        possible = [name for name in BY_SIZE if LOWEST_RATE <= rates[name] <= HIGHEST_RATE]
        unit = _by_size(head, index, first, rates, possible)
        if unit not in ("s", "d"):
            log.info("%s: the times of %s are read as %s", head.path.name, head.where(index), WORDS[unit])
    return SECONDS[unit]


def _by_size(head: Head, index: int, first: float, rates: dict[str, float], possible: list[str]) -> str:
    for name in possible:
        if any(same_rate(rates[name], known) for known in head.metadata.rates):
            return name
    unix = [name for name, low, high in UNIX if low <= first <= high and name in possible]
    usual = [name for name in possible if rates[name] <= USUAL_RATE]
    if unix or (usual and not (usual[0] == "ms" and rates["ms"] == 1000)):
        return (unix or usual)[0]
    if possible:
        larger = BY_SIZE[BY_SIZE.index(possible[0]) - 1]
        raise DataError(
            f"{head.path}, {head.where(index)}: {rates[larger]:g} samples per second if the times are {WORDS[larger]}, "
            f"{rates[possible[0]]:g} if they are {WORDS[possible[0]]}; write the unit after the name, "
            f"such as time [ms], or {SAY_RATE}"
        )
    # a spreadsheet counts days
    return "d" if LOWEST_RATE <= rates["s"] / SECONDS["d"] <= HIGHEST_RATE else "s"


def same_rate(rate: float, other: float) -> bool:
    """Return whether two rates are equal within the inaccuracy of a clock."""
    return abs(rate - other) <= SAME_RATE * other
