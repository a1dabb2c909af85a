"""Rejects columns of numbers that are not values of the beat, such as those of the person or the split."""

from collections.abc import Sequence
from typing import Final

from data.errors import DataError
from data.tables.columns import Columns
from data.tables.layout import column_of, option
from data.tables.roles import is_label_name, outside_series

LISTED: Final = 5  # columns in a message


def refuse_attributes(columns: Columns, attributes: Sequence[int], label: int | None) -> None:
    """Raise DataError if there are columns about the person, the recording or the split; the message names them."""
    if attributes:
        called = option(columns.table, "--label", attributes[0])
        label_too = "" if label is not None else f", or give {called} if it is the label"
        _refuse(columns, attributes, "about the person, the recording or the split, not a value of the beat", label_too)


def refuse_unrelated(columns: Columns, features: Sequence[int]) -> None:
    """Raise DataError for features named like a label, booleans, and names outside a long numbered series."""
    table = columns.table
    if table.names is None:
        return
    names = {column: table.names[column] for column in features}
    labels = [
        column for column, name in names.items() if is_label_name(name) and name.lower() != "y"
    ]  # may be an axis beside x, z
    _refuse(columns, labels, "also named like a label")
    booleans = [column for column in features if column in table.booleans]
    if len(booleans) < len(features):
        _refuse(columns, booleans, "True or False, not a value of the beat")
    others = [features[place] for place in outside_series(list(names.values()))]
    if others:
        first = next(name for column, name in names.items() if column not in others)
        remedy = f", or name it like the others, such as {first}, if it is a value of the beat"
        _refuse(columns, others, f"not named like the values such as {first}", remedy)


def _refuse(columns: Columns, found: Sequence[int], problem: str, remedy: str = "") -> None:
    if not found:
        return
    table, some = columns.table, found[:LISTED]
    more = f" and {len(found) - LISTED} others" if len(found) > LISTED else ""
    named = ", ".join(column_of(table, column) for column in some) + more
    drop = " ".join(option(table, "--drop", column) for column in some)
    one = len(found) == 1
    raise DataError(
        f"{table.path}: {named} {'is' if one else 'are each'} {problem}; leave {'it' if one else 'them'} out with "
        f"{drop}{' ...' if more else ''}{remedy}"
    )
