"""The interface of all recording readers: a file's signals, read block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

BLOCK_SAMPLES: Final = 1 << 18  # chosen by hand
LOWEST_RATE: Final = 40  # samples per second; with fewer, R peaks fall between samples and are missed
HIGHEST_RATE: Final = 100_000  # chosen by hand


class Signals(Protocol):
    """The signals of a file whose samples are not read yet."""

    @property
    def names(self) -> Sequence[str]:
        """The signals' names."""

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal, in order, in blocks (n,) with NaN for gaps."""

    def length(self, index: int) -> int | None:
        """Return the number of samples, if it is known."""

    def rate(self, index: int) -> float:
        """Return the samples per second; for a table, only after its blocks were read."""

    def unit(self, index: int) -> str:
        """Return the unit of the yielded samples: mV for any voltage, "" if it is unknown."""


@dataclass(frozen=True, slots=True)
class Channel:
    """The description of a signal in a file's header."""

    name: str
    rate: float  # samples per second
    unit: str  # of the yielded samples: mV for any voltage, "" if it is unknown
    unreadable: str = ""  # why no samples can be read, as the end of a sentence


@runtime_checkable
class DescribedSignals(Signals, Protocol):
    """The signals of a file whose header has rate and unit of each."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The signals, in the order of `names`."""


def missing(samples: int) -> Iterator[NDArray[np.float32]]:
    """Yield `samples` NaN values for a gap, in blocks."""
    for start in range(0, samples, BLOCK_SAMPLES):
        yield np.full(min(BLOCK_SAMPLES, samples - start), np.nan, np.float32)
