"""Parses chunks of text into rows: quickly with pandas if possible, else line by line with exact errors."""

import csv
import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.cells import Cells
from data.tables.declared import SPARSE
from data.tables.dialect import loose_split
from data.tables.fields import BLANKS, LARGEST_LABEL, split
from data.tables.frames import Kinds, read_frame, unquoted
from data.tables.layout import Layout
from data.tables.lines import Chunk, count_byte, decode
from data.tables.rows import Classes, Rows
from data.tables.text import TextTable

FIRST_ROW: Final = re.compile(rb"\s*([^\r\n]*)")
TRUTH: Final = re.compile(rb"true|false", re.IGNORECASE)


def parse(chunk: Chunk, table: TextTable, layout: Layout, classes: Classes = None) -> Rows:
    """Return the chunk's rows. Raises DataError for the first invalid value, with file, line and column."""
    rows = parse_quickly(chunk, table, layout, classes)
    return parse_carefully(chunk, table, layout, classes) if rows is None else rows


def parse_quickly(chunk: Chunk, table: TextTable, layout: Layout, classes: Classes = None) -> Rows | None:
    """Return the chunk's rows, or None if pandas could misread them."""
    if not chunk.data or chunk.data.isspace():
        return from_frame(pd.DataFrame(np.empty((0, table.width))), layout, classes)
    texts = {*layout.left_out, layout.group, *({layout.label} if layout.class_names else ())} - {-1}
    total = table.width + table.trailing
    number = np.dtype(np.float64)
    kinds: Kinds = {column: str if column in texts or column >= table.width else number for column in range(total)}
    frame = read_frame(chunk.data, table.delimiter, table.decimal, kinds)
    if frame is None or frame.shape[1] != total or not (frame.iloc[:, table.width :] == "").all(axis=None):
        return None
    if _starts_with_truth(chunk.data, table, kinds):
        return None
    # pandas pads short rows, which is an error only in a column of numbers
    if kinds[total - 1] is str and not _is_even(chunk.data, table.delimiter, frame):
        return None
    return from_frame(frame, layout, classes)


def _starts_with_truth(data: bytes, table: TextTable, kinds: Kinds) -> bool:
    """Return whether a number of the first row is True or False, which pandas would read as 1 or 0."""
    first = FIRST_ROW.match(data)
    if first is None or not TRUTH.search(first[1]):
        return False
    fields = enumerate(loose_split(first[1].decode(errors="replace"), table.delimiter))
    return any(kinds.get(column) is not str and TRUTH.search(field.encode()) for column, field in fields)


def _is_even(data: bytes, delimiter: str, frame: pd.DataFrame) -> bool:
    if delimiter == BLANKS:
        return bool((frame.iloc[:, -1] != "").all())
    return count_byte(unquoted(data, delimiter), delimiter.encode()) == len(frame) * (frame.shape[1] - 1)


def from_frame(frame: pd.DataFrame, layout: Layout, classes: Classes) -> Rows | None:
    """Return the rows of a frame with the table's columns, or None if a value is invalid."""
    first, last = layout.features[0], layout.features[-1]
    side_by_side = layout.features == tuple(range(first, last + 1))  # no copy
    columns = slice(first, last + 1) if side_by_side else list(layout.features)
    try:
        values = frame.iloc[:, columns].to_numpy(np.float64)
    except (ValueError, TypeError):
        return None
    with np.errstate(over="ignore"):
        features = np.ascontiguousarray(values, dtype=np.float32)
    if not np.isfinite(features).all():
        return None
    labels = groups = None
    if layout.label >= 0:
        column = frame.iloc[:, layout.label]
        labels = _named(column, layout.class_names) if layout.class_names else _whole(column)
        if labels is None or not (classes is None or np.isin(labels, classes).all()):
            return None
    if layout.group >= 0:
        column = frame.iloc[:, layout.group]
        groups = column.astype(str).str.strip().to_numpy(np.str_)
        if column.isna().any() or (groups == "").any():
            return None
    return Rows(features, labels, groups)


def _named(column: pd.Series, names: Sequence[str]) -> NDArray[np.int64] | None:
    codes, texts = pd.factorize(column.astype(object))
    known = {name: label for label, name in enumerate(names)}
    places = np.array([known.get(str(text).strip(), -1) for text in texts], np.int64)
    return None if (places < 0).any() or (codes < 0).any() else places[codes]


def _whole(column: pd.Series) -> NDArray[np.int64] | None:
    try:
        numbers = column.to_numpy(np.float64)
    except (ValueError, TypeError):
        return None
    whole = (numbers == np.rint(numbers)).all() and (np.abs(numbers) <= LARGEST_LABEL).all()
    return numbers.astype(np.int64) if whole else None


def parse_carefully(chunk: Chunk, table: TextTable, layout: Layout, classes: Classes = None) -> Rows:
    """Return the chunk's rows. Raises DataError for the first invalid value."""
    cells = Cells(layout, table.decimal, classes)
    non_row = next(table.non_rows(chunk), None)
    for number, line in table.rows(chunk):
        if non_row is not None and number > non_row[0]:
            raise non_row_error(table, *non_row)
        where = f"{table.path}, line {number}"
        cells.add(_fields(decode(line, table.path, number), where, table), where)
    return cells.rows()


def non_row_error(table: TextTable, number: int, what: str) -> DataError:
    """Return the error for a line that is not a row, between rows."""
    return DataError(f"{table.path}, line {number}: {what} between the rows; remove the line, or complete it to a beat")


def _fields(line: str, where: str, table: TextTable) -> list[str]:
    try:
        fields = split(line, table.delimiter)
    except csv.Error as error:
        raise DataError(f"{where}: not a line of CSV ({error}); check its quotes") from None
    while table.width < len(fields) <= table.width + table.trailing and not fields[-1].strip():
        fields.pop()
    if len(fields) != table.width:
        raise DataError(f"{where}: {_misfit(fields, table)}")
    return fields


def _misfit(fields: Sequence[str], table: TextTable) -> str:
    """Return the message for a row with a wrong number of fields."""
    if table.declared and fields[0].lstrip().startswith("{"):
        return SPARSE
    if table.declared and len(fields) == table.width + 1 and re.fullmatch(r"\s*\{[^{}]*\}\s*", fields[-1]):
        return f"{fields[-1].strip()} is a row's weight, which is not supported; remove the weights"
    expected = f"{len(fields)} columns where {table.width} are expected; "
    is_ts = table.declared is not None and table.declared.is_ts
    return expected + ("cut or pad all beats to one length" if is_ts else "repair or remove the row")
