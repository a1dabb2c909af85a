"""Reads the first lines of a text table to find out its format."""

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain, islice
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.tables.declared import SPARSE, read_declared
from data.tables.dialect import SEPARATOR, decimal_of, find_dialect, looks_like_header, loose_split
from data.tables.fields import BLANKS, split, to_number
from data.tables.lines import numbered_lines, plain_chunks
from data.tables.roles import is_label_name
from data.tables.text import TextTable

SAMPLE_ROWS: Final = 200
SAMPLE_CHARACTERS: Final = 1 << 20
MOST_TITLES: Final = 10  # lines above the header
OTHER_DELIMITERS: Final = re.compile(r"[,;|\t]")
COMMA: Final = re.compile(r"[-+]?\d+(,\d+)+")
THOUSANDS: Final = re.compile(r"[-+]?[1-9]\d{0,2}(,\d{3})+")

Row = tuple[int, str]  # line number and line


def read_head(path: Path) -> tuple[TextTable, list[list[str]]]:
    """Detect a file's format; return the table and the fields of its first rows. Raises DataError if it has no rows."""
    notes: list[str] = []
    separator: str | None = None
    lines = numbered_lines(path)
    for number, line in lines:
        if line.startswith("#"):
            notes.append(line.removeprefix("#").strip())
        elif separator is None and not notes and (found := SEPARATOR.fullmatch(line)):
            separator = found[1]
        elif line.lstrip().startswith("@"):
            return _declared_table(path, notes, chain([(number, line)], lines))
        elif not line.startswith("%"):
            return _delimited_table(path, notes, separator, _sample(chain([(number, line)], lines)))
    raise DataError(f"{path}: empty; give a file with one beat per line")


def _sample(lines: Iterator[Row]) -> list[Row]:
    rows: list[Row] = []
    size = 0
    for row in islice(lines, SAMPLE_ROWS):
        rows.append(row)
        size += len(row[1])
        if size > SAMPLE_CHARACTERS and len(rows) > 1:
            break
    return rows


def _declared_table(path: Path, notes: list[str], lines: Iterator[Row]) -> tuple[TextTable, list[list[str]]]:
    declared = read_declared(path, (row for row in lines if not row[1].lstrip().startswith(("%", "#"))))
    first = next(lines, None)
    if first is None:
        raise DataError(f"{path}, line {declared.data_line}: a header and no rows; give a file with one beat per line")
    if first[1].lstrip().startswith("{"):
        raise DataError(f"{path}, line {first[0]}: {SPARSE}")
    names = _checked_names(path, declared.data_line, declared.names) if declared.names else None
    table = TextTable(path, "\n".join(notes) or None, ",", ".", names, len(declared.names), declared.data_line)
    table = replace(table, declared=declared)
    rows = [decode_row(row, table) for row in islice(rows_of(table), SAMPLE_ROWS)]
    if declared.is_ts:
        table = replace(table, width=len(rows[0]))
    return table, rows


def decode_row(row: tuple[int, bytes], table: TextTable) -> list[str]:
    """Return the fields of a row, even if it is malformed."""
    return loose_split(row[1].decode(errors="replace"), table.delimiter)


def rows_of(table: TextTable) -> Iterator[tuple[int, bytes]]:
    """Yield line number and bytes of each row."""
    return (row for chunk in table.chunks() for row in chunk.rows())


def _delimited_table(
    path: Path, notes: list[str], separator: str | None, sample: list[Row]
) -> tuple[TextTable, list[list[str]]]:
    delimiter, decimal = find_dialect([line for _, line in sample[1:] or sample], separator)
    titles = _titles([loose_split(line, delimiter) for _, line in sample], delimiter)
    notes += [line.strip(f"{delimiter} ") for _, line in sample[:titles]]
    sample = sample[titles:]
    lines = [line for _, line in sample]
    first_line, first = sample[0][0], _split_head(path, *sample[0], delimiter)
    rows = [loose_split(line, delimiter) for line in lines]
    if delimiter != "," and len(lines) > 1 and not any("," in line or "." in line for line in lines[1:]):
        decimal = _later_decimal(path, first_line, delimiter)
    if (delimiter, decimal) == (",", ","):
        _refuse_thousands(path, sample)
    is_header = looks_like_header(first, rows[1:], decimal)
    if is_header and len(rows) == 1:
        raise DataError(f"{path}, line {first_line}: a header and no rows; give a file with one beat per line")
    rows = rows[is_header:]
    empty = _empty_at_end(rows)
    width = len(first)
    if is_header:
        width -= min(_empty_at_end([first]), empty)
        longer = _usual_width(rows) - empty - width
        names = _checked_names(path, first_line, ["", *first[:width]] if longer == 1 else first[:width])
        trailing, width = max(_usual_width(rows) - len(names), 0) if empty else 0, len(names)
    else:
        names, trailing, width = None, min(empty, width - 1), width - min(empty, width - 1)
    note = "\n".join(notes) or None
    return TextTable(path, note, delimiter, decimal, names, width, first_line - (not is_header), trailing), rows


def _titles(rows: Sequence[Sequence[str]], delimiter: str) -> int:
    """Return the number of title lines at the top: lines with fewer texts than a header has."""
    usual, count = _usual_width(rows), 0
    while count < min(len(rows) - 1, MOST_TITLES) and usual > 2:
        filled = [field for field in rows[count] if field]
        if any(to_number(field) is not None or is_label_name(field) for field in filled):
            break
        if len(filled) == 1 and len(OTHER_DELIMITERS.split(filled[0])) == usual:
            break  # a header with another delimiter
        if 2 * len(filled) > usual and (delimiter != BLANKS or len(filled) in (usual - 1, usual)):
            break
        count += 1
    return count


def _refuse_thousands(path: Path, sample: Sequence[Row]) -> None:
    """Raise DataError if all commas in quoted numbers may be either decimal or thousands separators."""
    commas = [(row, field) for row in sample for field in loose_split(row[1], ",") if COMMA.fullmatch(field)]
    if commas and all(THOUSANDS.fullmatch(field) for _, field in commas):
        (number, line), field = commas[0]
        column = loose_split(line, ",").index(field) + 1
        either = " or ".join(field.replace(",", sign) for sign in ("", "."))
        raise DataError(
            f"{path}, line {number}, column {column}: {field!r} may be {either}; write the numbers without a separator "
            "of thousands, or with decimal points"
        )


def _split_head(path: Path, number: int, line: str, delimiter: str) -> list[str]:
    try:
        fields = [field.strip() for field in split(line, delimiter)]
    except csv.Error as error:
        raise DataError(f"{path}, line {number}: not a line of CSV ({error}); check its quotes") from None
    if len(fields) == 1:
        raise DataError(
            f"{path}, line {number}: only one column; a row must have the values and the label of a beat, "
            "separated by comma, semicolon, tab or blanks"
        )
    return fields


def _later_decimal(path: Path, first_line: int, delimiter: str) -> str:
    """Return the decimal sign of the first number in the file that has one."""
    for chunk in plain_chunks(path):
        if b"," in chunk.data or b"." in chunk.data:
            for number, line in chunk.rows():
                if number > first_line and (b"," in line or b"." in line):
                    return decimal_of(line.decode(errors="replace"), delimiter)
    return "."


def _usual_width(rows: Sequence[Sequence[str]]) -> int:
    widths = [len(row) for row in rows]
    return max(widths, key=widths.count)


def _empty_at_end(rows: Sequence[Sequence[str]]) -> int:
    """Return the number of trailing fields that are empty in most rows."""
    width = _usual_width(rows)
    usual = [row for row in rows if len(row) == width]
    count = 0
    while count < width - 1 and 2 * sum(row[-1 - count] == "" for row in usual) > len(rows):
        count += 1
    return count


def _checked_names(path: Path, number: int, names: Sequence[str]) -> tuple[str, ...]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name and name in seen:
            raise DataError(
                f"{path}, line {number}, column {index + 1}: {name!r} is the name of two columns; "
                "give each its own name"
            )
        seen.add(name)
    return tuple(names)
