"""Finds, block by block, the samples that are missing between evenly spaced times."""

from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.text.time_grid import (
    CHUNK,
    EXACT,
    LATE,
    MOST_PIECES,
    PATIENCE,
    ROUNDED,
    Fit,
    Gap,
    Slope,
    UnevenError,
    nice_rate,
    other_rate,
)

OFF_ROUNDED: Final = 1.1  # of the rounding error: the first times do not give the exact step
SURE: Final = 100  # samples; longer gaps cannot be counted exactly
COARSE: Final = 0.9  # of the last digit; a lost sample that is shorter cannot be seen
BLURRED: Final = 1.2  # digits of spread about the regression line; rounding alone gives 1


class Gaps:
    """Takes the times of a recording in order and returns the gaps."""

    def __init__(self, first: Fit, resolution: float) -> None:
        """`first` is the fit of the first times, `resolution` their last digit; both in seconds."""
        self._step, self._spread, self._resolution = first.step, first.spread, resolution
        self._start = first.start
        self._exact = first.spread <= EXACT * first.step
        self._rounded = not self._exact and first.spread <= ROUNDED * resolution
        self._slope = Slope()
        self._expected: float | None = None  # the time of the next row
        self._row = self._found = 0
        self._set_back = 0.0
        self._held: NDArray[np.float64] = np.empty(0)
        self._before = np.nan  # the previous time
        self.blurred = False  # samples are lost or late, but the digits are too coarse to show which

    @property
    def rate(self) -> float:
        """Samples per second, from all times so far."""
        error = max(self._spread, self._resolution) / np.sqrt(12)
        return nice_rate(self._slope.step or self._step, self._slope, error)

    def add(self, times: NDArray[np.float64], resolution: float, last: bool = False) -> tuple[int, list[Gap]]:
        """Add the next times (n,) in seconds; return the row up to which gaps are known, and the new gaps.

        The next second shows whether a time is late or samples are missing, so some rows wait for the next block unless
        this is the `last`. Raises UnevenError if the times go back or the rate changes.
        """
        self._resolution = max(self._resolution, resolution)
        held = np.concatenate([self._held, times])
        ahead = self._ahead
        gaps: list[Gap] = []
        start = 0
        while len(held) - start > (0 if last else ahead + CHUNK):
            gaps += self._chunk(held[start : start + CHUNK + ahead])
            start += CHUNK
        self._held = held[start:]
        return self._row, gaps

    @property
    def _ahead(self) -> int:
        return int(np.clip(LATE / self._step, 1, 100_000))

    @property
    def _tolerance(self) -> float:
        if self._start is not None:
            return max(self._step / 2, OFF_ROUNDED * self._spread)
        if self._exact:
            return max(self._step / 2, self._resolution if self._resolution > 1.01 * self._step else 0.0)
        jitter = 0.0 if self._rounded else 2 * self._spread
        return max(self._step / 2, 1.01 * self._resolution, jitter)

    def _chunk(self, times: NDArray[np.float64]) -> list[Gap]:
        """Process up to CHUNK rows; the rows after them are only context."""
        mine = min(len(times), CHUNK)
        changed = np.diff(times, prepend=self._before) != 0
        rows = np.flatnonzero(changed)
        if self._expected is None:
            self._expected = self._begin(times, rows)
        off = times[rows] - self._expected - self._step * rows
        cuts: list[int] = []
        gaps = self._find(rows, off, mine, cuts)
        own = rows < mine
        places = rows.copy()
        for gap in gaps:
            places[rows >= gap.row - self._row] += gap.samples
        self._learn(rows[own], places[own], times[rows[own]], cuts, np.abs(off[own]) <= self._tolerance)
        missing = sum(gap.samples for gap in gaps)
        drift = np.median(off[own][-512:]) if own.any() else 0.0
        self._expected += self._step * (mine + missing) + PATIENCE * float(np.clip(drift, -self._step, self._step))
        self._row += mine
        self._before = float(times[mine - 1])
        return gaps

    def _begin(self, times: NDArray[np.float64], rows: NDArray[np.int64]) -> float:
        """Return the time at which the grid of samples begins; the first time may differ from it."""
        if self._start is not None and np.isfinite(self._start):
            return float(times[0]) + self._start
        early = times[rows[:256]] - times[0] - self._step * rows[:256]
        jump = np.flatnonzero(np.diff(early) > self._tolerance)
        return float(times[0] + np.median(early[: jump[0] + 1 if len(jump) else len(early)]))

    def _find(self, rows: NDArray[np.int64], off: NDArray[np.float64], mine: int, cuts: list[int]) -> list[Gap]:
        """Find the gaps at times that are off the grid. Updates `off` (n,) and appends to `cuts`."""
        gaps: list[Gap] = []
        at, tolerance = 0, self._tolerance
        while True:
            wrong = np.flatnonzero(np.abs(off[at:]) > tolerance)
            if not len(wrong) or rows[at := at + int(wrong[0])] >= mine:
                break
            after = off[at : np.searchsorted(rows, rows[at] + self._ahead)]
            # the times that are rounded down most show best what is missing before all of them
            down = 0.0 if self._start is None else self._spread
            if after.min() + down > tolerance:
                # later losses only raise the minimum; jitter is on both sides of the median
                excess = after.min() + down if self._exact or self._rounded else np.median(after)
                samples = max(round(float(excess) / self._step), 1)
                gaps.append(Gap(self._row + int(rows[at]), samples))
                if self._start is None or samples > SURE:
                    cuts.append(at)
                off[at:] -= samples * self._step
            elif after.max() < -tolerance:
                cuts.append(at)
                steps = np.diff(off[max(at - 1, 0) :]) + self._step * np.diff(rows[max(at - 1, 0) :])
                backwards = bool((steps[: len(after)] < -self._resolution).any())
                off[at:] += self._step_back(float(-np.median(after)), self._row + int(rows[at]), backwards)
            at += 1
        self._found += len(gaps)
        if self._found > 20 + MOST_PIECES * (self._row + mine):
            raise UnevenError("too many of them are missing for an even rate", gaps[0].row if gaps else None)
        return gaps

    def _step_back(self, back: float, row: int, backwards: bool) -> float:
        """Treat times that stay early as jitter, up to a limit, beyond which UnevenError is raised."""
        self._set_back += back
        allowed = self._resolution + self._step if self._exact or self._rounded else LATE
        if back > allowed:
            raise UnevenError(f"they go back by {back:.4g} s" if backwards else "the rate changes", row)
        if self._set_back > LATE + 0.01 * self._step * row:
            raise UnevenError("the rate changes", row)
        self._expected = (self._expected or 0.0) - back
        return back

    def _learn(
        self,
        rows: NDArray[np.int64],
        places: NDArray[np.int64],
        times: NDArray[np.float64],
        cuts: list[int],
        even: NDArray[np.bool_],
    ) -> None:
        """Refine the step with the even times of the pieces between the cuts, at their positions among the samples."""
        for start, end in pairwise([0, *cuts, len(rows)]):
            good = even[start:end]
            piece_places, piece = places[start:end][good], times[start:end][good]
            if len(piece) >= 64 and other_rate(piece_places, piece, self._step, self._resolution):
                raise UnevenError("the rate changes", self._row + int(rows[start:end][good][0]))
            self._slope.add(piece_places, piece)
            if len(piece) >= 64 and self._resolution > COARSE * self._step:
                self.blurred = self.blurred or _spread_about_line(piece_places, piece) > BLURRED * self._resolution
        if self._slope.rows > 1000:
            self._step = self._slope.step


def _spread_about_line(places: NDArray[np.int64], times: NDArray[np.float64]) -> float:
    """Return the range of the residuals of the times (n,) about their regression line."""
    slope = Slope()
    slope.add(places, times)
    return float(np.ptp(times - slope.step * places))
