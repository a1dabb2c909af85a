"""Reads the head of a recording as text: metadata, names, units, and the first line with samples."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Final

from data.errors import DataError
from data.recordings.text.fields import Format, Kind, find_format, is_comment, usual_width
from data.recordings.text.leading_rate import take_rate_of_header, take_rate_of_rows
from data.recordings.text.metadata import Metadata, is_metadata, read_metadata
from data.recordings.text.names import TIME, names_and_units, sensor_names
from data.recordings.text.units import split_name
from data.tables.lines import read_blocks

GIVE: Final = "give a text file with one sample per line"
LOOKED_AT: Final = 2000  # lines read
JUDGED: Final = 200  # of these, the last lines that show the format
NUMERIC: Final = re.compile(r"[-\d\s.,;:+eE\u2212]+", re.ASCII)
SEP_LINE: Final = re.compile(r"\"?sep=(.|\\t)\"?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a recording, and what its first lines show about the format."""

    path: Path
    format: Format
    names: tuple[str, ...]  # of all columns; "" for a column without a name
    units: tuple[str, ...]
    has_names: bool
    narrowest: int  # number of columns without optional ones at the end
    first_line: int  # number of the first line with samples
    rows: tuple[tuple[int, list[str]], ...]  # line numbers and fields of the first lines with samples
    metadata: Metadata

    def column(self, index: int) -> list[str]:
        """Return the first texts of a column; "" for a line that is too short."""
        return [fields[index] if index < len(fields) else "" for _, fields in self.rows]

    def where(self, index: int) -> str:
        """Return a column's name for messages."""
        name = f" ({self.names[index]})" if self.names[index] else ""
        return f"column {index + 1}{name}"


def read_head(path: Path) -> Head:
    """Read a file's first lines; DataError if they hold no samples."""
    sep, lines = _take_sep_line(_first_lines(path))
    comments = [line.lstrip().lstrip("#%/").strip() for _, line in lines if is_comment(line)]
    plain = [(number, line) for number, line in lines if not is_comment(line)]
    if not plain:
        raise DataError(f"{path}: empty, or nothing but comments; {GIVE}")
    form, split, width = _find_layout([line for _, line in plain], sep)
    start = _first_row(form, split, width)
    if start is None:
        raise DataError(f"{path}: no samples: no column of its last lines holds numbers; {GIVE}")
    header = [line for _, line in plain[:start]]
    _check_commas(path, form, header, width, plain[start][0])
    metadata = read_metadata(comments + header)
    take_rate_of_header(path, header, metadata)
    padded = all(fields[-1] == "" for fields in split[start:] if len(fields) == width)
    names, units = names_and_units(form, header, comments, width, padded)
    names = names or sensor_names(metadata, width - padded)
    if not header and _is_numbered(split, width):
        names, start = split[0] if split[0][0] == "" else [], 1
    start += (
        _counts_row(form, split[start:], names) if names else take_rate_of_rows(path, form, split[start:], metadata)
    )
    rows = tuple((number, fields) for (number, _), fields in zip(plain[start:], split[start:], strict=True))
    if not rows:
        raise DataError(f"{path}: a header and no samples; {GIVE}")
    known = names or [metadata.lead if width == 1 else ""] * width
    bare, own_units = zip(*map(split_name, [*known, *[""] * (width - len(known))]), strict=True)
    row_units = [*units, *[""] * (len(bare) - len(units))]
    all_units = tuple(unit or own for unit, own in zip(row_units, own_units, strict=True))
    return Head(path, form, bare, all_units, bool(names), width, rows[0][0], rows, metadata)


def _find_layout(lines: Sequence[str], sep: str | None) -> tuple[Format, list[list[str]], int]:
    """Return the format, the fields of all lines, and the usual number of fields."""
    judged = lines[len(lines) // 2 :][-JUDGED:]
    form = find_format(judged, sep, _columns_by_header(lines))
    split = [form.split(line) for line in lines]
    return form, split, usual_width(split[-len(judged) :])


def _check_commas(path: Path, form: Format, header: Sequence[str], width: int, number: int) -> None:
    if form.delimiter == "," and header and 2 * len(form.split(header[-1])) == width:
        raise DataError(
            f"{path}, line {number}: {width} fields for {width // 2} names, because the comma is both the "
            "decimal sign and the delimiter; save it with semicolons or tabs between the columns"
        )


def _columns_by_header(lines: Sequence[str]) -> int | None:
    """Return the number of columns of the header line before the numbers: 1 after metadata, else by its commas."""
    start = next((index for index, line in enumerate(lines) if NUMERIC.fullmatch(line)), 0)
    if start == 0:
        return None
    last = lines[start - 1]
    return 1 if is_metadata(last) else 1 + last.count(",")


def _first_lines(path: Path) -> list[tuple[int, str]]:
    """Return line numbers and texts of the first lines that are not blank, decoded as UTF-8 or Latin-1."""
    found: list[tuple[int, str]] = []
    for block in read_blocks(path):
        if block.first == 1 and b"\0" in block.lines[0]:
            raise DataError(f"{path}: not text but a binary file; {GIVE}")
        lines = ((number, line) for number, line in enumerate(block.lines, block.first) if line.strip())
        found += [(number, _decode(line)) for number, line in islice(lines, LOOKED_AT - len(found))]
        if len(found) == LOOKED_AT:
            break
    if not found:
        raise DataError(f"{path}: empty; {GIVE}")
    return found


def _decode(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _take_sep_line(lines: list[tuple[int, str]]) -> tuple[str | None, list[tuple[int, str]]]:
    match = SEP_LINE.fullmatch(lines[0][1].strip())
    if match is None:
        return None, lines
    return match[1].replace("\\t", "\t"), lines[1:]


def _first_row(form: Format, split: Sequence[list[str]], width: int) -> int | None:
    """Return the first line with numbers or times in the same columns as most of the last lines."""
    last = [fields for fields in split[len(split) // 2 :][-JUDGED:] if len(fields) == width]
    kinds = [_usual_kind(form, [fields[column] for fields in last]) for column in range(width)]
    counted = [column for column, kind in enumerate(kinds) if kind in ("number", "time")]
    if not counted:
        return None
    for index, fields in enumerate(split):
        if len(fields) == width:
            found = [form.kind(fields[column]) for column in counted]
            if found[0] == kinds[counted[0]] or (found[0] in ("empty", "number") and "number" in found):
                return index
    return None


def _usual_kind(form: Format, texts: Sequence[str]) -> Kind:
    kinds: list[Kind] = [kind for kind in map(form.kind, texts) if kind != "empty"]
    return max(sorted(set(kinds)), key=lambda kind: kinds.count(kind)) if kinds else "empty"


def _is_numbered(rows: Sequence[list[str]], width: int) -> bool:
    """Return whether the first row numbers the columns, as pandas does for columns without names."""
    numbers = [str(number) for number in range(width)]
    if rows[0] == ["", *numbers[:-1]] and width > 1:
        return True
    return rows[0] == numbers and len(rows) > 2 and all("." in field for fields in rows[1:] for field in fields)


def _counts_row(form: Format, rows: Sequence[list[str]], names: Sequence[str]) -> int:
    """Return 1 if the first row is the number of samples of each channel: its time is empty, but not the next."""
    timed = TIME.search(names[0]) is not None
    return int(timed and len(rows) > 1 and rows[0][0] == "" and form.kind(rows[1][0]) == "number")
