"""What every reader of recordings offers: the signals of a file, read block by block."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

BLOCK_SAMPLES: Final = 1 << 18
LOWEST_RATE: Final = 40  # samples per second; below, R peaks fall between the samples and beats are missed
HIGHEST_RATE: Final = 100_000


class Signals(Protocol):
    """The signals of a file, of which only the names have been read."""

    @property
    def names(self) -> Sequence[str]:
        """The signals' names."""

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal, in order."""

    def length(self, index: int) -> int | None:
        """Return how many samples that will be, if it is known."""

    def rate(self, index: int) -> float:
        """Return the samples per second; of a table it is known when its blocks have been read."""

    def unit(self, index: int) -> str:
        """Return the unit of the samples that are yielded: mV for any voltage, "" if the file does not tell."""


@dataclass(frozen=True, slots=True)
class Channel:
    """What a file's header tells about one of its signals."""

    name: str
    rate: float  # samples per second
    unit: str  # of the samples that are yielded: mV for any voltage, "" if the file does not tell
    unreadable: str = ""  # why no samples can be read, as the end of a sentence


@runtime_checkable
class DescribedSignals(Signals, Protocol):
    """The signals of a file whose header tells rate and unit of each."""

    @property
    def channels(self) -> Sequence[Channel]:
        """The signals, in the order of `names`."""


def missing(samples: int) -> Iterator[NDArray[np.float32]]:
    """Yield so many samples of a gap, NaN, in blocks."""
    for start in range(0, samples, BLOCK_SAMPLES):
        yield np.full(min(BLOCK_SAMPLES, samples - start), np.nan, np.float32)
