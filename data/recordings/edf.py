"""An EDF or BDF file, read by the package pyedflib."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.recordings.library import load, told
from data.recordings.signals import BLOCK_SAMPLES


class EdfFile:
    """The signals of an EDF or BDF file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        pyedflib: Any = load("pyedflib", path)
        with told(path, "EDF file"):
            self._reader = pyedflib.EdfReader(str(path))
        self.names: Sequence[str] = self._reader.getSignalLabels()

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal, in order."""
        for start in range(0, self.length(index), BLOCK_SAMPLES):
            size = min(BLOCK_SAMPLES, self.length(index) - start)
            with told(self._path, "EDF file"):
                yield self._reader.readSignal(index, start, size).astype(np.float32)

    def length(self, index: int) -> int:
        """Return how many samples a signal has."""
        return int(self._reader.getNSamples()[index])

    def rate(self, index: int) -> float:
        """Return the samples per second of a signal."""
        return float(self._reader.getSampleFrequency(index))
