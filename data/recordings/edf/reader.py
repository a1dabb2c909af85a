"""Reads EDF and BDF files, without a library: no maintained one reads all files that devices write. pyedflib rejects
truncated and unclosed files, channels without a range, odd dates and interruptions, and damages non-ASCII names."""

import logging
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.edf.header import EdfHeader, EdfSignal, read_header
from data.recordings.signals import BLOCK_SAMPLES, Channel, missing

STAMP: Final = re.compile(rb"([+-]?\d+(?:\.\d*)?)(?:\x15[\d.]*)?\x14")  # start time of a record in seconds
SHORTEST_GAP: Final = 0.01  # seconds; shorter ones are inaccuracies of the clock; chosen by hand
LONGEST_GAP: Final = 7 * 24 * 3600  # seconds; a longer one is a damaged time stamp; chosen by hand

log = logging.getLogger(__name__)


class EdfFile:
    """The signals of an EDF or BDF file; of a truncated file, its complete data records."""

    def __init__(self, path: Path) -> None:
        self._path, self._header = path, read_header(path)
        self._records = _whole_records(path, self._header)
        self._signals = [signal for signal in self._header.signals if not signal.is_annotations]
        self._gaps = self._gaps_before() if self._header.interrupted else np.zeros(len(self._records))
        self.names = [signal.name for signal in self._signals]
        self.channels = [self._channel(signal) for signal in self._signals]

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal in order, with NaN for interruptions of an EDF+D file."""
        signal = self._signals[index]
        at_once = max(BLOCK_SAMPLES // signal.per_record, 1)
        # a block begins at each interruption
        starts = sorted({*range(0, len(self._records), at_once), *np.flatnonzero(self._gaps).tolist()})
        for start, end in pairwise([*starts, len(self._records)]):
            yield from missing(self._gap_samples(start, signal))
            stored = _stored(self._records[start:end], signal, self._header.sample_bytes)
            yield (signal.offset + signal.scale * stored).astype(np.float32)

    def length(self, index: int) -> int:
        """Return the number of samples of a signal, including interruptions."""
        signal = self._signals[index]
        gaps = sum(self._gap_samples(record, signal) for record in np.flatnonzero(self._gaps).tolist())
        return len(self._records) * signal.per_record + gaps

    def rate(self, index: int) -> float:
        """Return the samples per second of a signal."""
        return self._header.rate(self._signals[index])

    def unit(self, index: int) -> str:
        """Return the unit of a signal's samples: mV for any voltage."""
        return self.channels[index].unit

    def _channel(self, signal: EdfSignal) -> Channel:
        unreadable = signal.unreadable if signal.per_record else "has no samples in this file"
        return Channel(signal.name, self._header.rate(signal), signal.unit, unreadable)

    def _gap_samples(self, record: int, signal: EdfSignal) -> int:
        return round(float(self._gaps[record]) * self._header.rate(signal))

    def _gaps_before(self) -> NDArray[np.float64]:
        """Return the gap in seconds before each record, by the time stamps; 0 for no gap."""
        gaps = np.zeros(len(self._records))
        stamps = next((signal for signal in self._header.signals if signal.is_annotations), None)
        if stamps is None:
            log.warning(
                "%s: is marked as interrupted but has no time stamps; it is read without interruptions", self._path
            )
            return gaps
        end: float | None = None  # of the record before, on the clock of the samples
        for number, record in enumerate(self._records):
            first = self._header.sample_bytes * stamps.first
            text = record[first : first + self._header.sample_bytes * stamps.per_record].tobytes()
            stamp = STAMP.match(text.lstrip(b"\0"))
            if stamp and end is not None:
                gaps[number] = self._gap(number, float(stamp[1]) - end)
            begin = end + gaps[number] if end is not None else float(stamp[1]) if stamp else 0.0
            end = begin + self._header.seconds
        return gaps

    def _gap(self, number: int, seconds: float) -> float:
        if not -SHORTEST_GAP * (number + 1) <= seconds <= LONGEST_GAP:
            side = "after" if seconds > 0 else "before"
            raise DataError(
                f"{self._path}: the time stamp of data record {number + 1} is {abs(seconds):g} s {side} the end of "
                "the previous one, which is impossible; repair the file, or export it as EDF+C"
            )
        return seconds if seconds > SHORTEST_GAP else 0.0


def _whole_records(path: Path, header: EdfHeader) -> NDArray[np.uint8]:
    """Return the complete data records (records, bytes) as a memory map; warn if the header declares another number."""
    stored = max(path.stat().st_size - header.first_byte, 0)
    whole = stored // header.record_bytes
    if not whole:
        raise DataError(f"{path}: an EDF header without a complete data record; get the file again")
    if header.records < 0:
        log.warning("%s: the file was never closed; its %d records are read", path, whole)
    elif whole < header.records:
        log.warning("%s: truncated; %d of %d records are complete and are read", path, whole, header.records)
    elif whole > header.records:
        log.warning("%s: declares %d records and has %d records, which are read", path, header.records, whole)
    shape = (whole, header.record_bytes)
    return np.memmap(path, np.uint8, mode="r", offset=header.first_byte, shape=shape)


def _stored(records: NDArray[np.uint8], signal: EdfSignal, sample_bytes: int) -> NDArray[np.float64]:
    """Return a signal's stored integers as float64."""
    first = sample_bytes * signal.first
    stored = records[:, first : first + sample_bytes * signal.per_record]
    if sample_bytes == 2:
        return np.ascontiguousarray(stored).view("<i2").ravel().astype(np.float64)
    padded = np.zeros((stored.size // 3, 4), np.uint8)
    padded[:, 1:] = stored.reshape(-1, 3)
    return (padded.view("<i4").ravel() >> 8).astype(np.float64)
