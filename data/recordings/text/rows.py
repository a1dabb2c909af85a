"""Reads samples and times of a block of lines: by pandas if the block is regular, else line by line."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.text.clock import Clock, last_digit
from data.recordings.text.fields import is_comment
from data.recordings.text.head import Head
from data.recordings.text.whole_blocks import fewest_columns, read_with_pandas
from data.tables.lines import Block, decode

THOUSANDS: Final = re.compile(r"[-+]?\d{1,3}([,' \u2019\u00a0\u202f]\d{3})+(\.\d*)?", re.ASCII)
LOOKED_AT: Final = 50  # texts of a block that show the resolution of the times


@dataclass(frozen=True, slots=True)
class Rows:
    """The samples of a block."""

    values: NDArray[np.float64]
    seconds: NDArray[np.float64]  # empty without a clock
    resolution: float  # of the seconds
    lines: NDArray[np.int64]  # line numbers


@dataclass(slots=True)
class RowReader:
    """Reads one column and the clock; other columns are ignored."""

    head: Head
    column: int
    clock: Clock | None
    drops_doubles: bool = False  # drop lines that are equal to the previous one
    doubles: int = 0  # number of dropped lines
    _last: bytes = b""
    _footer: DataError | None = field(default=None)  # the error of a line of text, raised only if samples follow

    def read(self, block: Block) -> Rows | None:
        """Return the samples of a block, or None if it has none. Raises DataError with line and column."""
        skipped = max(self.head.first_line - block.first, 0)
        lines, first = block.lines[skipped:], block.first + skipped
        numbers = np.arange(first, first + len(lines))
        kept = self._kept(lines)
        if not all(kept):
            numbers = numbers[kept]
            lines = [line for line, keep in zip(lines, kept, strict=True) if keep]
        if not lines:
            return None
        try:
            values, times = read_with_pandas(self.head, self.column, self.clock, lines)
            seconds = self.clock.seconds(times) if self.clock else np.empty(0)
        except ValueError:  # pandas' errors are ValueErrors, too
            return self._line_by_line(lines, numbers)
        if self._footer:
            raise self._footer
        return Rows(values, seconds, self._resolution(lines), numbers)

    def _kept(self, lines: Sequence[bytes]) -> list[bool]:
        """Return which lines to read: without blank lines and, if wanted, duplicates of the previous line."""
        if not self.drops_doubles:
            return [line != b"" for line in lines]
        kept = [line not in (b"", before) for before, line in pairwise([self._last, *lines])]
        self.doubles += len(lines) - sum(kept) - lines.count(b"")
        self._last = next((line for line in reversed(lines) if line), self._last)
        return kept

    def _line_by_line(self, lines: Sequence[bytes], numbers: NDArray[np.int64]) -> Rows | None:
        values: list[float] = []
        times: list[Any] = []
        kept: list[int] = []
        for number, line in zip(numbers.tolist(), lines, strict=True):
            text = decode(line.replace(b"\0", b""), self.head.path, number)
            if not text.strip() or is_comment(text):
                continue
            fields = self.head.format.split(text)
            if len(fields) > len(self.head.names) and "#" in text:  # a comment after the samples
                fields = self.head.format.split(text.partition("#")[0].rstrip(" \t;,"))
            try:
                value = self._value(fields, number)
                time = self._time(fields, number)
            except DataError as error:
                if not self._is_text(fields):
                    raise
                self._footer = self._footer or error
                continue
            if self._footer:
                raise self._footer
            values.append(value)
            times.append(time)
            kept.append(number)
        if not kept:
            return None
        seconds = self._seconds(times, kept) if self.clock else np.empty(0)
        return Rows(np.array(values), seconds, self._resolution(lines), np.array(kept))

    def _is_text(self, fields: Sequence[str]) -> bool:
        """Return whether a line is text, as at the end of some files; it is an error only if samples follow."""
        kinds = {self.head.format.kind(field) for field in fields}
        return "text" in kinds and kinds <= {"text", "empty"} and len("".join(fields)) > 2

    def _value(self, fields: Sequence[str], number: int) -> float:
        width = len(self.head.names)
        if not fewest_columns(self.head, self.column, self.clock) <= len(fields) <= width:
            raise DataError(
                f"{self.head.path}, line {number}: {len(fields)} columns where {width} are expected; repair it"
            )
        value = self.head.format.value(fields[self.column])
        if value is None:
            raise self._wrong(fields, self.column, number)
        return value

    def _time(self, fields: Sequence[str], number: int) -> float | int | str:
        if self.clock is None:
            return ""
        text = fields[self.clock.column]
        if self.clock.texts:
            return text
        value = self.head.format.value(text)
        if value is None:
            raise self._wrong(fields, self.clock.column, number)
        return int(text) if text.lstrip("+-").isdecimal() else value

    def _seconds(self, times: list[Any], numbers: Sequence[int]) -> NDArray[np.float64]:
        """Convert texts one by one, so that the error names the first invalid one."""
        assert self.clock
        if self.clock.texts is None:
            return self.clock.seconds(np.array(times))
        seconds = []
        for text, number in zip(times, numbers, strict=True):
            try:
                seconds.append(self.clock.seconds(np.array([text], object))[0])
            except ValueError:
                where = f"{self.head.path}, line {number}, {self.head.where(self.clock.column)}"
                raise DataError(f"{where}: {text[:40]!r} where a time is expected; repair it") from None
        return np.array(seconds)

    def _wrong(self, fields: Sequence[str], column: int, number: int) -> DataError:
        where = f"{self.head.path}, line {number}, {self.head.where(column)}"
        if THOUSANDS.fullmatch(fields[column]):
            return DataError(f"{where}: {fields[column]!r} has a thousands separator; write the numbers without")
        return DataError(f"{where}: {fields[column][:40]!r} where a number is expected; repair it or leave it empty")

    def _resolution(self, lines: Sequence[bytes]) -> float:
        """Return the last digit of this block's times in seconds; it may have fewer digits than the first block."""
        if self.clock is None or self.clock.texts or self.clock.counts:
            return self.clock.resolution if self.clock else 0.0
        some = lines[:: max(len(lines) // LOOKED_AT, 1)]
        rows = [self.head.format.split(line.decode(errors="replace")) for line in some]
        texts = [fields[self.clock.column] for fields in rows if len(fields) > self.clock.column]
        # the longest of ten neighbours counts, as trailing zeros may be left out
        groups = [texts[start : start + 10] for start in range(0, len(texts), 10)]
        return max(map(last_digit, groups), default=0.0) * self.clock.scale
