"""Which columns of a recording are leads, which ones tell the time or count the samples, and which are neither."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.csv_head import Head
from data.recordings.csv_names import COUNT, TIME
from data.recordings.csv_units import SECONDS, time_unit
from data.recordings.time_grid import Fit, UnevenError, fit
from data.recordings.times import TextTimes, is_time

log = logging.getLogger(__name__)

LOWEST_RATE: Final = 40
HIGHEST_RATE: Final = 100_000
USUAL_RATE: Final = 5_000  # beyond, the unit must be told
BY_SIZE: Final = ("s", "ms", "us", "ns")
UNIX: Final = (("s", 1e9, 4.2e9), ("ms", 1e12, 4.2e12), ("us", 1e15, 4.2e15), ("ns", 1e18, 4.2e18))  # 2001 to 2103
WORDS: Final = {"s": "seconds", "ms": "milliseconds", "us": "microseconds", "ns": "nanoseconds"}
SAME_RATE: Final = 0.02
SAY_RATE: Final = "say with --rate how many samples a second has"


@dataclass(slots=True)
class Clock:
    """The column that tells when a sample was taken, and the even rate of its first times."""

    column: int
    texts: TextTimes | None  # for clock times
    scale: float  # seconds of one unit, for numbers
    fit: Fit  # in seconds
    resolution: float  # seconds of the last digit
    counts: bool = False  # numbers of samples, which tell what is missing, but not the rate
    first: float | int | None = None
    last: float | None = None
    _total: float | None = None
    _turns: int = 0

    def seconds(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return seconds of a block of the column; ValueError if a text is no time. A missing one is that before."""
        if self.texts is not None:
            return self.texts.seconds(np.asarray(values, object))
        if self.first is None:
            self.first = values[0].item()
        seconds = _as_before(np.asarray(values - self.first, np.float64) * self.scale)
        return self._count(seconds) if self.counts else self._unwrapped(seconds)

    def _unwrapped(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Let the micros() of a microcontroller, which begin anew at 2**32, go on."""
        turn = 2**32 * self.scale
        falls = np.diff(seconds, prepend=seconds[0] if self.last is None else self.last)
        self.last = float(seconds[-1])
        turns = self._turns + np.cumsum((falls < -0.9 * turn) & (self.resolution >= self.scale))
        self._turns = int(turns[-1])
        return seconds + turn * turns

    def _count(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        """Let a counter that begins anew, as those of packets do at 16 or 65536, go on."""
        steps = np.diff(seconds, prepend=seconds[0] if self.last is None else self.last)
        start, self.last = (0.0 if self._total is None else self._total), float(seconds[-1])
        total: NDArray[np.float64] = start + np.cumsum(np.where(steps < 0, self.scale, steps))
        self._total = float(total[-1])
        return total


def _as_before(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give a row without a time the one before it, as in packets of which the first alone has one."""
    missing = np.isnan(times)
    return times[np.maximum.accumulate(np.where(missing, 0, np.arange(len(times))))] if missing.any() else times


def find_leads(head: Head) -> list[int]:
    """Return the columns that can be leads: numbers that neither tell the time nor count."""
    leads = []
    digital = len(head.metadata.columns) - len(head.metadata.sensors) if head.metadata.sensors else 0
    for index, name in list(enumerate(head.names))[digital:]:
        kinds = [kind for kind in map(head.format.kind, head.column(index)) if kind != "empty"]
        texts = kinds.count("text") + kinds.count("time")
        if not kinds or 2 * texts > len(kinds) or (head.has_names and TIME.search(name)):
            continue
        if not _is_counter(head, index):
            leads.append(index)
    return leads


def numbers(head: Head, index: int) -> NDArray[np.float64]:
    """Return a column's first values; NaN for text."""
    values = [head.format.value(text) for text in head.column(index)]
    return np.array([np.nan if value is None else value for value in values])


def _is_counter(head: Head, index: int) -> bool:
    """Say whether a column counts the samples: named so, or the first one of several."""
    if head.has_names and COUNT.search(head.names[index]):
        return counts(numbers(head, index))
    first = index == 0 and len(head.names) > 1
    return first and (not head.has_names or len(head.rows) >= 20) and bool(np.all(np.diff(numbers(head, 0)) == 1))


def counts(values: NDArray[np.float64]) -> bool:
    """Say whether a column goes up by one nearly always."""
    steps = np.diff(values)
    return len(steps) > 0 and bool(np.mean(steps == 1) >= 0.8)


def find_clock(head: Head) -> Clock | None:
    """Return the column of times that goes on most evenly, or None; DataError if there are some, and none does.

    Where the metadata tell the rate, uneven times are not needed.
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
        log.info("%s: the times are uneven, so the rate is the one told at the top", head.path.name)
    return min(clocks, key=lambda clock: clock.fit.spread / clock.fit.step, default=None)


def find_counter(head: Head, rate: float) -> Clock | None:
    """Return the column that counts the samples, if there is one."""
    for index in range(len(head.names)):
        if _is_counter(head, index):
            return Clock(index, None, 1 / rate, Fit(1 / rate, 0.0, 1), 1 / rate, counts=True)
    return None


def uneven(head: Head, column: int, reason: str, line: int | None) -> DataError:
    """Say that times are no times of an even rate."""
    where = f"{head.path}, " + (f"line {line}, " if line else "") + head.where(column)
    return DataError(f"{where}: the times do not go on in even steps, {reason}; repair them, or {SAY_RATE}")


def time_columns(head: Head) -> list[int]:
    """Return columns of clock times and those named so, else the first one if it goes up in even steps, not by one."""
    found = []
    for index, name in enumerate(head.names):
        kinds = set(map(head.format.kind, head.column(index)))
        named = head.has_names and TIME.search(name) is not None
        if "time" in kinds or (named and "number" in kinds):
            found.append(index)
    return found or ([0] if len(head.names) > 1 and _goes_up(numbers(head, 0)) else [])


def _goes_up(values: NDArray[np.float64]) -> bool:
    steps = np.diff(values)
    if not len(steps) or not np.all(steps > 0) or counts(values):
        return False
    try:
        fit(values, 0.0)
    except UnevenError:
        return False
    return True


def _clock(head: Head, index: int) -> Clock:
    texts = [text for text in head.column(index) if head.format.kind(text) != "empty"]
    if any(head.format.kind(text) == "time" for text in texts):
        reader, resolution = TextTimes(texts), 10.0 ** -TextTimes(texts).fraction_digits
        try:
            times = TextTimes(texts).seconds(np.array([text * is_time(text) for text in head.column(index)], object))
        except ValueError:
            raise UnevenError("they have several forms") from None
        return Clock(index, reader, 1.0, fit(times, resolution), resolution)
    values = numbers(head, index)
    values = _as_before(values[np.argmin(np.isnan(values)) :])
    resolution = last_digit(texts)
    found = fit(values - values[:1], resolution)
    scale = _scale(head, index, found.step, float(values[0]))
    return Clock(index, None, scale, Fit(found.step * scale, found.spread * scale, found.pieces), resolution * scale)


def last_digit(texts: Sequence[str]) -> float:
    """Return the place value of the last digit that is written: 0.001 for `0.004`."""
    places = 0
    for text in texts:
        number, _, exponent = text.lower().replace(",", ".").partition("e")
        power = int(exponent) if exponent.lstrip("+-").isdecimal() else 0
        places = max(places, len(number.partition(".")[2]) - power)
    return 10.0**-places


def _scale(head: Head, index: int, step: float, first: float) -> float:
    """Return the seconds of a unit of time, by the column's name, else by the size of the numbers."""
    if part := re.fullmatch(r"s/(\d+)", head.units[index]):
        return 1 / int(part[1])
    unit = time_unit(head.units[index]) or (time_unit(head.names[index]) if head.has_names else None)
    if unit is None:
        rates = {name: 1 / (step * SECONDS[name]) for name in BY_SIZE}
        able = [name for name in BY_SIZE if LOWEST_RATE <= rates[name] <= HIGHEST_RATE]
        unit = _by_size(head, index, first, rates, able)
        if unit not in ("s", "d"):
            log.info("%s: the times of %s are taken for %s", head.path.name, head.where(index), WORDS[unit])
    return SECONDS[unit]


def _by_size(head: Head, index: int, first: float, rates: dict[str, float], able: list[str]) -> str:
    for name in able:
        if any(same_rate(rates[name], told) for told in head.metadata.rates):
            return name
    unix = [name for name, low, high in UNIX if low <= first <= high and name in able]
    usual = [name for name in able if rates[name] <= USUAL_RATE]
    if unix or (usual and not (usual[0] == "ms" and rates["ms"] == 1000)):
        return (unix or usual)[0]
    if able:
        larger = BY_SIZE[BY_SIZE.index(able[0]) - 1]
        raise DataError(
            f"{head.path}, {head.where(index)}: {rates[larger]:g} samples per second if the times are {WORDS[larger]}, "
            f"{rates[able[0]]:g} if they are {WORDS[able[0]]}; write the unit behind the name, such as time [ms], "
            f"or {SAY_RATE}"
        )
    # a spreadsheet counts days
    return "d" if LOWEST_RATE <= rates["s"] / SECONDS["d"] <= HIGHEST_RATE else "s"


def same_rate(rate: float, told: float) -> bool:
    """Say whether two rates are the same but for a clock that is a little off."""
    return abs(rate - told) <= SAME_RATE * told
