"""A lead of a recording, whatever the format of its file: read once, block by block, into a file of float32."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.progress import progress
from data.recordings.signal_table import SignalTable

LOWEST_RATE: Final = 40  # hertz; below, R peaks fall between the samples and beats are missed
HIGHEST_RATE: Final = 100_000
BLOCK_SAMPLES: Final = 1 << 18
TABLE_ENDINGS: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
EDF_ENDINGS: Final = (".edf", ".bdf")


@dataclass(frozen=True, slots=True)
class Lead:
    """One signal of a recording, in its file's unit."""

    name: str
    rate: float  # samples per second
    samples: NDArray[np.float32]  # NaN where the recording has a gap


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


def read_lead(path: Path, channel: str | None = None, rate: float | None = None, invert: bool = False) -> Lead:
    """Read one lead of a WFDB record, an EDF file or a CSV table by way of a temporary file, so that memory is bounded.

    `channel` is a signal's name or its number from 0; without it, the first that is called an ECG is taken, else the
    first. `rate`, in samples per second, is for tables without a column of times; `invert` turns the
    lead upside down. DataError names the file.
    """
    signals = _open(path, rate)
    index = _index(path, signals.names, channel)
    samples = _spool(signals, index, path, -1 if invert else 1)
    told = signals.rate(index)
    if not LOWEST_RATE <= told <= HIGHEST_RATE:
        raise DataError(
            f"{path}: {told:g} samples per second, where {LOWEST_RATE} to {HIGHEST_RATE} show a heartbeat; "
            "is the rate right, or are its times in other units?"
        )
    return Lead(signals.names[index], told, samples)


def is_wfdb(path: Path) -> bool:
    """Say whether the path is that of a WFDB record: its header, or the header's without its ending."""
    return path.suffix == ".hea" or path.with_name(f"{path.name}.hea").is_file()


def files_of(path: Path) -> list[Path]:
    """Return the files that a recording is read from."""
    return _Wfdb(path).files() if is_wfdb(path) else [path]


def load(library: str, path: Path) -> ModuleType:
    """Import a library that is there only where recordings are read."""
    try:
        return import_module(library)
    except ImportError:
        raise DataError(f"{path}: reading it needs the Python package {library}; pip install {library}") from None


def _open(path: Path, rate: float | None) -> Signals:
    name = path.name.lower()
    table = name.endswith(TABLE_ENDINGS)
    if rate is not None and not table:
        raise DataError(f"{path}: --rate is for CSV files; this one tells its own")
    if is_wfdb(path):
        return _Wfdb(path)
    if not path.is_file():
        raise DataError(f"{path}: no such recording; give a CSV or EDF file, or a WFDB record such as folder/100")
    if name.endswith(EDF_ENDINGS):
        return _Edf(path)
    if table:
        return SignalTable.open(path, rate)
    raise DataError(f"{path}: not a recording; its name must end in .hea, .edf, .bdf, .csv or .tsv")


def _index(path: Path, names: Sequence[str], channel: str | None) -> int:
    if not names:
        raise DataError(f"{path}: no signal in this recording")
    folded = [name.lower() for name in names]
    if channel is None:
        return next((index for index, name in enumerate(folded) if "ecg" in name or "ekg" in name), 0)
    if channel.lower() in folded:
        return folded.index(channel.lower())
    if channel.isdecimal() and int(channel) < len(names):
        return int(channel)
    known = ", ".join(f"{index} {name}" for index, name in enumerate(names))
    raise DataError(f"{path}: no channel {channel!r}; its channels are {known}")


def _spool(signals: Signals, index: int, path: Path, sign: int) -> NDArray[np.float32]:
    with tempfile.TemporaryFile(prefix="ecg-lead-") as file:
        with progress(f"Reading {path.name}", signals.length(index), "samples") as advance:
            for block in signals.blocks(index):
                file.write((sign * block).tobytes())
                advance(len(block))
        if file.tell() == 0:
            raise DataError(f"{path}: no samples in this recording")
        file.flush()
        return np.memmap(file, np.float32, mode="r")


class _Wfdb:
    def __init__(self, path: Path) -> None:
        self._path, self._record = path, str(path.with_suffix("") if path.suffix == ".hea" else path)
        self._wfdb: Any = load("wfdb", path)
        with _told(path, "WFDB record"):
            self._header = self._wfdb.rdheader(self._record, rd_segments=True)
        self.names: Sequence[str] = self._header.sig_name or []

    def files(self) -> list[Path]:
        # of a record in segments each has a header and signals of its own
        segments = [segment for segment in getattr(self._header, "segments", None) or [] if segment]
        headers = [f"{name}.hea" for name in getattr(self._header, "seg_name", None) or []]
        signals = [name for part in (self._header, *segments) for name in getattr(part, "file_name", None) or []]
        return [Path(f"{self._record}.hea"), *(self._path.parent / name for name in (*headers, *signals))]

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        end = self._header.sig_len
        for start in range(0, end, BLOCK_SAMPLES):
            with _told(self._path, "WFDB record"):
                record = self._wfdb.rdrecord(
                    self._record, sampfrom=start, sampto=min(start + BLOCK_SAMPLES, end), channels=[index]
                )
            yield record.p_signal[:, 0].astype(np.float32)

    def length(self, index: int) -> int | None:
        return int(self._header.sig_len)

    def rate(self, index: int) -> float:
        return float(self._header.fs)


class _Edf:
    def __init__(self, path: Path) -> None:
        self._path = path
        pyedflib: Any = load("pyedflib", path)
        with _told(path, "EDF file"):
            self._reader = pyedflib.EdfReader(str(path))
        self.names: Sequence[str] = self._reader.getSignalLabels()

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        for start in range(0, self.length(index), BLOCK_SAMPLES):
            size = min(BLOCK_SAMPLES, self.length(index) - start)
            with _told(self._path, "EDF file"):
                yield self._reader.readSignal(index, start, size).astype(np.float32)

    def length(self, index: int) -> int:
        return int(self._reader.getNSamples()[index])

    def rate(self, index: int) -> float:
        return float(self._reader.getSampleFrequency(index))


class _told:
    """Turns what a library says of a damaged file into a DataError."""

    def __init__(self, path: Path, kind: str) -> None:
        self._path, self._kind = path, kind

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Exception):
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise DataError(f"{self._path}: cannot be read as {self._kind} ({reason}); is a file missing or cut short?")
