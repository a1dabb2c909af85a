"""Lines of a table into a pandas DataFrame, unless pandas would silently take what is not to be taken."""

import re
from collections.abc import Hashable
from functools import lru_cache
from io import BytesIO

import numpy as np
import pandas as pd

from data.tables.fields import BLANKS
from data.tables.lines import BYTE_ORDER_MARK

Kinds = dict[Hashable, type[str] | np.dtype[np.float64]]  # of columns by their numbers


def read_frame(
    data: bytes,
    delimiter: str,
    decimal: str,
    kinds: Kinds,
) -> pd.DataFrame | None:
    """Read lines as columns of the given kinds; None if pandas fails or anything is in doubt.

    A row that is too short is filled up with empty texts.
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
    except (ValueError, OverflowError):  # pandas's own errors and UnicodeDecodeError are among them
        return None
    return frame


def unquoted(data: bytes, delimiter: str) -> bytes:
    """Return lines without the fields that are quoted as they should be: a quote that is left is out of place."""
    return _quoted_field(delimiter).sub(b"", data) if b'"' in data else data


@lru_cache(maxsize=8)
def _quoted_field(delimiter: str) -> re.Pattern[bytes]:
    ends = rb" \t" if delimiter == BLANKS else re.escape(delimiter.encode())
    return re.compile(rb'(?<![^\r\n%b])"[^"\r\n]*"(?![^\r\n%b])' % (ends, ends))
