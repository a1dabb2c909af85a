"""Numbers as JSON has them to float32, and the error that names the first value that is not one."""

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

    Raises InvalidBeat that names the first value that is not a finite float32: by `path`, and by its key, which is an
    index or a name; the error has `where`, and the key as `index` or `field`.
    """
    # in one pass at the speed of C; only when that fails look for the value to blame
    packed = _float32(values)
    if packed is None or not all_finite(packed.tobytes()) or bool in map(type, values):
        raise _blame(values, keys, path, where)
    return packed


def pack_rows(rows: list[Any], path: str) -> Matrix | None:
    """Pack lists of numbers that are known to hold no boolean, all as long as the first.

    None if they are anything else, which is no verdict.
    """
    if set(map(type, rows)) != {list} or len(set(map(len, rows))) != 1 or not rows[0]:
        return None
    try:
        # a list goes into an array of its own by a shorter way than through an iterator into one for all
        values = b"".join([array("f", row) for row in rows])
    except (TypeError, OverflowError):
        return None
    return Matrix(values, len(rows), path) if all_finite(values) else None


def _float32(values: list[Any]) -> "array[float] | None":
    try:
        return array("f", values)
    except (TypeError, OverflowError):  # not a number, or an integer beyond float64
        return None


def _blame(values: list[Any], keys: Iterable[int | str], path: str, where: dict[str, int]) -> InvalidBeat:
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
    raise AssertionError("blamed without a reason")
