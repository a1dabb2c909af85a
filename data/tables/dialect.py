"""Detects the dialect of a file: delimiter, decimal sign, and whether there is a header."""

import csv
import math
import re
from collections.abc import Sequence
from typing import Final

from data.tables.fields import BLANKS, is_label, split, to_number
from data.tables.roles import is_label_name

DELIMITERS: Final = ("\t", ";", ",")
# in order of preference if two of them give equally many numbers
DIALECTS: Final = (
    *((delimiter, decimal) for decimal in ".," for delimiter in "\t;"),
    *((delimiter, decimal) for decimal in ".," for delimiter in (",", "|", BLANKS)),
)
ROWS_TRIED: Final = 20
SEPARATOR: Final = re.compile(r'"?sep=(.)"?\s*', re.IGNORECASE)  # Excel's first line
# minimum count of numbers in a header of times: beside a name, from 0, if exact, otherwise; chosen by hand
FEWEST_TIMES: Final = 3
SOME_TIMES: Final = 5
MORE_TIMES: Final = 10
MANY_TIMES: Final = 30
ENOUGH_BELOW: Final = 10  # rows without the text that is a name above them
EXACT: Final = 0.02  # of a step: maximum error of a time
ROUNDED: Final = 0.4  # the same for many times, for milliseconds with a step of 2.8


def find_dialect(rows: Sequence[str], delimiter: str | None) -> tuple[str, str]:
    """Return the delimiter and the decimal sign with which most fields are numbers; a given delimiter is kept."""
    known = [dialect for dialect in DIALECTS if delimiter in (None, dialect[0])] or [(delimiter or ",", ".")]
    tried = [rows[place] for place in range(0, len(rows), -(-len(rows) // ROWS_TRIED))]
    shares = {dialect: _share_of_numbers(tried, *dialect) for dialect in known}
    best = max(known, key=lambda dialect: shares[dialect])
    if shares[best] == 0 and delimiter is None:
        return max((*DELIMITERS, "|", BLANKS), key=rows[-1].strip().count), "."
    if best[0] != "," and any("," in row for row in rows):  # an integer does not show the decimal sign
        best = max([(best[0], "."), (best[0], ",")], key=lambda dialect: _share_of_numbers(rows, *dialect))
    return best


def decimal_of(row: str, delimiter: str) -> str:
    """Return the decimal sign of a row's numbers."""
    return max(".,", key=lambda decimal: _share_of_numbers([row], delimiter, decimal))


def loose_split(line: str, delimiter: str) -> list[str]:
    """Return a line's fields without surrounding blanks; quotes are ignored if they are malformed."""
    try:
        return [field.strip() for field in split(line, delimiter)]
    except csv.Error:
        return [field.strip('" ') for field in line.split(delimiter)]


def looks_like_header(first: Sequence[str], rows: Sequence[Sequence[str]], decimal: str) -> bool:
    """Return whether the first row is a header, judged by the following rows."""
    numbers = [to_number(field, decimal) for field in first]
    columns = _number_columns(rows, len(first), decimal) or range(len(first))
    texts = sum(numbers[column] is None and first[column] != "" for column in columns)
    if texts and 2 * texts >= sum(first[column] != "" for column in columns):
        return True
    begin, end = _between_texts(first, numbers)
    outer = [*range(begin), *range(end, len(first))]
    evident = any(column in columns for column in outer)
    # pandas names unnamed columns 0, 1, 2, ...; the index or the label may be beside them
    if any(numbers[begin:end] == [float(start + step) for step in range(end - begin)] for start in (0, 1)):
        return end - begin > (0 if evident else 2)
    if not rows or _rises_evenly(rows[0][begin:end], decimal):
        return False  # a beat may be a ramp, but then the next one is, too
    named = any(
        first[column] and (is_label_name(first[column]) or len(rows) >= ENOUGH_BELOW)
        for column in outer
        if all(first[column] != row[column] for row in rows if column < len(row))
    )
    return _are_times(first[begin:end], decimal, beside_names=evident or named)


def _between_texts(first: Sequence[str], numbers: Sequence[float | None]) -> tuple[int, int]:
    """Return start and end of the numbers between empty or text fields at the start and the end."""
    begin, end = int(numbers[0] is None), len(first) - (numbers[-1] is None)
    while begin < end and numbers[begin] is None and first[begin]:
        begin += 1
    while begin < end and numbers[end - 1] is None and first[end - 1]:
        end -= 1
    return begin, end


def _are_times(fields: Sequence[str], decimal: str, beside_names: bool) -> bool:
    """Return whether fields are the times of a beat's values: evenly rising, from 0 or beside a column's name."""
    if not _rises_evenly(fields, decimal):
        return False
    if beside_names or len(fields) >= MANY_TIMES:
        return True
    if len(fields) >= MORE_TIMES and _rises_evenly(fields, decimal, EXACT):
        return True
    # with few numbers, the first or the last may be a label
    few_are_no_labels = decimal in fields[0] and not is_label(to_number(fields[-1], decimal))
    return to_number(fields[0], decimal) == 0 and (few_are_no_labels or len(fields) >= SOME_TIMES)


def _rises_evenly(fields: Sequence[str], decimal: str, share: float | None = None) -> bool:
    """Return whether fields are three or more numbers that rise evenly, within a share of the step."""
    numbers = [number for field in fields if (number := to_number(field, decimal)) is not None]
    if len(numbers) < len(fields) or len(numbers) < FEWEST_TIMES:
        return False
    step = (numbers[-1] - numbers[0]) / (len(numbers) - 1)
    off = step * (share or (ROUNDED if len(numbers) >= SOME_TIMES else EXACT))
    return 0 < step < math.inf and all(
        abs(number - numbers[0] - place * step) <= off for place, number in enumerate(numbers)
    )


def _number_columns(rows: Sequence[Sequence[str]], width: int, decimal: str) -> list[int]:
    def is_number(row: Sequence[str], column: int) -> bool:
        return column < len(row) and to_number(row[column], decimal) is not None

    return [column for column in range(width) if 2 * sum(is_number(row, column) for row in rows) > len(rows)]


def _share_of_numbers(rows: Sequence[str], delimiter: str, decimal: str) -> float:
    fields = [loose_split(row, delimiter) for row in rows]
    filled = [field for row in fields if len(row) > 1 for field in row if field]
    return sum(to_number(field, decimal) is not None for field in filled) / max(len(filled), 1)
