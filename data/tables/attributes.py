"""Columns of numbers that are no values of the beat: of the person or the split, or apart from the others."""

from collections.abc import Sequence
from typing import Final

from data.errors import DataError
from data.tables.columns import Columns
from data.tables.layout import column_of, option
from data.tables.roles import apart, is_label_name

LISTED: Final = 5  # columns in a message


def refuse_attributes(columns: Columns, attributes: Sequence[int], label: int | None) -> None:
    """Raise DataError, which names them, if there are columns that tell of the person, the recording or the split."""
    if attributes:
        called = option(columns.table, "--label", attributes[0])
        label_too = "" if label is not None else f", or say {called} if it is the label"
        _refuse(columns, attributes, "no value of the beat but of the person, the recording or the split", label_too)


def refuse_apart(columns: Columns, features: Sequence[int]) -> None:
    """Raise DataError for features called like labels, those of True and False, and those apart from a long series."""
    table = columns.table
    if table.names is None:
        return
    names = {column: table.names[column] for column in features}
    labels = [column for column, name in names.items() if is_label_name(name) and name.lower() != "y"]  # beside x, z
    _refuse(columns, labels, "called like a label, too")
    booleans = [column for column in features if column in table.booleans]
    if len(booleans) < len(features):
        _refuse(columns, booleans, "True or False, and no value of the beat")
    others = [features[place] for place in apart(list(names.values()))]
    if others:
        first = next(name for column, name in names.items() if column not in others)
        remedy = f", or name it as the others are, such as {first}, if it is a value of the beat"
        _refuse(columns, others, f"called otherwise than the many values such as {first}", remedy)


def _refuse(columns: Columns, found: Sequence[int], what: str, remedy: str = "") -> None:
    if not found:
        return
    table, some = columns.table, found[:LISTED]
    more = f" and {len(found) - LISTED} others" if len(found) > LISTED else ""
    named = ", ".join(column_of(table, column) for column in some) + more
    drop = " ".join(option(table, "--drop", column) for column in some)
    one = len(found) == 1
    raise DataError(
        f"{table.path}: {named} {'is' if one else 'are each'} {what}; leave {'it' if one else 'them'} out with "
        f"{drop}{' ...' if more else ''}{remedy}"
    )
