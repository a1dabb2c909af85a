"""Finds, block by block, where samples are missing from times that go on at an even rate."""

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

OFF_ROUNDED: Final = 1.1  # of what rounding makes: the step is not known exactly from the first times
SURE: Final = 100  # samples: the step tells the length of a gap exactly up to here
COARSE: Final = 0.9  # samples that last as long as the last digit: below, one that is lost cannot be seen
BLURRED: Final = 1.2  # digits by which such times lie about their line; rounding alone makes one of them


class Gaps:
    """Takes the times of a recording in order and says how many samples are missing before which row."""

    def __init__(self, first: Fit, resolution: float) -> None:
        """Begin with what the first times tell; both in seconds."""
        self._step, self._spread, self._resolution = first.step, first.spread, resolution
        self._start = first.start
        self._exact = first.spread <= EXACT * first.step
        self._rounded = not self._exact and first.spread <= ROUNDED * resolution
        self._slope = Slope()
        self._expected: float | None = None  # the time of the next row
        self._row = self._found = 0
        self._set_back = 0.0
        self._held: NDArray[np.float64] = np.empty(0)
        self._before = np.nan  # the last time that was placed
        self.blurred = False  # samples are lost or late where the digits are too coarse to tell which

    @property
    def rate(self) -> float:
        """Samples per second, by all times so far."""
        error = max(self._spread, self._resolution) / np.sqrt(12)
        return nice_rate(self._slope.step or self._step, self._slope, error)

    def add(self, times: NDArray[np.float64], resolution: float, last: bool = False) -> tuple[int, list[Gap]]:
        """Take the next times (n,) in seconds; return up to which row the gaps are known, and the new ones.

        Whether a time is late or samples are missing shows in the second after it, so some rows wait for the next
        block unless this is the `last`. UnevenError where the times go back, or on at another rate.
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
        """Place up to CHUNK rows; what follows them is only looked at."""
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
        """Return the time at which the even grid begins, which the first one may be off."""
        if self._start is not None and np.isfinite(self._start):
            return float(times[0]) + self._start
        early = times[rows[:256]] - times[0] - self._step * rows[:256]
        jump = np.flatnonzero(np.diff(early) > self._tolerance)
        return float(times[0] + np.median(early[: jump[0] + 1 if len(jump) else len(early)]))

    def _find(self, rows: NDArray[np.int64], off: NDArray[np.float64], mine: int, cuts: list[int]) -> list[Gap]:
        """Go from one time that is off to the next; `off`, (n,), is set right on the way, and `cuts` are added."""
        gaps: list[Gap] = []
        at, tolerance = 0, self._tolerance
        while True:
            wrong = np.flatnonzero(np.abs(off[at:]) > tolerance)
            if not len(wrong) or rows[at := at + int(wrong[0])] >= mine:
                break
            after = off[at : np.searchsorted(rows, rows[at] + self._ahead)]
            # the times that are rounded down most tell most clearly what is missing before all of them
            down = 0.0 if self._start is None else self._spread
            if after.min() + down > tolerance:
                # later losses only add to the lowest; jitter goes to both sides of the middle
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
        """Take times that stay early for jitter, up to a limit."""
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
        """Refine the step by the even times of the pieces between the cuts, at their places among the samples."""
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
    """Return how far the times (n,) of samples at these places lie apart about the line through them."""
    slope = Slope()
    slope.add(places, times)
    return float(np.ptp(times - slope.step * places))
