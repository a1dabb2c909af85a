"""A recording as CSV or TSV: one line per sample, a column per lead, perhaps one of times or of sample numbers."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import dropwhile, islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.fields import fits_float32, to_number
from data.tables.layout import DELIMITERS
from data.tables.lines import Block, decode, numbered_lines, read_blocks

TIME: Final = re.compile(r"time|second|^t$|^s$|^sec|^ms$|msec", re.IGNORECASE)
MILLISECONDS: Final = re.compile(r"(^|[^a-z])(ms|msec|millis\w*)([^a-z]|$)", re.IGNORECASE)
NUMBER: Final = re.compile(r"sample|index|^#$|^n$|^$", re.IGNORECASE)  # names of a column that counts the samples
CLOCK_TIME: Final = re.compile(r"\d+(:\d+)+(\.\d*)?", re.ASCII)  # [h:]m:s
NO_VALUE: Final = ("", "-", "nan")
LOOKED_AT: Final = 1000  # samples, to see whether a column counts time
EVERY: Final = 1000  # samples, of later ones
ROUNDED: Final = 1e-5  # of a time with six digits
SAY_RATE: Final = "say with --rate how many samples a second has"


@dataclass(slots=True)
class SignalTable:
    """The columns of a file whose head alone has been read."""

    path: Path
    delimiter: str
    columns: Sequence[str]
    units: Sequence[str]
    data_line: int  # number of the first line with samples
    given_rate: float | None
    clock: int | None  # the column of times or sample numbers
    counts: bool  # that column counts samples
    _times: list[tuple[int, float]] = field(default_factory=list)  # some of the samples, with their numbers
    _rows: int = 0

    @classmethod
    def open(cls, path: Path, rate: float | None) -> "SignalTable":
        """Read a file's first lines; DataError if there is no lead or no way to know its rate."""
        lines = dropwhile(lambda numbered: numbered[1].startswith("#"), numbered_lines(path))
        rows = list(islice(lines, LOOKED_AT + 2))
        if not rows:
            raise DataError(f"{path}: empty; give a file with one sample per line")
        delimiter = max(DELIMITERS, key=rows[min(2, len(rows) - 1)][1].count)
        heads: list[list[str]] = []
        while len(heads) < 2 and rows and not any(map(_is_number, _fields(rows[0][1], delimiter))):
            heads.append(_fields(rows.pop(0)[1], delimiter))
        if not rows:
            raise DataError(f"{path}: a header and no samples; give a file with one sample per line")
        width = len(_fields(rows[0][1], delimiter))
        names = heads[0] if heads else [f"signal {number}" for number in range(1, width + 1)]
        units = heads[1] if len(heads) == 2 else [""] * len(names)
        table = cls(path, delimiter, names, units, rows[0][0], rate, None, False)
        table.clock, table.counts = table._find_clock([table._parse(line, number) for number, line in rows])
        if table.rate_is_missing:
            raise DataError(f"{path}: {SAY_RATE}")
        return table

    @property
    def rate_is_missing(self) -> bool:
        """Whether neither the file nor the caller tells the rate."""
        return self.given_rate is None and (self.clock is None or self.counts)

    @property
    def names(self) -> Sequence[str]:
        """The leads' names."""
        return [name for column, name in enumerate(self.columns) if column != self.clock]

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield one lead's samples; an empty field is NaN, anything else that is no number a DataError."""
        column = index + (self.clock is not None and index >= self.clock)
        self._times, self._rows = [], 0
        for block in read_blocks(self.path):
            first = max(block.first, self.data_line)
            rows = Block(first, block.lines[first - block.first :])
            lines = [(number, line) for number, line in enumerate(rows.lines, first) if line.strip()]
            if lines:
                yield self._column(lines, column)

    def length(self, index: int) -> int | None:
        """Return None: it is known only at the end."""
        return None

    def rate(self, index: int) -> float:
        """Return the rate that was given, else the one that the times tell, once all of them have been read."""
        if self.given_rate is not None:
            return self.given_rate
        (_, start), (last, end) = self._times[0], self._times[-1]
        step = (end - start) / max(last, 1)
        if self._rows < 3 or not _is_even(np.array(self._times), step):
            where = f"{self.path}, column {(self.clock or 0) + 1} ({self.columns[self.clock or 0]})"
            raise DataError(f"{where}: the times do not go on in even steps; {SAY_RATE}")
        rate = (1000 if self._in_milliseconds() else 1) / step
        return round(rate) if abs(rate - round(rate)) < 1e-4 * rate else rate

    def _in_milliseconds(self) -> bool:
        column = self.clock or 0
        return any(MILLISECONDS.search(text) for text in (self.columns[column], self.units[column]))

    def _column(self, lines: list[tuple[int, bytes]], column: int) -> NDArray[np.float32]:
        self._keep_times(lines)
        try:
            if {line.count(self.delimiter.encode()) for _, line in lines} != {len(self.columns) - 1}:
                raise ValueError
            texts = (line.decode("ascii") for _, line in lines)
            values = np.loadtxt(texts, delimiter=self.delimiter, comments=None, usecols=column, ndmin=1)
            if np.nanmax(np.abs(values), initial=0) > np.finfo(np.float32).max:
                raise ValueError
        except ValueError:
            rows = [self._parse(decode(line, self.path, number), number) for number, line in lines]
            values = np.array([row[column] for row in rows])
        return values.astype(np.float32)

    def _keep_times(self, lines: list[tuple[int, bytes]]) -> None:
        if self.clock is None or self.given_rate is not None:
            return
        for row in _looked_at(self._rows, len(lines)):
            number, line = lines[row - self._rows]
            self._times.append((row, self._parse(decode(line, self.path, number), number)[self.clock]))
        self._rows += len(lines)

    def _parse(self, line: str, number: int) -> list[float]:
        fields = _fields(line, self.delimiter)
        if len(fields) != len(self.columns):
            raise DataError(
                f"{self.path}, line {number}: {len(fields)} columns where {len(self.columns)} are expected; repair it"
            )
        values = []
        for column, text in enumerate(fields):
            value = _to_value(text)
            if value is None:
                where = f"{self.path}, line {number}, column {column + 1} ({self.columns[column]})"
                raise DataError(f"{where}: {text[:40]!r} where a number is expected; repair it or leave it empty")
            values.append(value)
        return values

    def _find_clock(self, rows: list[list[float]]) -> tuple[int | None, bool]:
        """Tell times or sample numbers by the column's name, or as the first of several that goes up in even steps."""
        for pattern, counts in ((TIME, False), (NUMBER, True)):
            for column, name in enumerate(self.columns):
                if pattern.search(name):
                    return column, counts
        first = np.array([(number, row[0]) for number, row in enumerate(rows[:LOOKED_AT])])
        if len(self.columns) < 2 or len(first) < 3 or not _is_even(first, (first[-1, 1] - first[0, 1]) / first[-1, 0]):
            return None, False
        return 0, first[1, 1] - first[0, 1] == 1


def _looked_at(start: int, rows: int) -> list[int]:
    """Which of the rows from `start` on have their times looked at: the first, then some that show a jump."""
    end = start + rows
    return sorted({*range(start, min(LOOKED_AT, end)), *range(-(-start // EVERY) * EVERY, end, EVERY), end - 1})


def _is_even(times: NDArray[np.float64], step: float) -> bool:
    """Say whether times, (samples, 2) with their numbers, go up by the step; they may be off by as much as rounded."""
    off = np.abs(times[:, 1] - times[0, 1] - step * times[:, 0])
    return step > 0 and bool(np.all(off <= step + ROUNDED * np.abs(times[:, 1])))


def _fields(line: str, delimiter: str) -> list[str]:
    return [re.sub(r"""^(["'])(.*)\1$""", r"\2", text.strip()).strip() for text in line.split(delimiter)]


def _is_number(text: str) -> bool:
    return text.lower() not in NO_VALUE and _to_value(text) is not None


def _to_value(text: str) -> float | None:
    """Return a field's number: NaN for an empty one, seconds for [h:]m:s, None for text."""
    if text.lower() in NO_VALUE:
        return float("nan")
    if CLOCK_TIME.fullmatch(text):
        seconds = 0.0
        for part in text.split(":"):
            seconds = 60 * seconds + float(part)
        return seconds
    number = to_number(text)
    return number if number is not None and fits_float32(number) else None
