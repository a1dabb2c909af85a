"""The fields of a line of a recording: their delimiter, and the kind of each field."""

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from data.recordings.text.times import is_time
from data.tables.fields import to_number

Kind = Literal["number", "time", "text", "empty"]
ARROW: Final = " -> "  # of the Arduino's serial monitor
DELIMITERS: Final = ("\t", ";", "|", ARROW)
NO_VALUE: Final = ("", "-", "--", "?", "!", "nan", "na", "n/a", "#n/a", "null", "none")  # "!": a lead is off (AD8232)
COMMENTS: Final = ("#", "%", "//")
MINUS: Final = "\u2212"  # the minus sign of some languages
LARGEST: Final = float(np.finfo(np.float32).max)
MOST: Final = 0.9  # share of the lines
DECIMAL_COMMA: Final = re.compile(r"[-+\u2212]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
WHOLE_OR_COMMA: Final = re.compile(r"[-+\u2212]?\d+(,\d+)?(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
# no integer begins like this, so its comma is a decimal sign
NO_INTEGER: Final = re.compile(r"[-\u2212]0,|[-+\u2212]?\d+,0\d")
BLANKS: Final = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s]+")


@dataclass(frozen=True, slots=True)
class Format:
    """The format of a file: delimiter, decimal sign and quotes."""

    delimiter: str  # "" for one column, " " for any number of blanks
    decimal: str = "."
    quote: str = '"'

    def split(self, line: str) -> list[str]:
        """Return the fields of a line without quotes and surrounding blanks."""
        if not self.delimiter:
            fields = [line]
        elif self.delimiter == " ":
            fields = BLANKS.findall(line)
        elif self.delimiter == ARROW:
            fields = line.split(ARROW)
        elif self.quote in line:
            fields = next(csv.reader([line], delimiter=self.delimiter, quotechar=self.quote, skipinitialspace=True))
        else:
            fields = line.split(self.delimiter)
        return [field.strip().strip("\"'").strip() for field in fields]

    def value(self, text: str) -> float | None:
        """Return a field's number: NaN for a missing value, None for text or a number too large for float32."""
        if text.lower() in NO_VALUE:
            return float("nan")
        if self.decimal == ",":
            text = text.replace(",", ".") if "." not in text else "text"
        number = to_number(text.replace(MINUS, "-"))
        return number if number is not None and abs(number) <= LARGEST else None

    def kind(self, text: str) -> Kind:
        """Return the kind of a field; `nan` is a number."""
        if text == "":
            return "empty"
        if self.value(text) is not None:
            return "number"
        # times in nanoseconds are numbers, too
        return "time" if is_time(text) else "text"


def is_comment(line: str) -> bool:
    """Return whether a line is a comment."""
    return line.lstrip().startswith(COMMENTS)


def find_format(lines: Sequence[str], sep: str | None, columns: int | None) -> Format:
    """Find the format of lines with samples; `sep` is the delimiter of a `sep=` line.

    `columns` is the number of columns, if the header shows it; it decides whether the comma in `12,5` is a decimal
    sign.
    """
    quote = "'" if any(line.lstrip().startswith("'") for line in lines) else '"'
    delimiter = sep if sep is not None else _delimiter(lines, columns)
    rows = [Format(delimiter, quote=quote).split(line) for line in lines]
    fields = [field for row in rows for field in row]
    commas = sum(DECIMAL_COMMA.fullmatch(field) is not None for field in fields)
    points = sum("." in field and to_number(field) is not None for field in fields)
    return Format(delimiter, "," if commas > points else ".", quote)


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return the most common number of fields."""
    return Counter(map(len, rows)).most_common(1)[0][0]


def _delimiter(lines: Sequence[str], columns: int | None) -> str:
    for delimiter in DELIMITERS:
        if _in_most(lines, delimiter):
            return delimiter
    if all(WHOLE_OR_COMMA.fullmatch(line.strip()) for line in lines) and any("," in line for line in lines):
        # the last line may be incomplete
        proof = any(NO_INTEGER.match(line.strip()) or "," not in line for line in lines[:-1])
        return "" if columns == 1 or (proof and columns is None) else ","
    blanks = [BLANKS.findall(line) for line in lines]
    if all(len(row) > 1 and all(map(WHOLE_OR_COMMA.fullmatch, row)) for row in blanks):
        return " "
    if _in_most(lines, ","):
        return ","
    return " " if sum(len(row) > 1 for row in blanks) >= MOST * len(lines) else ""


def _in_most(lines: Sequence[str], delimiter: str) -> bool:
    return sum(delimiter in line for line in lines) >= MOST * len(lines)
