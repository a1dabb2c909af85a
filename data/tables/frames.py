"""Parses lines of a table with pandas, unless pandas could silently misread them."""

import re
from collections.abc import Hashable
from functools import lru_cache
from io import BytesIO

import numpy as np
import pandas as pd

from data.tables.fields import BLANKS
from data.tables.lines import BYTE_ORDER_MARK

Kinds = dict[Hashable, type[str] | np.dtype[np.float64]]  # types by column number


def read_frame(
    data: bytes,
    delimiter: str,
    decimal: str,
    kinds: Kinds,
) -> pd.DataFrame | None:
    """Parse lines into columns of the given types; None if pandas fails or could misread them.

    Short rows are filled with empty texts.
    """
    if b"\0" in data or data.startswith(BYTE_ORDER_MARK) or (b'"' in data and b'"' in unquoted(data, delimiter)):
        return None
    try:
        frame: pd.DataFrame = pd.read_csv(
            BytesIO(data),
            header=None,
            sep=r"\s+" if delimiter == BLANKS else delimiter,
            decimal=decimal,
            dtype=kinds if str in kinds.values() else np.float64,
            na_filter=False,
            skipinitialspace=True,
            float_precision="round_trip",
            low_memory=False,
        )
    except (ValueError, OverflowError):  # pandas' errors and UnicodeDecodeError are ValueErrors
        return None
    return frame


def unquoted(data: bytes, delimiter: str) -> bytes:
    """Return the lines without well-formed quoted fields; a remaining quote is malformed."""
    return _quoted_field(delimiter).sub(b"", data) if b'"' in data else data


@lru_cache(maxsize=8)
def _quoted_field(delimiter: str) -> re.Pattern[bytes]:
    ends = rb" \t" if delimiter == BLANKS else re.escape(delimiter.encode())
    return re.compile(rb'(?<![^\r\n%b])"[^"\r\n]*"(?![^\r\n%b])' % (ends, ends))
