"""The samples and times of a block of lines: by pandas where the block is in order, else line by line."""

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.text.clock import Clock, last_digit
from data.recordings.text.fields import ARROW, LARGEST, MINUS, NO_VALUE, is_comment
from data.recordings.text.head import Head
from data.tables.lines import Block, decode

HUGE_EXPONENT: Final = re.compile(rb"[eE][-+]?\d{4}")  # pandas' C code crashes on exponents that no int holds
LOOKED_AT: Final = 50  # texts of a block, to see how finely the times are written
NOT_A_VALUE: Final = [text for value in NO_VALUE if value for text in {value, value.upper(), value.capitalize()}]


@dataclass(frozen=True, slots=True)
class Rows:
    """The samples of a block."""

    values: NDArray[np.float64]
    seconds: NDArray[np.float64]  # empty where there is no clock
    resolution: float  # of the seconds
    lines: NDArray[np.int64]  # their numbers


@dataclass(slots=True)
class RowReader:
    """Reads one column and the clock; the others are not looked at."""

    head: Head
    column: int
    clock: Clock | None
    _footer: DataError | None = field(default=None)  # a line of text: an error, unless no sample follows

    def read(self, block: Block) -> Rows | None:
        """Return the samples of a block, or None if there is none in it; DataError names line and column."""
        skipped = max(self.head.first_line - block.first, 0)
        lines, first = block.lines[skipped:], block.first + skipped
        numbers = np.arange(first, first + len(lines))
        if b"" in lines:
            numbers = numbers[[line != b"" for line in lines]]
            lines = [line for line in lines if line]
        if not lines:
            return None
        try:
            values, times = self._with_pandas(lines)
            seconds = self.clock.seconds(times) if self.clock else np.empty(0)
        except ValueError:  # pandas' own errors are such, too
            return self._line_by_line(lines, numbers)
        if self._footer:
            raise self._footer
        return Rows(values, seconds, self._resolution(lines), numbers)

    def _with_pandas(self, lines: Sequence[bytes]) -> tuple[NDArray[np.float64], NDArray[Any]]:
        form = self.head.format
        text = b"\n".join(lines)
        self._check_widths(lines, text)
        if HUGE_EXPONENT.search(text):
            raise ValueError
        if MINUS.encode() in text:
            text = text.replace(MINUS.encode(), b"-")
        if form.delimiter == ARROW:
            text = text.replace(ARROW.encode(), b"\t")
        used: list[Hashable] = [self.column] if self.clock is None else [self.column, self.clock.column]
        dtypes: dict[Hashable, Any] = {self.column: np.float64}
        if self.clock and self.clock.texts:
            dtypes[self.clock.column] = str
        sep = r"\s+" if form.delimiter == " " else "\t" if form.delimiter in ("", ARROW) else form.delimiter
        frame: pd.DataFrame = pd.read_csv(
            BytesIO(text),
            sep=sep,
            header=None,
            names=range(len(self.head.names)),
            usecols=used,
            dtype=dtypes,
            decimal=form.decimal,
            quotechar=form.quote,
            na_values=NOT_A_VALUE,
            skipinitialspace=True,
            # exact up to 15 digits, which a float32 does not need, and twice as fast as "round_trip"
            float_precision="high",
            engine="c",
        )
        values = frame[self.column].to_numpy()
        times = frame[used[-1]].to_numpy()
        wrong = len(values) != len(lines) or np.nanmax(np.abs(values), initial=0) > LARGEST
        if wrong or (self.clock and not self.clock.texts and times.dtype == object):
            raise ValueError
        return values, times

    def _check_widths(self, lines: Sequence[bytes], text: bytes) -> None:
        """ValueError if a line has other delimiters than all should have."""
        form, width = self.head.format, len(self.head.names)
        if form.delimiter == " ":
            if {len(line.split()) for line in lines} != {width}:
                raise ValueError
        elif form.delimiter and not _has_width(text, form.delimiter.encode(), len(lines), width):
            found = {line.count(form.delimiter.encode()) + 1 for line in lines}
            if min(found) < self._narrowest or max(found) > width:
                raise ValueError

    @property
    def _narrowest(self) -> int:
        """The fewest columns of a line: the last ones may be left out where they are not asked for."""
        last = max(self.column, self.clock.column if self.clock else 0)
        return max(min(self.head.narrowest, len(self.head.names)), last + 1)

    def _line_by_line(self, lines: Sequence[bytes], numbers: NDArray[np.int64]) -> Rows | None:
        values: list[float] = []
        times: list[Any] = []
        kept: list[int] = []
        for number, line in zip(numbers.tolist(), lines, strict=True):
            text = decode(line.replace(b"\0", b""), self.head.path, number)
            if not text.strip() or is_comment(text):
                continue
            fields = self.head.format.split(text)
            if len(fields) > len(self.head.names) and "#" in text:  # a comment behind the samples
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
        """Say whether a line is text, as at the end of some files: it is an error only if samples follow."""
        kinds = {self.head.format.kind(field) for field in fields}
        return "text" in kinds and kinds <= {"text", "empty"} and len("".join(fields)) > 2

    def _value(self, fields: Sequence[str], number: int) -> float:
        width = len(self.head.names)
        if not self._narrowest <= len(fields) <= width:
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
        """Convert texts one by one where they have other forms, so that the first wrong one is named."""
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
        return DataError(f"{where}: {fields[column][:40]!r} where a number is expected; repair it or leave it empty")

    def _resolution(self, lines: Sequence[bytes]) -> float:
        """Return the seconds of the last digit of this block's times, which may have fewer than the first ones."""
        if self.clock is None or self.clock.texts or self.clock.counts:
            return self.clock.resolution if self.clock else 0.0
        some = lines[:: max(len(lines) // LOOKED_AT, 1)]
        rows = [self.head.format.split(line.decode(errors="replace")) for line in some]
        texts = [fields[self.clock.column] for fields in rows if len(fields) > self.clock.column]
        # of neighbours the longest counts, as zeros at the end may be left out
        groups = [texts[start : start + 10] for start in range(0, len(texts), 10)]
        return max(map(last_digit, groups), default=0.0) * self.clock.scale


def _has_width(text: bytes, delimiter: bytes, lines: int, width: int) -> bool:
    """Say whether each line has as many columns, by where the delimiters and the ends of the lines are."""
    if len(delimiter) > 1 or text.count(delimiter) != lines * (width - 1):
        return False
    if width == 1:
        return True
    places = np.frombuffer(text, np.uint8)
    marks = np.flatnonzero(places == delimiter[0]).reshape(lines, width - 1)
    ends = np.flatnonzero(places == ord("\n"))
    return bool(np.all(marks[:-1, -1] < ends) and np.all(marks[1:, 0] > ends))
