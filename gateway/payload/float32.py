"""Packs JSON numbers as float32; an error names the first value that is not a finite float32."""

from array import array
from collections.abc import Iterable
from math import isfinite
from typing import Any, Final

from gateway.errors import InvalidBeat
from gateway.payload.beats import Matrix, short
from gateway.payload.binary import all_finite

_JSON_NAMES: Final = {bool: "a boolean", str: "a string", type(None): "null", list: "a list", dict: "an object"}


def pack(values: list[Any], keys: Iterable[int | str], path: str, where: dict[str, int]) -> "array[float]":
    """Pack the numbers of one beat, rounded to the nearest float32.

    Args:
        values: The values as JSON had them.
        keys: The index or the feature name of each value.
        path: The beat's name in the message.
        where: Further fields of the error.

    Raises:
        InvalidBeat: A value is not a finite float32. The message names the first one by `path` and its key; the error
            has `where`, and the key as `index` or `field`.
    """
    # one pass in C; only if that fails, search for the invalid value
    packed = _float32(values)
    if packed is None or not all_finite(packed.tobytes()) or bool in map(type, values):
        raise _invalid_value(values, keys, path, where)
    return packed


def pack_rows(rows: list[Any], path: str) -> Matrix | None:
    """Pack lists of numbers, all of one length; the caller guarantees that there are no booleans.

    None means that `rows` has another form; they may still be valid beats.
    """
    if set(map(type, rows)) != {list} or len(set(map(len, rows))) != 1 or not rows[0]:
        return None
    try:
        # an array from each list is faster than one array from an iterator over all lists
        values = b"".join([array("f", row) for row in rows])
    except (TypeError, OverflowError):
        return None
    return Matrix(values, len(rows), path) if all_finite(values) else None


def _float32(values: list[Any]) -> "array[float] | None":
    try:
        return array("f", values)
    except (TypeError, OverflowError):  # not a number, or an integer beyond float64
        return None


def _invalid_value(values: list[Any], keys: Iterable[int | str], path: str, where: dict[str, int]) -> InvalidBeat:
    for key, value in zip(keys, values, strict=True):
        if type(value) not in (int, float):
            problem = f"is {_JSON_NAMES[type(value)]}, not a number"
        elif (packed := _float32([value])) is None or not isfinite(packed[0]):
            problem = "is not a finite float32"
        else:
            continue
        position: dict[str, int | str] = {"index": key} if isinstance(key, int) else {"field": short(key)}
        shown = f"[{key}]" if isinstance(key, int) else f"['{short(key)}']"
        return InvalidBeat(f"{path}{shown} {problem}", **where, **position)
    raise AssertionError("all values are finite float32")
