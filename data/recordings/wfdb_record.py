"""A WFDB record, read by the package wfdb."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.recordings.library import load, told
from data.recordings.signals import BLOCK_SAMPLES


def is_wfdb(path: Path) -> bool:
    """Say whether the path is that of a WFDB record: its header, or the header's without its ending."""
    return path.suffix == ".hea" or path.with_name(f"{path.name}.hea").is_file()


class WfdbRecord:
    """The signals of a WFDB record."""

    def __init__(self, path: Path) -> None:
        self._path, self._record = path, str(path.with_suffix("") if path.suffix == ".hea" else path)
        self._wfdb: Any = load("wfdb", path)
        with told(path, "WFDB record"):
            self._header = self._wfdb.rdheader(self._record, rd_segments=True)
        self.names: Sequence[str] = self._header.sig_name or []

    def files(self) -> list[Path]:
        """Return the files that the record is read from."""
        # of a record in segments each has a header and signals of its own
        segments = [segment for segment in getattr(self._header, "segments", None) or [] if segment]
        headers = [f"{name}.hea" for name in getattr(self._header, "seg_name", None) or []]
        signals = [name for part in (self._header, *segments) for name in getattr(part, "file_name", None) or []]
        return [Path(f"{self._record}.hea"), *(self._path.parent / name for name in (*headers, *signals))]

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal, in order."""
        end = self._header.sig_len
        for start in range(0, end, BLOCK_SAMPLES):
            with told(self._path, "WFDB record"):
                record = self._wfdb.rdrecord(
                    self._record, sampfrom=start, sampto=min(start + BLOCK_SAMPLES, end), channels=[index]
                )
            yield record.p_signal[:, 0].astype(np.float32)

    def length(self, index: int) -> int | None:
        """Return how many samples a signal has."""
        return int(self._header.sig_len)

    def rate(self, index: int) -> float:
        """Return the samples per second of a signal."""
        return float(self._header.fs)
