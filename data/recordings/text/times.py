"""Parses times as text: clock times, dates with times, ISO 8601; whole blocks at once, by the digits' positions."""

import re
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

TIMESTAMP: Final = re.compile(
    r"""\[?\s*(?:(?P<days>\d{1,5})\s+days?,?\s+)?
    (?:(?P<first>\d{1,4})(?P<mark>[-./])(?P<second>\d{1,2}|[A-Za-z]{3})(?P=mark)(?P<third>\d{1,4})(?:\s*[T,]\s*|\s+|_))?
    (?:(?P<hour>\d{1,4}):)?(?P<minute>\d{1,2}):(?P<seconds>\d{1,2})(?:[.,:](?P<fraction>\d{1,12})|[.,])?
    \s*(?P<half>[AaPp])?(?(half)\.?[Mm]\.?)
    \s*(?:[Zz]|UTC|GMT|(?P<sign>[-+])(?P<zone_hour>\d{2}):?(?P<zone_minute>\d{2}))?
    (?:\s+(?P<first_>\d{1,4})(?P<mark_>[-./])(?P<second_>\d{1,2}|[A-Za-z]{3})(?P=mark_)(?P<third_>\d{1,4}))?
    \s*\]?""",
    re.VERBOSE | re.ASCII,
)
# ISO 8601 basic format, 20240131T101500.004Z; the groups of the other formats never match
BASIC: Final = re.compile(
    r"""(?P<days>(?!))?(?P<first>\d{4})(?P<second>\d{2})(?P<third>\d{2})T
    (?P<hour>\d{2})(?P<minute>\d{2})(?P<seconds>\d{2})(?:[.,](?P<fraction>\d{1,12}))?(?P<half>(?!))?
    (?:Z|(?P<sign>[-+])(?P<zone_hour>\d{2}):?(?P<zone_minute>\d{2}))?(?P<first_>(?!))?(?P<second_>(?!))?""",
    re.VERBOSE | re.ASCII | re.IGNORECASE,
)
NUMBERS: Final = ("days", "hour", "minute", "seconds", "fraction", "zone_hour", "zone_minute")
MONTHS: Final = (b"jan", b"feb", b"mar", b"apr", b"may", b"jun", b"jul", b"aug", b"sep", b"oct", b"nov", b"dec")
HALF_DAY: Final = 43_200
DAY: Final = 86_400


def is_time(text: str) -> bool:
    """Return whether a field is a clock time, with or without a date."""
    return _match(text) is not None


class TextTimes:
    """Converts texts to seconds since the first text's day; clock times without a date continue after midnight."""

    def __init__(self, examples: list[str]) -> None:
        """`examples` are some of the texts, which show whether dates begin with the month or the day."""
        matches = [match for match in map(_match, examples) if match]
        self.fraction_digits = max((len(match["fraction"] or "") for match in matches), default=0)
        second = [match["second"] or match["second_"] or "" for match in matches]
        self._month_first = any(text.isdecimal() and int(text) > 12 for text in second)
        self._base: int | None = None
        self._before = 0.0
        self._last: float | None = None
        self._days = 0  # midnights passed, for times without a date

    def seconds(self, texts: NDArray[np.object_]) -> NDArray[np.float64]:
        """Return seconds (n,); an empty text is the previous time. Raises ValueError for other text."""
        empty = (texts == "") | (texts != texts)  # NaN is not equal to itself
        if empty.any():
            full = np.flatnonzero(~empty)
            known = self.seconds(texts[full]) if len(full) else np.empty(0)
            before = np.cumsum(~empty)
            filled: NDArray[np.float64] = np.concatenate([[self._before], known])[before]
            return filled
        chars = texts.astype("S")  # a UnicodeEncodeError is a ValueError
        lengths = np.char.str_len(chars)
        seconds = np.empty(len(texts))
        has_date = False
        for length in np.unique(lengths):
            rows = np.flatnonzero(lengths == length)
            places = chars[rows].astype(f"S{max(length, 1)}").view(np.uint8).reshape(len(rows), -1)
            seconds[rows], has_date = self._of_one_shape(places)
        seconds = seconds if has_date else self._after_midnight(seconds)
        self._before = float(seconds[-1])
        return seconds

    def _of_one_shape(self, places: NDArray[np.uint8]) -> tuple[NDArray[np.float64], bool]:
        """Read texts (rows, characters) of one length with digits at the same positions."""
        match = _match(places[0].tobytes().decode("ascii"))
        if match is None:
            raise ValueError
        self._check(places, match)
        days, hour, minute, seconds, fraction, *zone = (_number(places, match, name) for name in NUMBERS)
        if match["half"]:
            afternoon = (places[:, match.start("half")] | 0x20) == ord("p")
            hour = hour % 12 + 12 * afternoon
        digits = len(match["fraction"] or "")
        total = 3600.0 * hour + 60 * minute + seconds + fraction / 10**digits
        if match["sign"]:
            total -= np.where(places[:, match.start("sign")] == ord("-"), -1, 1) * (3600 * zone[0] + 60 * zone[1])
        end = "" if match["first"] else "_"
        if not match["first" + end]:
            return total + DAY * days, match["days"] is not None
        return total + DAY * self._day(places, match, end), True

    def _check(self, places: NDArray[np.uint8], match: re.Match[str]) -> None:
        """Raise ValueError unless all texts have digits and separators at the same positions as the first one."""
        digits = (places >= ord("0")) & (places <= ord("9"))
        free = [match.start(name) for name in ("half", "sign") if match[name]]
        same = (places == places[0]) | (digits & digits[0])
        same[:, free] = True
        for name in ("second", "second_"):
            if (match[name] or "").isalpha():
                same[:, slice(*match.span(name))] = True  # the month's name
        if not same.all():
            raise ValueError

    def _day(self, places: NDArray[np.uint8], match: re.Match[str], end: str) -> NDArray[np.int64]:
        month = _month if match["second" + end].isalpha() else _number
        second = month(places, match, "second" + end)
        first, third = (_number(places, match, name + end) for name in ("first", "third"))
        unique, back = np.unique(first * 10**8 + second * 10**4 + third, return_inverse=True)
        days = [self._ordinal(*divmod(code // 10**4, 10**4), code % 10**4) for code in map(int, unique)]
        if self._base is None:
            self._base = days[int(back[0])]
        return np.array(days)[back] - self._base

    def _ordinal(self, first: int, second: int, third: int) -> int:
        if first > 31:
            return date(first, second, third).toordinal()
        year = third if third > 99 else 2000 + third
        day, month = (second, first) if self._month_first else (first, second)
        return date(year, month, day).toordinal()

    def _after_midnight(self, seconds: NDArray[np.float64]) -> NDArray[np.float64]:
        before = seconds[0] if self._last is None else self._last
        falls = np.diff(seconds, prepend=before)
        days = self._days + np.cumsum(falls < -HALF_DAY) - np.cumsum(falls > HALF_DAY)
        self._last, self._days = float(seconds[-1]), int(days[-1])
        return seconds + DAY * days


def _match(text: str) -> re.Match[str] | None:
    return TIMESTAMP.fullmatch(text) or BASIC.fullmatch(text)


def _month(places: NDArray[np.uint8], match: re.Match[str], name: str) -> NDArray[np.int64]:
    """Read English names of months. Raises ValueError for others."""
    letters = np.ascontiguousarray(places[:, slice(*match.span(name))] | 0x20).view("S3").ravel()
    unique, back = np.unique(letters, return_inverse=True)
    return np.array([1 + MONTHS.index(text) for text in unique.tolist()])[back]


def _number(places: NDArray[np.uint8], match: re.Match[str], name: str) -> NDArray[np.int64]:
    start, end = match.span(name)
    number = np.zeros(len(places), np.int64)
    for place in range(start, end):
        number = 10 * number + (places[:, place] - np.uint8(ord("0")))
    return number
