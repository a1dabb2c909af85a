"""The rows of a file that are to be predicted, in batches, with their labels where the file has them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.client.gateway import Served
from data.errors import DataError
from data.tables.layout import Layout, find_columns, find_layout
from data.tables.lines import Block, read_blocks
from data.tables.reader import parse


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows of a file."""

    first: int  # number of the first one among the file's rows, counted from 1
    features: NDArray[np.float32]  # (rows, n)
    labels: NDArray[np.int64] | None  # (rows,)


def layout_for(path: Path, label: str | None, served: Served) -> Layout:
    """Tell by the number of columns whether the file has labels; DataError if its beats are not the model's."""
    columns, width = find_columns(path), served.width
    if columns.width == width and label is None:
        return columns
    if columns.width != width + 1:
        raise DataError(
            f"{path}: {columns.width} columns, and version {served.version} takes beats of {width} values: "
            f"give {width} columns, or {width + 1} with a label"
        )
    return find_layout(path, label)


def count_rows(layout: Layout) -> int:
    """Read the file once for the number of its rows."""
    return sum(1 for block in read_blocks(layout.path) for _ in _rows(block, layout))


def line_of(layout: Layout, row: int) -> int:
    """Number of the line where a row stands; both are counted from 1."""
    lines = (block.first + index for block in read_blocks(layout.path) for index in _rows(block, layout))
    return next(line for number, line in enumerate(lines, 1) if number == row)


def batches(layout: Layout, served: Served, size: int, done: int) -> Iterator[Batch]:
    """Yield the rows after the first `done` ones, `size` at a time; DataError for a row that is none."""
    order = _order(layout, served)
    rows, first = np.empty((0, layout.width)), done + 1
    for block in _left(layout, done):
        rows = np.concatenate([rows, parse(block, layout)])
        while len(rows) >= size:
            yield _batch(rows[:size], first, layout, order)
            rows, first = rows[size:], first + size
    if len(rows):
        yield _batch(rows, first, layout, order)


def _batch(rows: NDArray[np.float64], first: int, layout: Layout, order: list[int]) -> Batch:
    labels = None if layout.label < 0 else rows[:, layout.label].astype(np.int64)
    return Batch(first, rows[:, order].astype("<f4"), labels)


def _order(layout: Layout, served: Served) -> list[int]:
    """Columns of the features, in the model's order if the file has the model's names."""
    columns = [column for column in range(layout.width) if column != layout.label]
    names = layout.feature_names
    if served.names is None or set(served.names) != set(names):
        return columns
    return [columns[names.index(name)] for name in served.names]


def _left(layout: Layout, done: int) -> Iterator[Block]:
    """Blocks in which the first `done` rows are blank, so that they are not parsed and lines keep their numbers."""
    for block in read_blocks(layout.path):
        for index in _rows(block, layout) if done else ():
            if done:
                block.lines[index], done = b"", done - 1
        yield block


def _rows(block: Block, layout: Layout) -> Iterator[int]:
    """Places of a block's rows among its lines."""
    start = max(layout.header_line + 1 - block.first, 0)
    return (index for index in range(start, len(block.lines)) if block.lines[index].strip())
