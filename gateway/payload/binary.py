"""Beats sent as float32 bytes: the cheapest format for many beats."""

import sys
from array import array
from dataclasses import dataclass
from math import isfinite
from typing import ClassVar

from gateway.errors import InvalidBeat, Misfit, TooManyBeats
from gateway.model import ServedModel


@dataclass(frozen=True, slots=True)
class Float32Rows:
    """The beats of one request, little-endian float32, row after row; their number follows from the model's width."""

    values: bytes
    max_batch: int
    path: ClassVar[str] = "beats"  # in error messages
    batch: ClassVar[bool] = True
    named: ClassVar[bool] = False

    @property
    def size(self) -> int:
        """Size of all values in bytes."""
        return len(self.values)

    def fit(self, model: ServedModel) -> bytes:
        """Return the values as float32 bytes, row after row.

        Raises:
            Misfit: The body is not a whole number of beats.
            TooManyBeats: There are more than `max_batch` beats.
            InvalidBeat: A value is infinite or NaN.
        """
        row = 4 * model.width
        count, remainder = divmod(len(self.values), row)
        if remainder or not count:
            raise Misfit(
                f"The body has {len(self.values)} bytes; a beat of the model has {row}, {model.width} float32 values"
            )
        if count > self.max_batch:
            raise TooManyBeats(f"The body has {count} beats; at most {self.max_batch} are allowed")
        if not all_finite(self.values):
            instance, index = divmod(first_not_finite(self.values), model.width)
            raise InvalidBeat(f"beat {instance}[{index}] is not a finite float32", instance=instance, index=index)
        return self.values


def all_finite(values: bytes) -> bool:
    """Return whether little-endian float32 values have no infinity and no NaN."""
    # infinity and NaN have all bits of the exponent set, seven of them in the last byte
    last = values[3::4]
    return (b"\x7f" not in last and b"\xff" not in last) or all(map(isfinite, _numbers(values)))


def first_not_finite(values: bytes) -> int:
    """Return the position of the first value that is infinite or NaN; raise StopIteration if there is none."""
    return next(number for number, value in enumerate(_numbers(values)) if not isfinite(value))


def _numbers(values: bytes) -> "array[float]":
    numbers = array("f", values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
