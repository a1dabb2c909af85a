"""Yields the rows of a table in blocks, for all kinds of files."""

from collections.abc import Iterator

from data.tables.cells import Cells
from data.tables.columnar import ColumnarTable, as_texts
from data.tables.layout import Layout
from data.tables.parse import from_frame, non_row_error, parse
from data.tables.rows import Classes, Rows
from data.tables.text import TextTable


def stream(layout: Layout, classes: Classes = None) -> Iterator[Rows]:
    """Yield the rows of a table in blocks. Raises DataError for the first invalid value, with file, line and column."""
    table = layout.table
    if isinstance(table, ColumnarTable):
        yield from _columnar_rows(table, layout, classes)
    else:
        yield from _text_rows(table, layout, classes)


def _text_rows(table: TextTable, layout: Layout, classes: Classes) -> Iterator[Rows]:
    non_row = None  # a line that is not a row, after which no row may follow
    for chunk in table.chunks():
        if non_row is not None and any(table.rows(chunk)):
            raise non_row_error(table, *non_row)
        rows = parse(chunk, table, layout, classes)
        if len(rows):
            yield rows
        non_row = non_row or table.non_row_at_end(chunk)


def _columnar_rows(table: ColumnarTable, layout: Layout, classes: Classes) -> Iterator[Rows]:
    for first, frame in table.frames():
        rows = from_frame(frame, layout, classes)
        if rows is None:
            cells = Cells(layout, table.decimal, classes)
            columns = (as_texts(frame.iloc[:, column]) for column in range(table.width))
            for number, fields in enumerate(zip(*columns, strict=True), first):
                cells.add(fields, f"{table.path}, row {number}")
            rows = cells.rows()
        yield rows


def count_rows(layout: Layout) -> int:
    """Return the number of rows, by reading the file once."""
    if isinstance(layout.table, ColumnarTable):
        return sum(len(frame) for _, frame in layout.table.frames([0]))
    return sum(1 for chunk in layout.table.chunks() for _ in layout.table.rows(chunk))


def line_of(layout: Layout, row: int) -> int:
    """Return the line number of a row, or the row's own number in a file without lines; both count from 1."""
    if isinstance(layout.table, ColumnarTable):
        return row
    lines = (line for chunk in layout.table.chunks() for line, _ in layout.table.rows(chunk))
    return next(line for number, line in enumerate(lines, 1) if number == row)
