"""Which columns of a recording are leads, which ones tell the time or count the samples, and which are neither."""

import numpy as np
from numpy.typing import NDArray

from data.recordings.csv_head import Head
from data.recordings.csv_names import COUNT, TIME
from data.recordings.time_grid import UnevenError, fit


def find_leads(head: Head) -> list[int]:
    """Return the columns that can be leads: numbers that neither tell the time nor count."""
    leads = []
    digital = len(head.metadata.columns) - len(head.metadata.sensors) if head.metadata.sensors else 0
    for index, name in list(enumerate(head.names))[digital:]:
        kinds = [kind for kind in map(head.format.kind, head.column(index)) if kind != "empty"]
        texts = kinds.count("text") + kinds.count("time")
        if not kinds or 2 * texts > len(kinds) or (head.has_names and TIME.search(name)):
            continue
        if not is_counter(head, index):
            leads.append(index)
    return leads


def numbers(head: Head, index: int) -> NDArray[np.float64]:
    """Return a column's first values; NaN for text."""
    values = [head.format.value(text) for text in head.column(index)]
    return np.array([np.nan if value is None else value for value in values])


def is_counter(head: Head, index: int) -> bool:
    """Say whether a column counts the samples: named so, or the first one of several."""
    if head.has_names and COUNT.search(head.names[index]):
        return _counts(numbers(head, index))
    first = index == 0 and len(head.names) > 1
    return first and (not head.has_names or len(head.rows) >= 20) and bool(np.all(np.diff(numbers(head, 0)) == 1))


def _counts(values: NDArray[np.float64]) -> bool:
    """Say whether a column goes up by one nearly always."""
    steps = np.diff(values)
    return len(steps) > 0 and bool(np.mean(steps == 1) >= 0.8)


def time_columns(head: Head) -> list[int]:
    """Return columns of clock times and those named so, else the first one if it goes up in even steps, not by one."""
    found = []
    for index, name in enumerate(head.names):
        kinds = set(map(head.format.kind, head.column(index)))
        named = head.has_names and TIME.search(name) is not None
        if "time" in kinds or (named and "number" in kinds):
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
