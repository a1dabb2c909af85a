"""Assigns positions to times whose rounding is about as coarse as the sample interval, with single lost samples.

The constants were chosen by hand.
"""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

FINE: Final = 0.02  # of a step; times with finer digits need no such search
HOLE: Final = 6  # usual steps; longer gaps are counted elsewhere, as their length is not exact here
STEPS: Final = np.arange(0.88, 1.011, 0.0025)  # candidates, relative to the mean step, which lost samples make too long
FINE_STEPS: Final = np.arange(0.94, 1.0031, 0.0005)  # candidates if a sample is about as long as the last digit
PHASES: Final = np.arange(-0.4, 0.41, 0.1)  # candidates for the rounding error of the first time, in last digits
FOLLOW: Final = 0.02  # share of a time's error by which the expected time is corrected, since the step is a guess
MOST_LOST: Final = 0.2  # share of the samples
ROUNDED: Final = 0.55  # of the last digit: half for rounding, and a little for the least squares
ABOUT: Final = 1.15  # of the last digit: steps below use FINE_STEPS
SAME: Final = 1e-5  # of a step: differences below are equal
SLOW: Final = (
    0.75  # of the last digit: allowed error if the rounding drifts so slowly that the least squares follow it,
)
CLEAR: Final = 0.3  # and if it is less than this share of a step
FEW_EXPLAINED: Final = 3.5  # longer steps; so few may also be lost samples
MOST_REGULAR: Final = 0.055  # share of the steps for regular losses
ROUNDS: Final = 4  # iterations between least squares and positions
DOUBTFUL: Final = 0.015  # share of lost samples, if a sample is shorter than
SHORT: Final = 1.35  # digits: then another rate with more or fewer losses may fit nearly as well
FEW: Final = 32  # times; fewer cannot show a step


@dataclass(frozen=True, slots=True)
class Placed:
    """The grid of evenly spaced samples from which times were rounded."""

    step: float
    spread: float  # maximum distance of the times from the grid
    start: float  # offset of the grid from the first time; NaN if it is unknown
    ambiguous: bool = False  # a longer step without losses fits as well


def place(times: NDArray[np.float64], resolution: float) -> Placed | None:
    """Return the grid with the fewest lost samples that fits times (n,) rounded to `resolution`; None if none fits.

    If a sample is as long as the last digit and samples are lost at exactly regular distances, a lower rate fits as
    well. Then the round rate is returned, as `ambiguous`.
    """
    differences = np.diff(times)
    if len(differences) < FEW or differences.min() <= resolution / 2:
        return None
    usual = np.median(differences)
    edges = [0, *(np.flatnonzero(differences > HOLE * usual + 2 * resolution) + 1).tolist(), len(times)]
    begin, end = max(pairwise(edges), key=lambda edge: edge[1] - edge[0])
    if end - begin < FEW:
        return None
    found = _place(times[begin:end], float(usual), resolution)
    return replace(found, start=np.nan) if found and begin else found


def _place(times: NDArray[np.float64], usual: float, resolution: float) -> Placed | None:
    """Return the grid for times (n,) without a long gap."""
    differences = np.diff(times)
    mean = float(np.mean(differences[differences <= 3 * usual + 2 * resolution]))
    if not FINE * mean < resolution <= 1.01 * mean:
        return None
    steps = np.append(mean * (FINE_STEPS if mean < ABOUT * resolution else STEPS), resolution)
    steps = steps[steps > resolution * 0.999]
    places = _walk(times, np.repeat(steps, len(PHASES)), np.tile(PHASES * resolution, len(steps)), resolution)
    found = _best(places, times, resolution)
    if found and found.step > resolution * (1 + SAME) and _may_be_lost(differences, found, resolution):
        return Placed(resolution, 0.0, 0.0, ambiguous=True)
    return found


def _walk(
    times: NDArray[np.float64], steps: NDArray[np.float64], phases: NDArray[np.float64], resolution: float
) -> NDArray[np.int64]:
    """Assign positions (n, k) to times (n,) for all candidate steps (k,), with free positions for lost samples.

    A free position that is too early is corrected by a later time and by the least squares.
    """
    tolerance = np.clip(resolution / steps / 2 + 0.05, 0.5, 0.9)
    expected = times[0] + phases
    lost = np.zeros((len(times), len(steps)), np.int64)
    for row in range(1, len(times)):
        expected = expected + steps
        late = (times[row] - expected) / steps
        missing = np.where(np.abs(late) > tolerance, np.rint(late), 0)
        lost[row] = missing
        expected += steps * (missing + FOLLOW * (late - missing))
    return np.cumsum(lost + 1, axis=0) - 1


def _best(places: NDArray[np.int64], times: NDArray[np.float64], resolution: float) -> Placed | None:
    """Return the grid with the fewest lost samples among those near `places` (n, k) that rounding explains."""
    passed = times - times[0]
    for _ in range(ROUNDS):
        step, first = _lines(places, passed)
        places = np.rint((passed[:, np.newaxis] - first) / step).astype(np.int64)
    step, first = _lines(places, passed)
    off = passed[:, np.newaxis] - first - step * places
    most, least = off.max(axis=0), off.min(axis=0)
    length = places[-1] - places[0]
    fitting = (most - least <= 2 * np.maximum(ROUNDED * resolution, np.minimum(SLOW * resolution, CLEAR * step))) & (
        np.diff(places, axis=0).min(axis=0) >= 1
    )
    fitting &= (step > (1 - SAME) * resolution) & (length <= (len(times) - 1) / (1 - MOST_LOST))
    if not fitting.any():
        return None
    best = int(np.argmin(np.where(fitting, length, np.iinfo(np.int64).max)))
    start = first[best] + step[best] * places[0, best] + (most[best] + least[best]) / 2
    spread = float(most[best] - least[best]) / 2
    lost = length[best] + 1 - len(times)
    doubtful = bool(
        (lost > 0 and step[best] < (1 + SAME) * resolution)
        or (lost > DOUBTFUL * len(times) and step[best] < SHORT * resolution)
    )
    return Placed(float(step[best]), spread, float(start), doubtful)


def _lines(places: NDArray[np.int64], passed: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return step and time of position 0 by least squares, both (k,), for positions (n, k) of times (n,)."""
    middle = places.mean(axis=0)
    away = places - middle
    step = (away * (passed - passed.mean())[:, np.newaxis]).sum(axis=0) / (away * away).sum(axis=0)
    return step, passed.mean() - step * middle


def _may_be_lost(differences: NDArray[np.float64], found: Placed, resolution: float) -> bool:
    """Return whether a step of one digit with lost samples fits as well as the longer step of `found`.

    It does if all steps are one digit except for a few of two at regular distances, or if the longer step explains
    hardly any of them.
    """
    digits = np.rint(differences / resolution)
    longer = np.flatnonzero(digits > 1)
    span = float(differences.sum())
    explained = span / resolution - span / found.step
    regular = bool(np.all(digits[longer] == 2)) and len(set(np.diff(longer).tolist())) <= 1
    return explained < FEW_EXPLAINED or (regular and len(longer) <= MOST_REGULAR * len(digits))
