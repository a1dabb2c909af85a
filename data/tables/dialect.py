"""How the lines of a file are written: what separates the fields, what the decimal sign is, is there a header."""

import csv
import re
from collections.abc import Sequence
from typing import Final

from data.tables.fields import BLANKS, split, to_number

DELIMITERS: Final = ("\t", ";", ",")
# in the order of preference where two make as many numbers of the fields
DIALECTS: Final = (
    *((delimiter, decimal) for decimal in ".," for delimiter in "\t;"),
    *((delimiter, decimal) for decimal in ".," for delimiter in (",", "|", BLANKS)),
)
ROWS_TRIED: Final = 20
SEPARATOR: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's first line


def find_dialect(rows: Sequence[str], delimiter: str | None) -> tuple[str, str]:
    """Return the delimiter, unless it is given, and the decimal sign by which most fields of some rows are numbers."""
    known = [dialect for dialect in DIALECTS if delimiter in (None, dialect[0])] or [(delimiter or ",", ".")]
    tried = [rows[place] for place in range(0, len(rows), -(-len(rows) // ROWS_TRIED))]
    shares = {dialect: _share_of_numbers(tried, *dialect) for dialect in known}
    best = max(known, key=lambda dialect: shares[dialect])
    if shares[best] == 0 and delimiter is None:
        return max((*DELIMITERS, "|", BLANKS), key=rows[-1].strip().count), "."
    if best[0] != "," and any("," in row for row in rows):  # a whole number tells nothing of the decimal sign
        best = max([(best[0], "."), (best[0], ",")], key=lambda dialect: _share_of_numbers(rows, *dialect))
    return best


def decimal_of(row: str, delimiter: str) -> str:
    """Return the decimal sign of a row's numbers."""
    return max(".,", key=lambda decimal: _share_of_numbers([row], delimiter, decimal))


def loose_split(line: str, delimiter: str) -> list[str]:
    """Return a line's fields without the blanks around them, by the delimiter alone if its quotes are wrong."""
    try:
        return [field.strip() for field in split(line, delimiter)]
    except csv.Error:
        return [field.strip('" ') for field in line.split(delimiter)]


def looks_like_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Say whether the first row names the columns, as the rows that follow tell."""
    numbers = [to_number(field, decimal) for field in first]
    columns = _number_columns(rows, len(first), decimal) or range(len(first))
    texts = sum(numbers[column] is None and first[column] != "" for column in columns)
    if texts and 2 * texts >= sum(first[column] != "" for column in columns):
        return True
    # pandas names the columns of a nameless table 0, 1, 2, ...; beside them stand the index or the label
    counted = numbers[numbers[0] is None : len(numbers) - (numbers[-1] is None)]
    counts = any(counted == [float(start + step) for step in range(len(counted))] for start in (0, 1))
    evident = any(numbers[column] is None and column in columns for column in (0, len(first) - 1))
    return counts and len(counted) > (0 if evident else 2)


def _number_columns(rows: Sequence[Sequence[str]], width: int, decimal: str) -> list[int]:
    def is_number(row: Sequence[str], column: int) -> bool:
        return column < len(row) and to_number(row[column], decimal) is not None

    return [column for column in range(width) if 2 * sum(is_number(row, column) for row in rows) > len(rows)]


def _share_of_numbers(rows: Sequence[str], delimiter: str, decimal: str) -> float:
    fields = [loose_split(row, delimiter) for row in rows]
    filled = [field for row in fields if len(row) > 1 for field in row if field]
    return sum(to_number(field, decimal) is not None for field in filled) / max(len(filled), 1)
