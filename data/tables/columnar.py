"""Reads tables in Parquet or Arrow files, some rows at a time."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isnan
from pathlib import Path
from typing import Any, Final

import pandas as pd

from data.errors import DataError
from data.tables.formats import ARROW, PARQUET
from data.tables.head import SAMPLE_ROWS
from data.tables.nested import Lists, find_lists, flatten, plain_name

BATCH_VALUES: Final = 1 << 17  # chosen by hand
READ_BYTES: Final = 1 << 16  # of a column at a time, instead of a whole row group


@dataclass(frozen=True, slots=True)
class ColumnarTable:
    """A table whose columns have names and types."""

    path: Path
    names: tuple[str, ...]
    note: str | None = None
    decimal: str = "."
    header_line: int = 0
    label: int = -1  # -1: no column is declared as the label
    class_names: tuple[str, ...] | None = None
    unit: str = "row"  # the unit in which rows are counted
    booleans: frozenset[int] = frozenset()  # boolean columns
    index: frozenset[int] = frozenset()  # columns that were the index of a pandas frame
    lists: Lists = ()  # columns of lists of values

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.names)

    def frames(self, columns: Sequence[int] | None = None) -> Iterator[tuple[int, pd.DataFrame]]:
        """Yield some rows at a time, with the number of the first row. Raises DataError if the file is damaged.

        A column of lists becomes a column per value. Raises DataError for a list with another length than the first.
        """
        import pyarrow  # imported here: it takes a third of a second, and CSV does not need it

        first, rows = 1, max(BATCH_VALUES // self.width, 1)
        try:
            for batch in _batches(self.path, rows):
                flat = flatten(batch, self.lists, f"{self.path}, row", first)
                chosen = flat if columns is None else flat.select(list(columns))
                yield first, chosen.to_pandas(ignore_metadata=True)
                first += batch.num_rows
        except (pyarrow.ArrowException, OSError) as error:
            raise DataError(f"{self.path}: cannot be read to its end ({_short(error)}); fetch it again") from None

    def texts(self, columns: Sequence[int]) -> Iterator[list[Sequence[str]]]:
        """Yield the given columns as texts, some rows at a time."""
        for _, frame in self.frames(columns):
            yield [as_texts(frame.iloc[:, place]) for place in range(len(columns))]


def open_columnar(path: Path) -> tuple[ColumnarTable, list[list[str]]]:
    """Read a file's schema and the fields of its first rows as texts. Raises DataError if it has no rows."""
    import pyarrow  # imported here, as above

    try:
        as_stored = _schema(path)
        lists = find_lists(path, as_stored, _batches(path, 1))
        schema = flatten(as_stored.empty_table(), lists).schema
    except (pyarrow.ArrowException, OSError) as error:
        raise DataError(f"{path}: cannot be read as Parquet or Arrow ({_short(error)}); fetch it again") from None
    names = tuple(map(plain_name, schema.names))
    booleans = frozenset(column for column, kind in enumerate(schema.types) if str(kind) == "bool")
    stored_index = (as_stored.pandas_metadata or {}).get("index_columns", [])  # dicts for an index without a column
    index = frozenset(column for column, name in enumerate(schema.names) if name in stored_index)
    table = ColumnarTable(path, names, booleans=booleans, index=index, lists=lists)
    for column, name in enumerate(names):
        if name in names[:column]:
            raise DataError(f"{path}, column {column + 1}: {name!r} is the name of two columns; give each its own name")
    if len(names) < 2:
        raise DataError(
            f"{path}: only one column; a row must have the values and the label of a beat, in a column each"
        )
    first = next((frame for _, frame in table.frames() if len(frame)), None)
    if first is None:
        raise DataError(f"{path}: no rows; give a file with one beat per row")
    sample = first.iloc[:SAMPLE_ROWS]
    return table, [list(row) for row in zip(*(as_texts(sample.iloc[:, n]) for n in range(len(names))), strict=True)]


def as_texts(column: pd.Series) -> list[str]:
    """Return a column's values as texts: integers without a point, "" for missing values."""
    if pd.api.types.is_bool_dtype(column):
        column = column.astype(int)
    return ["" if _is_missing(value) else _as_text(value) for value in column.astype(object)]


def _as_text(value: object) -> str:
    return (value.decode(errors="replace") if isinstance(value, bytes) else str(value)).strip()


def _is_missing(value: object) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and isnan(value))


def _schema(path: Path) -> Any:
    import pyarrow.parquet

    start = _start(path)
    if start.startswith(PARQUET):
        return pyarrow.parquet.ParquetFile(path).schema_arrow
    with _opened_arrow(path, start) as reader:
        return reader.schema


def _batches(path: Path, rows: int) -> Iterator[Any]:
    import pyarrow.parquet

    start = _start(path)
    if start.startswith(PARQUET):
        with pyarrow.parquet.ParquetFile(path, buffer_size=READ_BYTES, pre_buffer=False) as parquet:
            yield from parquet.iter_batches(rows)
        return
    with _opened_arrow(path, start) as reader:
        several = hasattr(reader, "num_record_batches")
        batches = (reader.get_batch(n) for n in range(reader.num_record_batches)) if several else reader
        for batch in batches:
            yield from (batch.slice(begin, rows) for begin in range(0, batch.num_rows, rows))


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(8)


def _opened_arrow(path: Path, start: bytes) -> Any:
    import pyarrow.ipc

    source = pyarrow.OSFile(str(path))
    return pyarrow.ipc.open_file(source) if start.startswith(ARROW[0]) else pyarrow.ipc.open_stream(source)


def _short(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:100] if str(error).strip() else type(error).__name__
