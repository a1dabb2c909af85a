"""Classifies the columns of a recording as leads, times, sample numbers or others."""

from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.text.head import Head
from data.recordings.text.names import COUNT, TIME
from data.recordings.text.time_grid import UnevenError, fit

MOST_FALLS: Final = 0.3  # share of the steps between times; a jitter of a sample and a half gives 0.22


def find_leads(head: Head) -> list[int]:
    """Return the columns that can be leads: numbers that are neither times nor sample numbers."""
    leads = []
    digital = len(head.metadata.columns) - len(head.metadata.sensors) if head.metadata.sensors else 0
    for index in range(digital, len(head.names)):
        kinds = [kind for kind in map(head.format.kind, head.column(index)) if kind != "empty"]
        texts = kinds.count("text") + kinds.count("time")
        if not kinds or 2 * texts > len(kinds) or _is_named_time(head, index):
            continue
        if not is_counter(head, index):
            leads.append(index)
    return leads


def numbers(head: Head, index: int) -> NDArray[np.float64]:
    """Return a column's first values; NaN for text."""
    values = [head.format.value(text) for text in head.column(index)]
    return np.array([np.nan if value is None else value for value in values])


def _is_named_time(head: Head, index: int) -> bool:
    """Return whether a column is named as a time and rises, unlike a lead named `ecg time series`."""
    if not head.has_names or not TIME.search(head.names[index]):
        return False
    return bool(np.mean(np.diff(numbers(head, index), prepend=0.0) < 0) < MOST_FALLS)


def is_counter(head: Head, index: int) -> bool:
    """Return whether a column holds sample numbers: by its name, or as the first of several columns."""
    if head.has_names and COUNT.search(head.names[index]):
        return _counts(numbers(head, index))
    first = index == 0 and len(head.names) > 1
    return first and (not head.has_names or len(head.rows) >= 20) and bool(np.all(np.diff(numbers(head, 0)) == 1))


def _counts(values: NDArray[np.float64]) -> bool:
    """Return whether nearly all steps of a column are 1."""
    steps = np.diff(values)
    return len(steps) > 0 and bool(np.mean(steps == 1) >= 0.8)


def time_columns(head: Head) -> list[int]:
    """Return columns of clock times or named as times, else the first one if it rises in even steps other than 1."""
    found = []
    for index in range(len(head.names)):
        kinds = set(map(head.format.kind, head.column(index)))
        if "time" in kinds or ("number" in kinds and _is_named_time(head, index)):
            found.append(index)
    return found or ([0] if len(head.names) > 1 and _goes_up(numbers(head, 0)) else [])


def _goes_up(values: NDArray[np.float64]) -> bool:
    steps = np.diff(values)
    if not len(steps) or not np.all(steps > 0) or _counts(values):
        return False
    try:
        fit(values, 0.0)
    except UnevenError:
        return False
    return True
