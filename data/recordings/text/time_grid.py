"""Fits a constant sampling rate to times that are rounded, jitter, come in packets or have gaps."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.text.rounding import place

LATE: Final = 1.0  # seconds; maximum error of a time
NEAR: Final = 0.6  # of a step: larger differences are lost or repeated packets
EXACT: Final = 0.25  # of a step: with smaller errors each missing sample shows
CHUNK: Final = 4096  # samples per chunk, in which a clock drift of 1e-5 is 0.04 of a step
PATIENCE: Final = 0.2  # share of a chunk's error that counts as drift
MOST_PIECES: Final = 0.2  # gaps per time; with more, the rate is wrong
FEW_PIECES: Final = 0.05  # gaps per time; more gaps must each be a whole number of samples,
OFF_WHOLE: Final = 0.15  # within this share; random lengths would give 0.25
OTHER_RATE: Final = 0.05  # maximum relative difference of a chunk's step
ROUNDED: Final = 0.55  # of the last digit: rounding errors are at most half of it
SNAP: Final = 1e-5  # relative: a rate so near to one with fewer digits is rounded


class UnevenError(Exception):
    """The times have no constant rate; `row` is where it begins, `reason` why."""

    def __init__(self, reason: str, row: int | None = None) -> None:
        """`reason` is the end of a sentence, `row` counts from 0."""
        super().__init__(reason)
        self.reason, self.row = reason, row


@dataclass(frozen=True, slots=True)
class Gap:
    """Samples that are missing before a row."""

    row: int
    samples: int


@dataclass(slots=True)
class Slope:
    """The step of times by least squares, accumulated over pieces between gaps."""

    xx: float = 0.0
    xy: float = 0.0
    rows: int = 0

    def add(self, rows: NDArray[np.int64], times: NDArray[np.float64]) -> None:
        """Add a piece without gaps: times (n,) and their row numbers (n,)."""
        if len(rows) > 1:
            x = rows - rows.mean()
            self.xx += float(x @ x)
            self.xy += float(x @ (times - times.mean()))
            self.rows += len(rows)

    @property
    def step(self) -> float:
        """The seconds between samples; 0 if unknown."""
        return self.xy / self.xx if self.xx else 0.0


@dataclass(frozen=True, slots=True)
class Fit:
    """The constant rate that fits a recording's first times."""

    step: float
    spread: float  # error of 99 % of the times, in the times' unit
    pieces: int
    start: float | None = None  # offset of the grid from the first time, if it is known
    ambiguous: bool = False  # a lower rate without lost samples would fit as well

    def scaled(self, scale: float) -> "Fit":
        """Return the same in another unit of time."""
        start = None if self.start is None else self.start * scale
        return replace(self, step=self.step * scale, spread=self.spread * scale, start=start)


def fit(times: NDArray[np.float64], resolution: float) -> Fit:
    """Fit the step of times (n,) with a last digit of `resolution`. Raises UnevenError if they are not even.

    The step is fitted by least squares between gaps, so gaps and rounding do not change it. If the rounding is about as
    coarse as the sample interval, a missing sample looks like rounding, and `place` searches the grid.
    """
    if placed := place(times, resolution):
        return Fit(placed.step, placed.spread, 1, placed.start, placed.ambiguous)
    rows, stamps = _stamps(times)
    if len(rows) < 2 or len(times) < 3:
        raise UnevenError("there are too few times, or all are equal")
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
    """Return the samples per second, rounded to as few digits as times with the given `error` support."""
    rate = 1 / step
    within = max(SNAP, 3 * error / np.sqrt(slope.xx) / step if slope.xx else 0.0) * rate
    return next((round(rate, digits) for digits in range(6) if abs(rate - round(rate, digits)) <= within), rate)


def _stamps(times: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return first row and time of each run of rows with the same time."""
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
    """Cut where a step differs too much from the samples' time; backward steps show the usual jitter."""
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
    """Raise UnevenError if there are many gaps that are not whole numbers of samples."""
    missing = excess[[piece.start - 1 for piece in pieces[1:]]] / step
    if len(missing) > FEW_PIECES * len(excess) + 3:
        off = np.abs(missing - np.round(missing))
        if np.median(off) > OFF_WHOLE + resolution / step:
            raise UnevenError("their distances do not fit a constant rate")


def _check_same_rate(
    rows: NDArray[np.int64], stamps: NDArray[np.float64], pieces: list[slice], step: float, resolution: float
) -> None:
    """Raise UnevenError if a quarter of a piece has another rate than all of it, beyond its jitter."""
    for piece in pieces:
        count = piece.stop - piece.start
        if count < 16:
            continue
        for start in range(piece.start, piece.stop - count // 4, count // 4):
            part = slice(start, start + count // 4)
            if other_rate(rows[part], stamps[part], step, resolution):
                raise UnevenError("the rate changes", int(rows[part][0]))


def other_rate(rows: NDArray[np.int64], times: NDArray[np.float64], step: float, resolution: float) -> bool:
    """Return whether times (n,) without gaps have another step than `step`, beyond their jitter."""
    slope = Slope()
    slope.add(rows, times)
    noise = float(np.std(times - slope.step * rows)) + resolution
    # late times come in groups: thirty of them count as one
    return bool(abs(slope.step - step) > OTHER_RATE * step + 5 * noise * np.sqrt(30 / slope.xx))
