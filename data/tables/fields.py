"""Splits lines into fields, and classifies fields."""

import csv
import re
from typing import Final

import numpy as np

LARGEST_LABEL: Final = 2**53 - 1  # larger integers are not exact in float64
THOUSANDS: Final = re.compile(r"\s*[-+]?\d{1,3}([., '\u2019])\d{3}(\1\d{3})*([.,]\d+)?\s*")
BLANKS: Final = " "  # the delimiter that means any run of blanks and tabs


def split(line: str, delimiter: str) -> list[str]:
    """Return the fields of a line. Raises csv.Error if a quote is not closed."""
    if delimiter == BLANKS:
        line = line.replace("\t", " ").strip()
    return next(csv.reader([line], delimiter=delimiter, strict=True, skipinitialspace=delimiter == BLANKS), [])


def to_number(text: str, decimal: str = ".") -> float | None:
    """Return a field's number, which may be NaN or infinite; None for text or an empty field."""
    if decimal != ".":
        if "." in text:
            return None
        text = text.replace(decimal, ".", 1)
    try:
        return float(text) if text.isascii() and "_" not in text else None
    except ValueError:
        return None


def is_label(number: float | None) -> bool:
    """Return whether a number can be a class label: an integer that is exact in float64."""
    return number is not None and number.is_integer() and abs(number) <= LARGEST_LABEL


def is_text(text: str, decimal: str = ".") -> bool:
    """Return whether a field holds text."""
    return bool(text.strip()) and to_number(text, decimal) is None


def fits_float32(number: float) -> bool:
    """Return whether a number is finite as a float32."""
    with np.errstate(over="ignore"):
        return bool(np.isfinite(np.float32(number)))


def shown(field: str) -> str:
    """Return a field for a message, shortened to 40 characters."""
    text = field.strip()
    return repr(text if len(text) <= 40 else text[:40] + "...") if text else "an empty value"


def remedy(field: str) -> str:
    """Return advice for a number with thousands separators, else ""."""
    return ", without a separator of thousands" if THOUSANDS.fullmatch(field) else ""
