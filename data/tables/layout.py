"""How a file is laid out: its delimiter, its header if it has one, and which column is the label."""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.tables.fields import is_label, split, to_number
from data.tables.lines import numbered_lines

DELIMITERS: Final = ("\t", ";", ",")
LABEL_NAMES: Final = ("label", "class", "target", "y")
ROWS_BETWEEN_VERDICTS: Final = 1000
SAY_WHICH: Final = "say which column is the label: --label first or --label last"


@dataclass(frozen=True, slots=True)
class Layout:
    """What the first lines of a file say about all of them."""

    path: Path
    note: str | None
    delimiter: str
    names: tuple[str, ...] | None  # of all columns, if there is a header
    width: int  # columns, the label included
    header_line: int  # number of the last line before the data
    label: int = -1  # the label's column, counted from 0; -1 if there is none

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The header's names without the label's, else F1..Fn."""
        if self.names is None:
            return tuple(f"F{n}" for n in range(1, self.width + (self.label < 0)))
        if self.label < 0:
            return self.names
        return self.names[: self.label] + self.names[self.label + 1 :]

    def column(self, index: int) -> str:
        """Name a column for people: counted from 1, with its name if it has one."""
        return f"column {index + 1}" + (f" ({self.names[index]})" if self.names else "")


def find_columns(path: Path) -> Layout:
    """Read as much of the file as it takes to know its columns, none of which is taken for the label."""
    return _read_head(path)


def find_layout(path: Path, label: str | None, like: Layout | None = None) -> Layout:
    """Read as much of the file as it takes to know its layout; DataError if that cannot be known.

    `like` is the layout of a file whose columns this one must have.
    """
    layout = _read_head(path)
    if like is not None:
        return _same_layout(layout, like)
    index = _named_label(layout, label)
    return replace(layout, label=_found_label(layout) if index is None else index)


def _read_head(path: Path) -> Layout:
    notes: list[str] = []
    rows: list[tuple[int, str]] = []
    for number, line in numbered_lines(path):
        if line.startswith("#") and not rows:
            notes.append(line.removeprefix("#").strip())
        else:
            rows.append((number, line))
        if len(rows) == 2:
            break
    if not rows:
        raise DataError(f"{path}: empty; give a file with one beat per line")
    # the last row read is data, unless the file is nothing but a header
    delimiter = max(DELIMITERS, key=rows[-1][1].count)
    first_line, fields = rows[0][0], _split_head(path, *rows[0], delimiter)
    is_header = _looks_like_header(fields)
    if is_header and len(rows) == 1:
        raise DataError(f"{path}, line {first_line}: a header and no rows; give a file with one beat per line")
    names = _checked_names(path, first_line, fields) if is_header else None
    return Layout(path, "\n".join(notes) or None, delimiter, names, len(fields), first_line - (not is_header))


def _split_head(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    try:
        fields = [field.strip() for field in split(line, delimiter)]
    except csv.Error as error:
        raise DataError(f"{path}, line {number}: not a line of CSV ({error}); check its quotes") from None
    if len(fields) == 1:
        raise DataError(
            f"{path}, line {number}: only one column; a row is the values and the label of one beat, "
            "separated by comma, semicolon or tab"
        )
    return fields


def _looks_like_header(fields: list[str]) -> bool:
    numbers = [to_number(field) for field in fields]
    texts = sum(number is None and field != "" for field, number in zip(fields, numbers, strict=True))
    if texts and 2 * texts >= sum(field != "" for field in fields):
        return True
    # pandas names the columns of a nameless table 0, 1, 2, ...; beside them stand the index or the label
    counted = numbers[numbers[0] is None : len(numbers) - (numbers[-1] is None)]
    counts = any(counted == [float(start + step) for step in range(len(counted))] for start in (0, 1))
    return counts and len(counted) > (0 if None in numbers else 2)


def _checked_names(path: Path, number: int, names: list[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name == "":
            hint = "it looks like a pandas index: write with index=False" if index == 0 else "give each column a name"
            raise DataError(f"{path}, line {number}, column {index + 1}: no name in the header; {hint}")
        if name in seen:
            raise DataError(
                f"{path}, line {number}, column {index + 1}: {name!r} names two columns; give each its own name"
            )
        seen.add(name)
    return tuple(names)


def _named_label(layout: Layout, label: str | None) -> int | None:
    if label in ("first", "last"):
        return 0 if label == "first" else layout.width - 1
    names = layout.names or ()
    if label is not None:
        if label not in names:
            known = f"its columns are {', '.join(names)}" if names else "it has no header"
            raise DataError(f"{layout.path}: no column named {label!r}, {known}; give --label first, last or a name")
        return names.index(label)
    found = [index for index, name in enumerate(names) if name.lower() in LABEL_NAMES]
    if len(found) > 1:
        several = " and ".join(layout.column(index) for index in found)
        raise DataError(f"{layout.path}: {several} could each be the label; say which with --label NAME")
    return found[0] if found else None


def _found_label(layout: Layout) -> int:
    """Return the one of the outer columns that holds integers only, else the one that nearly does."""
    first = last = rows = 0
    for number, line in numbered_lines(layout.path):
        fields = line.split(layout.delimiter)
        if number <= layout.header_line or len(fields) != layout.width:
            continue
        rows += 1
        first += is_label(to_number(fields[0].strip('" ')))
        last += is_label(to_number(fields[-1].strip('" ')))
        if rows % ROWS_BETWEEN_VERDICTS == 0 and first != last:
            break
    if first == last == rows and rows:
        raise DataError(f"{layout.path}: the first and the last column hold integers only; {SAY_WHICH}")
    if 2 * max(first, last) <= rows:
        raise DataError(f"{layout.path}: neither the first nor the last column holds integers; {SAY_WHICH}")
    return 0 if first > last else layout.width - 1


def _same_layout(layout: Layout, like: Layout) -> Layout:
    if layout.width != like.width:
        raise DataError(
            f"{layout.path}: {layout.width} columns where {like.path.name} has {like.width}, the label included; "
            "rows that belong together must have the same columns"
        )
    same = replace(layout, label=like.label)
    unnamed = tuple(f"F{n}" for n in range(1, like.width))
    if layout.names is not None and like.feature_names not in (unnamed, same.feature_names):
        raise DataError(
            f"{layout.path}, line {layout.header_line}: other column names than {like.path.name}; use the same"
        )
    return same
