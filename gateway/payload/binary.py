"""Beats that come as the bytes of float32 values: the cheapest form where there are many."""

import sys
from array import array
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import ServedModel


@dataclass(frozen=True, slots=True)
class Float32Rows:
    """The beats of one request, little-endian float32, row after row; the model's width tells how many they are."""

    values: bytes
    max_batch: int
    path: ClassVar[str] = "beats"  # in error messages
    batch: ClassVar[bool] = True
    named: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return len(self.values)

    def fit(self, model: ServedModel) -> bytes:
        """Give the values; raise Misfit if they are not whole beats, TooManyBeats, InvalidBeat for infinity or NaN."""
        row = 4 * model.width
        count, rest = divmod(len(self.values), row)
        if rest or not count:
            raise Misfit(
                f"The body has {len(self.values)} bytes; the model takes beats of {row}, {model.width} float32"
            )
        if count > self.max_batch:
            raise TooManyBeats(f"The body has {count} beats; at most {self.max_batch} are taken at once")
        if not all_finite(self.values):
            instance, index = divmod(first_not_finite(self.values), model.width)
            raise InvalidBeat(f"beat {instance}[{index}] is not a finite float32", instance=instance, index=index)
        return self.values


def all_finite(values: bytes) -> bool:
    """Tell whether little-endian float32 values have no infinity and no NaN."""
    # those have all bits of the exponent set, of which seven are in the last byte
    last = values[3::4]
    return (b"\x7f" not in last and b"\xff" not in last) or all(map(isfinite, _numbers(values)))


def first_not_finite(values: bytes) -> int:
    """Give the position of the first value that is infinite or NaN; raise StopIteration if there is none."""
    return next(number for number, value in enumerate(_numbers(values)) if not isfinite(value))


def _numbers(values: bytes) -> "array[float]":
    numbers = array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
