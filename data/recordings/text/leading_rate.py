"""Finds a sampling rate that stands before the samples without a name."""

import logging
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from data.recordings.signals import HIGHEST_RATE, LOWEST_RATE
from data.recordings.text.fields import Format
from data.recordings.text.metadata import Metadata

log = logging.getLogger(__name__)

UNIX: Final = 1e9  # seconds: a Unix time in 2001
USUAL_RATES: Final = frozenset(
    (
        50,
        64,
        100,
        125,
        128,
        130,
        180,
        200,
        250,
        256,
        300,
        320,
        360,
        400,
        500,
        512,
        600,
        720,
        800,
        1000,
        1024,
        2000,
        2048,
    )
)


def take_rate_of_header(path: Path, header: Sequence[str], metadata: Metadata) -> None:
    """Add a usual rate at the start of the first line, as in `125,II,20200101`, if the metadata have no rate."""
    first = re.match(r"(\d+)[,;\t]", header[0]) if header else None
    if first and not metadata.rates and int(first[1]) in USUAL_RATES:
        _take(path, float(first[1]), metadata)


def take_rate_of_rows(path: Path, form: Format, rows: Sequence[list[str]], metadata: Metadata) -> int:
    """Return the number of leading rows that hold the rate instead of samples; add the rate to the metadata."""
    leading = _leading_rate(form, rows) if len(rows[-1]) == 1 else None
    if leading is None:
        return 0
    _take(path, leading[1], metadata)
    return leading[0]


def _take(path: Path, rate: float, metadata: Metadata) -> None:
    log.info("%s: %g in the first lines is read as the rate", path.name, rate)
    metadata.rates.append(rate)


def _leading_rate(form: Format, rows: Sequence[list[str]]) -> tuple[int, float] | None:
    """Return the number of leading rows without samples in a file of one column, and their rate.

    Empatica writes the Unix time of the start and the rate. Others write only the rate; it must be a usual one and more
    than twenty times each sample.
    """
    values = [abs(form.value(fields[0]) or 0.0) for fields in rows]
    if len(values) > 3 and values[0] > UNIX > 10 * max(values[2:]) and LOWEST_RATE <= values[1] <= HIGHEST_RATE:
        return 2, values[1]
    if len(values) > 2 and values[0] in USUAL_RATES and 0 < 20 * max(values[1:]) < values[0]:
        return 1, values[0]
    return None
