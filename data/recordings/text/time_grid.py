"""An even rate under times that are rounded, jitter, come in packets or have gaps; which samples are missing."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.text.rounding import place

LATE: Final = 1.0  # seconds that a time may be off an even rate
NEAR: Final = 0.6  # of a step: differences that are off by more are packets lost, or sent twice
EXACT: Final = 0.25  # of a step: times that are off by less tell each single sample that is missing
CHUNK: Final = 4096  # samples looked at together; a clock that drifts by 1e-5 is off by 0.04 of a step in so many
PATIENCE: Final = 0.2  # of what the chunk is off by is taken for drift
MOST_PIECES: Final = 0.2  # gaps for each time; more, and the rate is another
FEW_PIECES: Final = 0.05  # gaps for each time; more must each be as long as whole samples,
OFF_WHOLE: Final = 0.15  # but for this part of one; any lengths are off by 0.25
OTHER_RATE: Final = 0.05  # by how much a chunk's step may differ from the others'
ROUNDED: Final = 0.55  # of the last digit: rounded times are off by no more than half of it
SNAP: Final = 1e-5  # how near a rate is taken for one with fewer digits, whatever the times tell


class UnevenError(Exception):
    """Times that do not go on in even steps: from which row on, and why."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        """Take the reason as the second half of a sentence, and the row, from 0."""
        super().__init__(reason)
        self.reason, self.row = reason, row


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that are missing before a row."""

    row: int
    samples: int


@dataclass(slots=True)
class Slope:
    """The step of times by least squares, over pieces between gaps; sums only, so pieces can be added."""

    xx: float = 0.0
    xy: float = 0.0
    rows: int = 0

    def add(self, rows: NDArray[np.int64], times: NDArray[np.float64]) -> None:
        """Add a piece without gaps: times (n,) and the numbers of their rows (n,)."""
        if len(rows) > 1:
            x = rows - rows.mean()
            self.xx += float(x @ x)
            self.xy += float(x @ (times - times.mean()))
            self.rows += len(rows)

    @property
    def step(self) -> float:
        """Seconds from one sample to the next; 0 if unknown."""
        return self.xy / self.xx if self.xx else 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """The even rate of a recording's first times."""

    step: float
    spread: float  # how far nearly all times are from it, in the times' unit
    pieces: int
    start: float | None = None  # of the grid from which they were rounded, from the first time on, if that is known
    ambiguous: bool = False  # a lower rate and no sample lost would explain them as well

    def scaled(self, scale: float) -> "Fit":
        """Return the same in another unit of time."""
        start = None if self.start is None else self.start * scale
        return replace(self, step=self.step * scale, spread=self.spread * scale, start=start)


def fit(times: NDArray[np.float64], resolution: float) -> Fit:
    """Find the usual step of times (n,), written to that resolution; UnevenError if there is none.

    The step is that of least squares between the gaps, so neither gaps nor rounding move it. Times that are rounded
    about as coarsely as samples follow each other are placed one by one, as a missing sample looks like rounding.
    """
    if placed := place(times, resolution):
        return Fit(placed.step, placed.spread, 1, placed.start, placed.ambiguous)
    rows, stamps = _stamps(times)
    if len(rows) < 2 or len(times) < 3:
        raise UnevenError("there are too few of them, or all are the same")
    differences, samples = np.diff(stamps), np.diff(rows)
    step = _rough_step(differences, samples)
    slope = Slope()
    for _ in range(3):
        pieces = _pieces(differences - step * samples, step, resolution)
        slope = Slope()
        for piece in pieces:
            slope.add(rows[piece], stamps[piece])
        if slope.step <= 0:
            raise UnevenError("they do not go up")
        step = slope.step
    _check_whole_samples(differences - step * samples, pieces, step, resolution)
    _check_same_rate(rows, stamps, pieces, step, resolution)
    off = np.concatenate([_off(rows[piece], stamps[piece], step) for piece in pieces])
    return Fit(step, float(np.quantile(np.abs(off), 0.99)), len(pieces))


def nice_rate(step: float, slope: Slope, error: float) -> float:
    """Return samples per second with as few digits as the times, off by about `error` each, bear out."""
    rate = 1 / step
    within = max(SNAP, 3 * error / np.sqrt(slope.xx) / step if slope.xx else 0.0) * rate
    return next((round(rate, digits) for digits in range(6) if abs(rate - round(rate, digits)) <= within), rate)


def _stamps(times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the first row and the time of each run of rows that share a time."""
    rows = np.flatnonzero(np.diff(times, prepend=np.nan) != 0)
    return rows, times[rows]


def _rough_step(differences: NDArray[np.float64], samples: NDArray[np.int64]) -> float:
    each = differences / samples
    order = np.argsort(each)
    weights = np.cumsum(samples[order])
    middle = float(each[order][np.searchsorted(weights, weights[-1] / 2)])
    if middle <= 0:
        raise UnevenError("they do not go up")
    near = np.abs(each - middle) <= NEAR * middle
    return float(differences[near].sum() / samples[near].sum())


def _pieces(excess: NDArray[np.float64], step: float, resolution: float) -> list[slice]:
    """Cut where far more or less time passes than the samples and the usual jitter take; going back tells jitter."""
    back = -np.quantile(excess, 0.01)
    # rounding makes neighbouring times differ by the resolution
    jitter = 2 * back if back > NEAR * step and back > 1.01 * resolution else 0.0
    usual = max(NEAR * step, 1.01 * resolution, jitter)
    cuts = np.flatnonzero((excess > usual) | (excess < -max(usual, 3 * back))) + 1
    edges = [0, *cuts.tolist(), len(excess) + 1]
    return [slice(start, end) for start, end in pairwise(edges)]


def _off(rows: NDArray[np.int64], times: NDArray[np.float64], step: float) -> NDArray[np.float64]:
    off: NDArray[np.float64] = times - step * rows
    off -= (off.max() + off.min()) / 2 if len(off) < 8 else np.median(off)
    return off


def _check_whole_samples(excess: NDArray[np.float64], pieces: list[slice], step: float, resolution: float) -> None:
    """UnevenError if there are many gaps, and they are not as long as whole samples."""
    missing = excess[[piece.start - 1 for piece in pieces[1:]]] / step
    if len(missing) > FEW_PIECES * len(excess) + 3:
        off = np.abs(missing - np.round(missing))
        if np.median(off) > OFF_WHOLE + resolution / step:
            raise UnevenError("their distances are not those of an even rate")


def _check_same_rate(
    rows: NDArray[np.int64], stamps: NDArray[np.float64], pieces: list[slice], step: float, resolution: float
) -> None:
    """UnevenError if a quarter of a piece has another rate than all of it, beyond what its jitter explains."""
    for piece in pieces:
        count = piece.stop - piece.start
        if count < 16:
            continue
        for start in range(piece.start, piece.stop - count // 4, count // 4):
            part = slice(start, start + count // 4)
            if other_rate(rows[part], stamps[part], step, resolution):
                raise UnevenError("the rate changes", int(rows[part][0]))


def other_rate(rows: NDArray[np.int64], times: NDArray[np.float64], step: float, resolution: float) -> bool:
    """Say whether times (n,) without gaps go on in another step than the usual one, beyond what jitter explains."""
    slope = Slope()
    slope.add(rows, times)
    noise = float(np.std(times - slope.step * rows)) + resolution
    # times that come late do so for a while: some thirty of them count as one
    return bool(abs(slope.step - step) > OTHER_RATE * step + 5 * noise * np.sqrt(30 / slope.xx))
