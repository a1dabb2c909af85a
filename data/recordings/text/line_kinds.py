"""Tables of which a line is no sample of all leads: one of beats, one of leads in lines, one of lists."""

import re
from collections.abc import Sequence
from typing import Final

from data.errors import DataError
from data.recordings.text.head import Head

MOST_COLUMNS: Final = 64  # of a recording; more, and the columns are the values of a beat
FEW_ROWS: Final = 15  # leads, where they are in lines
LIST: Final = re.compile(r"\[\s*-?\d[^:\]]*,[^:\]]*\]", re.ASCII)
LONGEST_BEAT: Final = 1000  # samples


def check_lists(head: Head) -> None:
    """DataError if a field of the first row holds a whole list of samples, as in the export of some watches."""
    number, fields = head.rows[0]
    column = next((column for column, field in enumerate(fields) if LIST.fullmatch(field)), None)
    if column is not None:
        raise DataError(
            f"{head.path}, line {number}, {head.where(column)}: a list of numbers in one field; write a line per "
            "sample, in a file for each list, and give it with --rate"
        )


def check_width(head: Head, leads: Sequence[int]) -> None:
    """DataError if a line is no sample of all leads, but a beat or a lead."""
    if len(leads) <= MOST_COLUMNS:
        return
    if len(head.rows) <= FEW_ROWS and len(leads) > LONGEST_BEAT:
        raise DataError(
            f"{head.path}: {len(head.rows)} lines of {len(leads)} numbers, so each line is a lead; write a line per "
            "sample and a column per lead"
        )
    raise DataError(
        f"{head.path}: {len(leads)} columns of numbers, so this is a table of beats, one per line, and not a "
        "recording; give it to python -m data predict or python -m training --data as it is"
    )
