"""When requests of an open loop are due; endless, in seconds of the monotonic clock."""

import random
from collections.abc import Iterator
from itertools import count


def steady(start: float, rate: float) -> Iterator[float]:
    """At even distances, `rate` a second."""
    return (start + number / rate for number in count())


def poisson(start: float, rate: float, seed: int = 0) -> Iterator[float]:
    """Each independent of the others, `rate` a second on average, as from many clients."""
    dice, due = random.Random(seed), start
    while True:
        due += dice.expovariate(rate)
        yield due
