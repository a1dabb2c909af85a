"""Reads WFDB headers. The package wfdb rejects headers that do not follow the specification exactly.

https://physionet.org/physiotools/wag/header-5.htm
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from data.errors import DataError

NO_FILE: Final = "~"  # the file of a signal or segment without samples
DEFAULT_RATE: Final = 250.0  # frames per second, by the specification
DEFAULT_GAIN: Final = 200.0  # steps per unit, by the specification
DEFAULT_UNIT: Final = "mV"  # by the specification
SEGMENTED: Final = re.compile(r"(.+)/(\d+)")
LAYOUT: Final = re.compile(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?")
SCALE: Final = re.compile(r"([-+]?[\d.]+(?:[eE][-+]?\d+)?)?(?:\(([-+]?\d+)\))?(?:/(\S+))?")
INTEGER: Final = re.compile(r"[-+]?\d+")


@dataclass(frozen=True, slots=True, eq=False)  # two signals may have equal descriptions
class WfdbSignal:
    """A signal's description in a header; a sample in its unit is (stored - baseline) / gain."""

    name: str
    file: str
    format: str
    per_frame: int  # samples in a frame
    skew: int  # frames by which its samples are late in the file
    offset: int  # bytes before the samples in the file
    gain: float
    baseline: int
    unit: str
    initial: int  # start value of the differences in format 8


@dataclass(frozen=True, slots=True)
class WfdbHeader:
    """A WFDB header; a record in segments has their names and frames in `segments`, each with its own header."""

    path: Path
    rate: float  # frames per second
    frames: int | None
    signals: Sequence[WfdbSignal] = ()
    segments: Sequence[tuple[str, int]] = ()
    notes: Sequence[str] = ()  # assumptions that were made, for the log

    def sibling(self, name: str) -> Path:
        """Return the path of a file named in the header; the folder in its name need not exist."""
        named = Path(name.replace("\\", "/"))
        inside = self.path.parent / named
        return inside if inside.is_file() else self.path.parent / named.name


def read_header(path: Path) -> WfdbHeader:
    """Read a .hea file, except dates, checksums and block sizes. Raises DataError if it is malformed."""
    if not path.is_file():
        raise DataError(f"{path}: no such WFDB header; put it beside the other files of the record")
    lines = list(_lines(path))
    number, words = next(iter(lines), (1, []))
    if len(words) < 2 or not words[1].isdecimal():
        raise DataError(
            f"{path}, line {number}: cannot be read as WFDB record: a name and the number of signals are expected; "
            "get the header again"
        )
    rate, frames = _rate(path, words), _frames(path, number, words)
    notes = [] if rate else [f"has no rate; it is read at {DEFAULT_RATE:g} samples per second, WFDB's default"]
    segments, described = _segments(path, words[0]), len(lines) - 1
    if segments is None:
        count = int(words[1])
        if described < count:
            raise DataError(
                f"{path}: its header declares {count} signals and describes {described}; get the header again"
            )
        signals = [_signal(path, index, *line) for index, line in enumerate(lines[1 : count + 1])]
        return WfdbHeader(path, rate or DEFAULT_RATE, frames, signals, notes=notes)
    if described < segments:
        notes.append(f"declares {segments} segments and describes {described}, which are read")
    parts = [_segment(path, *line) for line in lines[1 : segments + 1]]
    return WfdbHeader(path, rate or DEFAULT_RATE, frames, segments=parts, notes=notes)


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield the number and the words of each line that is not a comment."""
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.lstrip().startswith("#"):
            yield number, line.split()


def _segments(path: Path, name: str) -> int | None:
    """Return the number of segments, or None; a number after a slash may also be the record's name in a folder."""
    segmented = SEGMENTED.fullmatch(name)
    if segmented is None or (segmented[2] == path.stem != segmented[1]):
        return None
    return int(segmented[2])


def _rate(path: Path, words: list[str]) -> float:
    """Return the frames per second, without a counter's frequency and base; 0 if they are missing."""
    field = words[2].split("/")[0].split("(")[0] if len(words) > 2 else "0"
    try:
        rate = float(field)
    except ValueError:
        rate = -1
    if not 0 <= rate < float("inf"):
        raise DataError(f"{path}: {words[2]!r} is not a valid number of samples per second; correct the header")
    return rate


def _frames(path: Path, number: int, words: list[str]) -> int | None:
    """Return the number of samples per signal; None if it is missing or a time of day is in its place."""
    field = words[3] if len(words) > 3 else "0"
    if ":" in field or "/" in field:
        return None
    try:
        frames = int(float(field))
    except (ValueError, OverflowError):
        frames = -1
    if frames < 0:
        raise DataError(
            f"{path}, line {number}: {field!r} is not a valid number of samples; "
            "write the number, or 0 to have them counted"
        )
    return frames or None


def _segment(path: Path, number: int, words: list[str]) -> tuple[str, int]:
    if len(words) < 2 or not words[1].isdecimal():
        raise DataError(f"{path}, line {number}: a segment's name and its number of samples are expected; correct it")
    return words[0], int(words[1])


def _signal(path: Path, index: int, number: int, words: list[str]) -> WfdbSignal:
    layout = LAYOUT.fullmatch(words[1]) if len(words) > 1 else None
    if layout is None:
        raise DataError(
            f"{path}, line {number}: cannot be read as WFDB record: a signal's file and its format are expected"
        )
    rest = words[2:]
    scale = SCALE.fullmatch(rest[0]) if rest else None
    if scale:
        rest = rest[1:]
    gain, baseline, unit = scale.groups() if scale else (None, None, None)
    numbers: list[int] = []  # resolution, zero, initial value, checksum, block size; the last ones may be missing
    while rest and len(numbers) < 5 and INTEGER.fullmatch(rest[0]):
        numbers.append(int(rest.pop(0)))
    zero = numbers[1] if len(numbers) > 1 else 0
    initial = numbers[2] if len(numbers) > 2 else zero
    format_, per_frame, skew, offset = layout.groups()
    return WfdbSignal(
        name=" ".join(rest) or f"signal {index + 1}",
        file=words[0],
        format=format_,
        per_frame=max(int(per_frame or 1), 1),
        skew=int(skew or 0),
        offset=int(offset or 0),
        gain=_gain(gain),
        baseline=int(baseline) if baseline is not None else zero,
        unit=unit or DEFAULT_UNIT,
        initial=initial,
    )


def _gain(field: str | None) -> float:
    try:
        return float(field or 0) or DEFAULT_GAIN
    except ValueError:
        return DEFAULT_GAIN
