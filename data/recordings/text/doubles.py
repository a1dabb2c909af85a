"""Finds duplicate lines, which some programs write for each sample."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from data.recordings.text.columns import time_columns
from data.recordings.text.head import Head

FEW_CHANGES: Final = (
    0.1  # share of the samples; if fewer differ from the previous one, packets of equal samples look like duplicates
)


def without_doubles(head: Head) -> tuple[Head, bool]:
    """Return the head without duplicate lines, and whether the file has duplicate lines.

    It has if lines of the head share a time and all of these are equal in all columns, while other lines differ. In
    packets, samples that share a time differ in their values.
    """
    times = time_columns(head)
    pairs = pairwise([fields for _, fields in head.rows])
    shared = [before == fields for before, fields in pairs if times and _have_one_time(times, before, fields)]
    if not shared or not all(shared):
        return head, False
    kept = [head.rows[0], *(row for before, row in pairwise(head.rows) if before[1] != row[1])]
    others = [column for column in range(len(head.names)) if column not in times]
    changes = sum(_differ(others, before[1], row[1]) for before, row in pairwise(kept))
    if changes < FEW_CHANGES * len(kept):
        return head, False
    return replace(head, rows=tuple(kept)), True


def _have_one_time(times: Sequence[int], before: Sequence[str], fields: Sequence[str]) -> bool:
    return all(column < min(len(before), len(fields)) and before[column] == fields[column] != "" for column in times)


def _differ(columns: Sequence[int], before: Sequence[str], fields: Sequence[str]) -> bool:
    return [before[column : column + 1] for column in columns] != [fields[column : column + 1] for column in columns]
