"""The fields of a line of a recording: how they are separated, and what each one holds."""

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
MINUS: Final = "\u2212"  # that of some languages
LARGEST: Final = float(np.finfo(np.float32).max)
MOST: Final = 0.9  # of the lines
DECIMAL_COMMA: Final = re.compile(r"[-+\u2212]?\d*,\d+(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
WHOLE_OR_COMMA: Final = re.compile(r"[-+\u2212]?\d+(,\d+)?(e[-+]?\d+)?", re.IGNORECASE | re.ASCII)
# no whole number begins like this, so the comma before it or in it is a decimal sign
NO_INTEGER: Final = re.compile(r"[-\u2212]0,|[-+\u2212]?\d+,0\d")
BLANKS: Final = re.compile(r"\[[^\]]*\]|\"[^\"]*\"|'[^']*'|[^\s]+")


@dataclass(frozen=True, slots=True)
class Format:
    """How a line is cut into fields, and how a number is written."""

    delimiter: str  # "" where there is one column, " " for any number of blanks
    decimal: str = "."
    quote: str = '"'

    def split(self, line: str) -> list[str]:
        """Return the fields without quotes and blanks about them."""
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
        """Return a field's number: NaN where there is no value, None for text and what float32 cannot hold."""
        if text.lower() in NO_VALUE:
            return float("nan")
        if self.decimal == ",":
            text = text.replace(",", ".") if "." not in text else "text"
        number = to_number(text.replace(MINUS, "-"))
        return number if number is not None and abs(number) <= LARGEST else None

    def kind(self, text: str) -> Kind:
        """Say what a field holds; `nan` is a number, a field without anything is empty."""
        if text == "":
            return "empty"
        if self.value(text) is not None:
            return "number"
        # times in nanoseconds have more digits than a sample, but are numbers, too
        return "time" if is_time(text) else "text"


def is_comment(line: str) -> bool:
    """Say whether a line is a comment."""
    return line.lstrip().startswith(COMMENTS)


def find_format(lines: Sequence[str], sep: str | None, columns: int | None) -> Format:
    """Find the format of lines with samples; `sep` is the delimiter of a `sep=` line.

    `columns`, if the lines before them tell it, decides whether the comma in `12,5` is a decimal sign.
    """
    quote = "'" if any(line.lstrip().startswith("'") for line in lines) else '"'
    delimiter = sep if sep is not None else _delimiter(lines, columns)
    rows = [Format(delimiter, quote=quote).split(line) for line in lines]
    fields = [field for row in rows for field in row]
    commas = sum(DECIMAL_COMMA.fullmatch(field) is not None for field in fields)
    points = sum("." in field and to_number(field) is not None for field in fields)
    return Format(delimiter, "," if commas > points else ".", quote)


def usual_width(rows: Sequence[Sequence[str]]) -> int:
    """Return how many fields most of the rows have."""
    return Counter(map(len, rows)).most_common(1)[0][0]


def _delimiter(lines: Sequence[str], columns: int | None) -> str:
    for delimiter in DELIMITERS:
        if _in_most(lines, delimiter):
            return delimiter
    if all(WHOLE_OR_COMMA.fullmatch(line.strip()) for line in lines) and any("," in line for line in lines):
        # the last line may be cut short
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
