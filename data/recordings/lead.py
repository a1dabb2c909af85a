"""A lead of a recording, whatever the format of its file: read once, block by block, into a file of float32."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.progress import progress
from data.recordings.edf import EdfFile
from data.recordings.signal_table import SignalTable
from data.recordings.signals import Signals
from data.recordings.wfdb_record import WfdbRecord, is_wfdb

LOWEST_RATE: Final = 40  # hertz; below, R peaks fall between the samples and beats are missed
HIGHEST_RATE: Final = 100_000
TABLE_ENDINGS: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz")
EDF_ENDINGS: Final = (".edf", ".bdf")


@dataclass(frozen=True, slots=True)
class Lead:
    """One signal of a recording, in its file's unit."""

    name: str
    rate: float  # samples per second
    samples: NDArray[np.float32]  # NaN where the recording has a gap


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


def files_of(path: Path) -> list[Path]:
    """Return the files that a recording is read from."""
    return WfdbRecord(path).files() if is_wfdb(path) else [path]


def _open(path: Path, rate: float | None) -> Signals:
    name = path.name.lower()
    table = name.endswith(TABLE_ENDINGS)
    if rate is not None and not table:
        raise DataError(f"{path}: --rate is for CSV files; this one tells its own")
    if is_wfdb(path):
        return WfdbRecord(path)
    if not path.is_file():
        raise DataError(f"{path}: no such recording; give a CSV or EDF file, or a WFDB record such as folder/100")
    if name.endswith(EDF_ENDINGS):
        return EdfFile(path)
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
