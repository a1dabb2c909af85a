"""Columns of a Parquet or Arrow file with lists of values, or with names of several levels."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from data.errors import DataError

Lists = tuple[tuple[int, int], ...]  # index of each column of lists, and the length of its lists


def plain_name(name: str) -> str:
    """Return a column's name; pandas' names of several levels, as "('beat', '0')", are joined by underscores."""
    try:
        levels = ast.literal_eval(name) if name.startswith("(") else name
    except (ValueError, SyntaxError, RecursionError, MemoryError):
        return name
    return "_".join(str(level) for level in levels if level != "") if isinstance(levels, tuple) else name


def find_lists(path: Path, schema: Any, batches: Iterator[Any]) -> Lists:
    """Return the columns of lists and the length of their first list. Raises DataError for lists of lists."""
    import pyarrow.types as kinds

    def is_list(kind: Any) -> bool:
        return bool(kinds.is_list(kind) or kinds.is_large_list(kind) or kinds.is_fixed_size_list(kind))

    places = [place for place, kind in enumerate(schema.types) if is_list(kind)]
    for place in places:
        if is_list(schema.types[place].value_type):
            raise DataError(
                f"{path}: column {place + 1} ({schema.names[place]}) holds lists of lists; give a list of the values "
                "of one lead in each row, or a column per value"
            )
    first = next((batch for batch in batches if batch.num_rows), None) if places else None
    return tuple((place, len(first.column(place)[0].as_py() or ())) for place in places) if first is not None else ()


def flatten(batch: Any, lists: Lists, where: str = "", first: int = 1) -> Any:
    """Return a pyarrow batch or table with a column for each value of the lists.

    Raises DataError for a list with another length; the message has `where` and the row's number, counted from `first`.
    """
    import pyarrow

    if not lists:
        return batch
    lengths, columns, names = dict(lists), [], []
    for place, name in enumerate(batch.schema.names):
        column, length = batch.column(place), lengths.get(place)
        if length is None:
            columns.append(column)
            names.append(name)
            continue
        values = _values(column, length, f"column {place + 1} ({name})", where, first)
        columns += [values[n::length] for n in range(length)]
        names += [f"{name}{n}" for n in range(1, length + 1)]
    return pyarrow.Table.from_arrays(columns, names)


def _values(column: Any, length: int, called: str, where: str, first: int) -> Any:
    import pyarrow.compute

    found = pyarrow.compute.fill_null(pyarrow.compute.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    wrong = (found != length).nonzero()[0]
    if len(wrong):
        raise DataError(
            f"{where} {first + wrong[0]}, {called}: a list of {found[wrong[0]]} values, but the first has {length}; "
            "cut or pad all beats to one length"
        )
    return pyarrow.compute.list_flatten(column).to_numpy(zero_copy_only=False)
