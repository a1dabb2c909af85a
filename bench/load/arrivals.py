"""Due times of an open loop's requests: endless iterators, in seconds of the monotonic clock."""

import random
from collections.abc import Iterator
from itertools import count


def steady(start: float, rate: float) -> Iterator[float]:
    """Return evenly spaced due times, `rate` per second."""
    return (start + number / rate for number in count())


def poisson(start: float, rate: float, seed: int = 0) -> Iterator[float]:
    """Yield the due times of a Poisson process with `rate` per second, as from many clients."""
    dice, due = random.Random(seed), start
    while True:
        due += dice.expovariate(rate)
        yield due
