"""Reads the names and units of a recording's columns from the lines before the samples."""

import re
from collections.abc import Sequence
from typing import Final

from data.recordings.text.fields import Format
from data.recordings.text.metadata import Metadata, is_metadata, key_and_value
from data.recordings.text.units import is_unit

TITLES: Final = re.compile(r"channel ?titles?|channel ?names?|channels", re.IGNORECASE)
CALIBRATED: Final = frozenset(("", "cal", "raw", "uncal"))  # a row in Shimmer's files
RANGES: Final = re.compile(r"unit ?names?|units?|ranges?", re.IGNORECASE)

TIME: Final = re.compile(
    r"time|second|^t$|^s$|^sec|^ms$|msec|^[mun]s$|millis|micros|nanos|^min$|stamp|epoch|unix|clock|elapsed|^ts$"
    r"|^t[ _(\[]|zeit|temps|horodat|tiempo|tempo|hora|tijd|^tid|aika|czas|время|時刻|時間|时间|시간",
    re.IGNORECASE,
)
COUNT: Final = re.compile(
    r"sample|index|^#$|^n$|^$|n?seq|count|unnamed: ?\d+|^id$|packet|frame|^row|^no\.?$|^nr\.?$"
    r"|probe|échantillon|muestra",
    re.IGNORECASE,
)


def names_and_units(
    form: Format, header: Sequence[str], comments: Sequence[str], width: int, padded: bool
) -> tuple[list[str], list[str]]:
    """Return the columns' names and units as far as they are known.

    `padded` means that each line ends with a delimiter.
    """
    for line in header:
        if TITLES.fullmatch(key_and_value(line)[0]):
            ranges = [other for other in header if RANGES.fullmatch(key_and_value(other)[0])]
            units = [re.sub(r"^[-\d.,\s]+", "", field) for field in form.split(ranges[-1])] if ranges else []
            return ["time", *form.split(line)[1:]], ["", *units[1:]]
    rows = [fields for line in header if (fields := _as_names(form, line, width))]
    if not rows:
        last = [
            fields for line in comments[-1:] if width > 1 and len(fields := _split_names(form, line, width)) == width
        ]
        return (last[0], []) if last else ([], [])
    rows = [_aligned(fields, width, padded) for fields in rows if not CALIBRATED.issuperset(map(str.lower, fields))]
    if len(rows) > 1 and all(map(is_unit, rows[-1])) and any(rows[-1]):
        return rows[-2], [field.strip("()[]") for field in rows[-1]]
    return _titled(header, rows[-1])


def _titled(header: Sequence[str], names: list[str]) -> tuple[list[str], list[str]]:
    """Return names and units of the columns CH1, CH2, ... in AcqKnowledge's format.

    There, the names are below the number of channels, in a line for each name followed by one for its unit.
    """
    numbered = [column for column, name in enumerate(names) if re.fullmatch(r"CH\d+", name)]
    for place, line in enumerate(header, 1):
        if line.strip() != f"{len(numbered)} channel{'s' * (len(numbered) != 1)}":
            continue
        lines = [other.strip() for other in header[place : place + 2 * len(numbered)]]
        if len(lines) == 2 * len(numbered) and not any("\t" in other for other in lines):
            titles = dict(zip(numbered, lines[::2], strict=True))
            units = dict(zip(numbered, lines[1::2], strict=True))
            columns = range(len(names))
            return [titles.get(column, names[column]) for column in columns], [
                units.get(column, "") for column in columns
            ]
    return names, []


def _as_names(form: Format, line: str, width: int) -> list[str]:
    """Return a line's fields if they can be names of columns, else []."""
    fields = _split_names(form, line, width)
    if is_metadata(line) or all(form.kind(field) in ("number", "empty") for field in fields):
        return []
    if width == 1:
        bare = re.sub(r"[\[(][^\])]*[\])]", "", line)
        return [] if re.search(r"[;,:=\t]", bare) else fields[:1]
    return fields if width - 1 <= len(fields) <= width + 3 else []


def _split_names(form: Format, line: str, width: int) -> list[str]:
    """Split a row of names; if blanks separate, names of several words have single blanks inside."""
    wide = re.split(r"\s{2,}|\t", line.strip())
    return wide if form.delimiter == " " and len(wide) == width else form.split(line)


def _aligned(fields: list[str], width: int, padded: bool) -> list[str]:
    """Add an empty name for an index column at the front, or for an empty column after the last delimiter."""
    if len(fields) != width - 1:
        return fields
    return [*fields, ""] if padded else ["", *fields]


def sensor_names(metadata: Metadata, width: int) -> list[str]:
    """Return the names of OpenSignals' columns; a sensor that occurs once gives its name to its column."""
    names, sensors = list(metadata.columns), list(metadata.sensors)
    if len(names) != width or len(sensors) > width:
        return []
    for place, sensor in enumerate(sensors, width - len(sensors)):
        if sensors.count(sensor) == 1 and sensor.upper() not in ("RAW", "UNKNOWN", ""):
            names[place] = sensor
    return names
