"""Reads samples and times of regular lines by pandas."""

import re
from collections.abc import Hashable, Sequence
from io import BytesIO
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.recordings.text.clock import Clock
from data.recordings.text.fields import ARROW, LARGEST, MINUS, NO_VALUE
from data.recordings.text.head import Head

HUGE_EXPONENT: Final = re.compile(rb"[eE][-+]?\d{4}")  # pandas' C code crashes on exponents that overflow an int
NOT_A_VALUE: Final = [text for value in NO_VALUE if value for text in {value, value.upper(), value.capitalize()}]


def read_with_pandas(
    head: Head, column: int, clock: Clock | None, lines: Sequence[bytes]
) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return a column's values and times, both (n,). Raises ValueError if pandas could misread a line."""
    form = head.format
    text = b"\n".join(lines)
    _check_widths(head, fewest_columns(head, column, clock), lines, text)
    if HUGE_EXPONENT.search(text):
        raise ValueError
    if MINUS.encode() in text:
        text = text.replace(MINUS.encode(), b"-")
    if form.delimiter == ARROW:
        text = text.replace(ARROW.encode(), b"\t")
    used: list[Hashable] = [column] if clock is None else [column, clock.column]
    dtypes: dict[Hashable, Any] = {column: np.float64}
    if clock and clock.texts:
        dtypes[clock.column] = str
    sep = r"\s+" if form.delimiter == " " else "\t" if form.delimiter in ("", ARROW) else form.delimiter
    frame: pd.DataFrame = pd.read_csv(
        BytesIO(text),
        sep=sep,
        header=None,
        names=range(len(head.names)),
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
    values = frame[column].to_numpy()
    times = frame[used[-1]].to_numpy()
    wrong = len(values) != len(lines) or np.nanmax(np.abs(values), initial=0) > LARGEST
    if wrong or (clock and not clock.texts and times.dtype == object):
        raise ValueError
    return values, times


def _check_widths(head: Head, fewest: int, lines: Sequence[bytes], text: bytes) -> None:
    """Raise ValueError if a line has another number of columns."""
    form, width = head.format, len(head.names)
    if form.delimiter == " ":
        if {len(line.split()) for line in lines} != {width}:
            raise ValueError
    elif form.delimiter and not _has_width(text, form.delimiter.encode(), len(lines), width):
        found = {line.count(form.delimiter.encode()) + 1 for line in lines}
        if min(found) < fewest or max(found) > width:
            raise ValueError


def fewest_columns(head: Head, column: int, clock: Clock | None) -> int:
    """Return the minimum number of columns of a line; unused ones at the end may be missing."""
    last = max(column, clock.column if clock else 0)
    return max(min(head.narrowest, len(head.names)), last + 1)


def _has_width(text: bytes, delimiter: bytes, lines: int, width: int) -> bool:
    """Return whether each line has `width` columns, by the positions of delimiters and line ends."""
    if len(delimiter) > 1 or text.count(delimiter) != lines * (width - 1):
        return False
    if width == 1:
        return True
    places = np.frombuffer(text, np.uint8)
    marks = np.flatnonzero(places == delimiter[0]).reshape(lines, width - 1)
    ends = np.flatnonzero(places == ord("\n"))
    return bool(np.all(marks[:-1, -1] < ends) and np.all(marks[1:, 0] > ends))
