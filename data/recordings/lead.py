"""Reads a lead of a recording in any format, block by block, into a temporary file of float32."""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.progress import progress
from data.recordings.channels import choose
from data.recordings.edf.reader import EdfFile
from data.recordings.others import is_text, refuse_others
from data.recordings.signals import HIGHEST_RATE, LOWEST_RATE, Signals
from data.recordings.text.signal_table import SignalTable
from data.recordings.wfdb.record import SIGNAL_ENDINGS, WfdbRecord, is_wfdb

TABLE_ENDINGS: Final = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
EDF_ENDINGS: Final = (".edf", ".bdf")
EDF_BEGINS: Final = (b"0       ", b"\xffBIOSEMI")
PACKED_ENDINGS: Final = (".gz", ".zip", ".xz", ".bz2", ".7z", ".rar", ".tar", ".tgz")


@dataclass(frozen=True, slots=True)
class Lead:
    """One signal of a recording, or the difference of two."""

    name: str
    rate: float  # samples per second
    samples: NDArray[np.float32]  # (n,), NaN in gaps
    unit: str = ""  # mV for any voltage; "" if it is unknown


def read_lead(path: Path, channel: str | None = None, rate: float | None = None, invert: bool = False) -> Lead:
    """Read one lead of a WFDB record, an EDF file or a CSV table; the samples are in a temporary file.

    `channel` is a signal's name, its number from 0, or two names with a minus between them; see `choose` for the
    default. `rate`, in samples per second, is for tables without times. `invert` changes the sign. Raises DataError if
    the file cannot be read; the message names it.
    """
    signals = _open(path, rate)
    chosen = choose(path, signals, channel)
    samples = _spool(signals, chosen, path, -1 if invert else 1)
    own_rate = signals.rate(chosen[0])
    if not LOWEST_RATE <= own_rate <= HIGHEST_RATE:
        raise DataError(
            f"{path}: {own_rate:g} samples per second, but an ECG needs {LOWEST_RATE} to {HIGHEST_RATE}; "
            "is the rate right, or are its times in other units?"
        )
    return Lead("-".join(signals.names[index] for index in chosen), own_rate, samples, signals.unit(chosen[0]))


def files_of(path: Path) -> list[Path]:
    """Return the files that a recording is read from."""
    return WfdbRecord(path).files() if is_wfdb(path) else [path]


def _open(path: Path, rate: float | None) -> Signals:
    name = path.name.lower()
    table = name.endswith(TABLE_ENDINGS)
    edf = not table and path.is_file() and _is_edf(path)
    if path.is_file() and not edf and not is_wfdb(path):
        _check_kind(path, table)
    if rate is not None and not table:
        raise DataError(f"{path}: --rate is only for CSV files; this file has its own rate")
    if is_wfdb(path):
        return WfdbRecord(path)
    if path.suffix.lower() in SIGNAL_ENDINGS and path.is_file():
        raise DataError(f"{path}: the samples of a WFDB record; put its header {path.stem}.hea beside it")
    if not path.is_file():
        raise DataError(f"{path}: no such recording; give a CSV or EDF file, or a WFDB record such as folder/100")
    if table:
        return SignalTable.open(path, rate)
    if edf:
        return EdfFile(path)
    if name.endswith(PACKED_ENDINGS):
        raise DataError(f"{path}: packed; unpack it and give the recording that is in it")
    raise DataError(f"{path}: not a recording; its name must end in .hea, .edf, .bdf, .csv, .tsv or .txt")


def _check_kind(path: Path, table: bool) -> None:
    """Raise DataError for a file that is not a recording, and for text without the extension of a table."""
    refuse_others(path)
    if not table and is_text(path):
        raise DataError(
            f"{path}: this is text; give it a name that ends in .csv or .txt, and --rate if it has no times"
        )


def _is_edf(path: Path) -> bool:
    """Return whether a file is EDF or BDF, by its name or its first bytes: sleep laboratories use .rec."""
    if path.name.lower().endswith(EDF_ENDINGS):
        return True
    with path.open("rb") as file:
        return file.read(8) in EDF_BEGINS


def _spool(signals: Signals, chosen: Sequence[int], path: Path, sign: int) -> NDArray[np.float32]:
    """Return the samples of a signal, or of a difference of two, as a memory map of a temporary file."""
    index, *others = chosen
    less = _spool(signals, others, path, sign) if others else None
    with tempfile.TemporaryFile(prefix="ecg-lead-") as file:
        done = 0
        with progress(f"Reading {path.name}", signals.length(index), "samples") as advance:
            for block in signals.blocks(index):
                if np.isinf(block).any():
                    raise DataError(f"{path}: values that are too large; is the gain of {signals.names[index]} right?")
                values = sign * block if less is None else sign * block - less[done : done + len(block)]
                file.write(values.tobytes())
                advance(len(block))
                done += len(block)
        if not done:
            raise DataError(f"{path}: no samples in this recording")
        file.flush()
        return np.memmap(file, np.float32, mode="r")
