"""Rejects tables whose lines are not samples: lines that are beats, leads or lists, or leads that alternate."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from data.errors import DataError
from data.program import RUN
from data.recordings.text.head import Head

MOST_COLUMNS: Final = 64  # of a recording; with more, the columns are the values of a beat
FEW_ROWS: Final = 15  # rows; if there are at most so many long rows, each is a lead
LIST: Final = re.compile(r"\[\s*-?\d[^:\]]*,[^:\]]*\]", re.ASCII)
LONGEST_BEAT: Final = 1000  # samples
MOST_LEADS: Final = 16  # number of alternating leads
TURNS: Final = 3  # required repetitions
LEAD_NAME: Final = re.compile(r"[A-Za-z][^:]*")


def check_lists(head: Head) -> None:
    """Raise DataError if a field of the first row is a list of samples, as in the export of some watches."""
    number, fields = head.rows[0]
    column = next((column for column, field in enumerate(fields) if LIST.fullmatch(field)), None)
    if column is not None:
        raise DataError(
            f"{head.path}, line {number}, {head.where(column)}: a list of numbers in one field; write a line per "
            "sample, in a file for each list, and give it with --rate"
        )


def check_turns(head: Head) -> None:
    """Raise DataError if leads alternate line by line, with their names in a column."""
    first = [head.column(column) for column in range(min(head.narrowest, 3))]  # the times are among them
    for column in range(head.narrowest):
        names = head.column(column)
        leads = names.index(names[0], 1) if names[0] in names[1:] else 0
        if not 2 <= leads <= MOST_LEADS or len(names) < TURNS * leads or not all(map(LEAD_NAME.fullmatch, names)):
            continue
        if names[leads:] == names[:-leads] and any(_is_time_of_turns(texts, leads) for texts in first):
            raise DataError(
                f"{head.path}, line {head.rows[0][0]}, {head.where(column)}: {', '.join(names[:leads])} alternate "
                "line by line; write a column per lead, or keep the lines of one"
            )


def _is_time_of_turns(texts: Sequence[str], leads: int) -> bool:
    """Return whether a column is equal in all lines of a turn, and different in the next turn."""
    turns = [texts[at : at + leads] for at in range(0, len(texts) - leads + 1, leads)]
    return all(len(set(turn)) == 1 for turn in turns) and all(one[0] != next_[0] for one, next_ in pairwise(turns))


def check_width(head: Head, leads: Sequence[int]) -> None:
    """Raise DataError if each line is a beat or a lead instead of a sample."""
    if len(leads) <= MOST_COLUMNS:
        return
    if len(head.rows) <= FEW_ROWS and len(leads) > LONGEST_BEAT:
        raise DataError(
            f"{head.path}: {len(head.rows)} lines of {len(leads)} numbers, so each line is a lead; write a line per "
            "sample and a column per lead"
        )
    raise DataError(
        f"{head.path}: {len(leads)} columns of numbers, so this is a table of beats, one per line, and not a "
        f"recording; give it to {RUN} data predict or {RUN} training --data as it is"
    )
