"""Reads one signal of a WFDB signal file, in which several signals are interleaved."""

from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.library import load
from data.recordings.wfdb.formats import DIFFERENCES, FORMATS, Digital
from data.recordings.wfdb.header import WfdbHeader, WfdbSignal

FLAC_BITS: Final = {"508": 8, "516": 16, "524": 24}


class SignalFile(Protocol):
    """The stored samples of one signal."""

    frames: int
    missing: int | None  # the value of a missing sample

    def read(self, start: int, end: int) -> Digital:
        """Return the samples of frames `start` to `end`; format 8 must be read in order from the first frame."""


def open_signal(header: WfdbHeader, signal: WfdbSignal) -> SignalFile:
    """Open a signal's samples. Raises DataError if the file is missing or its format is unknown."""
    path = header.sibling(signal.file)
    if not path.is_file():
        raise DataError(
            f"{header.path}: cannot be read as WFDB record: its samples are in {signal.file}, which does not exist; "
            f"put it beside the header"
        )
    together = [other for other in header.signals if other.file == signal.file]
    if signal.format in FORMATS:
        return _PackedFile(path, signal, together)
    if signal.format in FLAC_BITS:
        return _FlacFile(path, signal, together)
    known = ", ".join([*FORMATS, *FLAC_BITS])
    raise DataError(f"{header.path}: samples in format {signal.format}; formats that can be read are {known}")


class _PackedFile:
    def __init__(self, path: Path, signal: WfdbSignal, together: list[WfdbSignal]) -> None:
        self._format, self._signal = FORMATS[signal.format], signal
        self._together = sum(other.per_frame for other in together)  # samples in a frame
        self._first = sum(other.per_frame for other in together[: together.index(signal)])
        self._stored = _bytes(path)[together[0].offset :]
        self._last = signal.initial
        self.missing = self._format.missing
        self.frames = self._format.count(len(self._stored)) // self._together

    def read(self, start: int, end: int) -> Digital:
        samples = self._format.read(self._stored, start * self._together, end * self._together)
        own = samples.reshape(end - start, -1)[:, self._first : self._first + self._signal.per_frame].ravel()
        if self._signal.format != DIFFERENCES:
            return own
        own = self._last + np.cumsum(own, dtype=np.int32)
        self._last = int(own[-1])
        return own


class _FlacFile:
    def __init__(self, path: Path, signal: WfdbSignal, together: list[WfdbSignal]) -> None:
        soundfile: Any = load("soundfile", path)
        try:
            self._file = soundfile.SoundFile(str(path))
        except soundfile.SoundFileError as error:
            raise DataError(f"{path}: cannot be read as FLAC ({error}); get it again") from None
        if self._file.channels != len(together):
            raise DataError(f"{path}: {self._file.channels} channels, but its header has {len(together)}; correct it")
        self._place, self._per_frame, self._offset = together.index(signal), signal.per_frame, together[0].offset
        bits = FLAC_BITS[signal.format]
        self.missing: int | None = -(1 << (bits - 1))
        self._shift = 32 - int(self._file.subtype.removeprefix("PCM_").removeprefix("S"))
        self.frames = (self._file.frames - self._offset) // self._per_frame

    def read(self, start: int, end: int) -> Digital:
        self._file.seek(self._offset + start * self._per_frame)
        samples = self._file.read((end - start) * self._per_frame, dtype="int32", always_2d=True)
        return np.asarray(samples[:, self._place] >> self._shift, np.int32)


def _bytes(path: Path) -> NDArray[np.uint8]:
    return np.memmap(path, np.uint8, mode="r") if path.stat().st_size else np.empty(0, np.uint8)
