"""Reads WFDB records. The package wfdb is used only for annotations: it averages the samples of a frame, rejects
headers with missing fields, and reads a record in segments at once."""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.signals import BLOCK_SAMPLES, Channel, missing
from data.recordings.units import in_millivolts
from data.recordings.wfdb.header import NO_FILE, WfdbHeader, WfdbSignal, read_header
from data.recordings.wfdb.signal_file import open_signal

NO_FORMAT: Final = "0"  # the format of a signal without samples
SIGNAL_ENDINGS: Final = (".dat", ".mat")

log = logging.getLogger(__name__)


def record_of(path: Path) -> Path:
    """Return a record's path without extension, from that path or the path of its header or signal file."""
    if path.suffix.lower() == ".hea":
        return path.with_suffix("")
    return path.with_suffix("") if path.suffix.lower() in SIGNAL_ENDINGS and not _header_of(path).is_file() else path


def is_wfdb(path: Path) -> bool:
    """Return whether a path means a WFDB record: its header, its signal file, or either without extension."""
    return path.suffix.lower() == ".hea" or _header_of(record_of(path)).is_file()


def header_of(path: Path) -> Path:
    """Return the path of a record's header."""
    return path if path.suffix.lower() == ".hea" else _header_of(record_of(path))


def _header_of(record: Path) -> Path:
    return record.with_name(f"{record.name}.hea")


@dataclass(frozen=True, slots=True)
class _Segment:
    header: WfdbHeader | None  # None in a gap
    frames: int | None  # None if it is unknown


class WfdbRecord:
    """The signals of a WFDB record, also in segments; a signal that a segment lacks is NaN there."""

    def __init__(self, path: Path) -> None:
        self._header = read_header(header_of(path))
        self._segments = [self._segment(name, frames) for name, frames in self._header.segments]
        # if the segments have different signals, the first segment has no samples but all names
        self._named = bool(self._segments) and self._segments[0].frames == 0
        if not self._header.segments:
            self._segments = [_Segment(self._header, self._header.frames)]

    @cached_property
    def channels(self) -> Sequence[Channel]:
        """The descriptions of the signals in the headers."""
        return [self._channel(index) for index in range(len(self.names))]

    @cached_property
    def names(self) -> Sequence[str]:
        """The signals' names."""
        first = next((segment.header for segment in self._segments if segment.header), None)
        return [signal.name for signal in first.signals] if first else []

    def files(self) -> list[Path]:
        """Return the files of the record."""
        headers = [segment.header for segment in self._segments if segment.header]
        signals = [header.sibling(signal.file) for header in headers for signal in header.signals]
        return list(dict.fromkeys([self._header.path, *(header.path for header in headers), *signals]))

    def blocks(self, index: int) -> Iterator[NDArray[np.float32]]:
        """Yield the samples of one signal in order, with NaN for missing ones."""
        per_frame = self._per_frame(index)
        for note in self._header.notes:
            log.warning("%s: %s", self._header.path, note)
        for segment in self._segments:
            signal = self._signal(segment, index)
            read = 0
            if segment.header and signal:
                for block in _samples(segment.header, signal, segment.frames):
                    read += len(block)
                    yield block
            if self._header.segments:  # keeps the positions of later segments
                yield from missing((segment.frames or 0) * per_frame - read)

    def length(self, index: int) -> int | None:
        """Return the number of samples of a signal, if the header has it."""
        frames = [segment.frames for segment in self._segments]
        return None if None in frames else sum(count or 0 for count in frames) * self._per_frame(index)

    def rate(self, index: int) -> float:
        """Return the samples per second of a signal."""
        return self._header.rate * self._per_frame(index)

    def unit(self, index: int) -> str:
        """Return the unit of a signal's samples: mV for any voltage."""
        return self.channels[index].unit

    def _segment(self, name: str, frames: int) -> _Segment:
        return _Segment(None if name == NO_FILE else read_header(self._header.sibling(f"{name}.hea")), frames)

    def _signal(self, segment: _Segment, index: int) -> WfdbSignal | None:
        """Return a segment's signal, or None if it has no samples of it."""
        signals = segment.header.signals if segment.header else []
        if self._named:
            found = next((signal for signal in signals if signal.name == self.names[index]), None)
        else:
            found = signals[index] if index < len(signals) else None
        return found if found and found.format != NO_FORMAT and found.file != NO_FILE else None

    def _found(self, index: int) -> list[WfdbSignal]:
        return [signal for segment in self._segments if (signal := self._signal(segment, index))]

    def _per_frame(self, index: int) -> int:
        found = {signal.per_frame for signal in self._found(index)} or {1}
        if len(found) > 1:
            raise DataError(f"{self._header.path}: {self.names[index]} changes its rate from one segment to another")
        return found.pop()

    def _channel(self, index: int) -> Channel:
        found = self._found(index)
        unit = in_millivolts(found[0].unit)[1] if found else ""
        return Channel(self.names[index], self.rate(index), unit, "" if found else "has no samples in this record")


def _samples(header: WfdbHeader, signal: WfdbSignal, frames: int | None) -> Iterator[NDArray[np.float32]]:
    """Yield a signal's samples in its unit, or in mV for any voltage."""
    file = open_signal(header, signal)
    if frames and file.frames < frames:
        log.warning("%s: truncated; %d of %d samples exist and are read", header.path, file.frames, frames)
    end = min(frames or file.frames, file.frames)
    factor = in_millivolts(signal.unit)[0] / signal.gain
    late = signal.skew * signal.per_frame
    step = max(BLOCK_SAMPLES // sum(other.per_frame for other in header.signals), 1)
    for start in range(0, end, step):
        stored = file.read(start, min(start + step, end))
        with np.errstate(over="ignore"):  # infinite values are an error later
            samples = (factor * (stored.astype(np.float64) - signal.baseline)).astype(np.float32)
        samples[stored == file.missing] = np.nan
        left_out = min(late - min(start * signal.per_frame, late), len(samples))
        yield samples[left_out:]
    yield from missing(min(late, end * signal.per_frame))
