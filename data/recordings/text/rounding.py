"""Places of times that are rounded about as coarsely as samples follow each other, where single ones are lost."""

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

FINE: Final = 0.02  # of a step: times with finer digits tell each sample by themselves
HOLE: Final = 6  # usual steps: a longer gap is counted elsewhere, as its length is not known to a sample here
STEPS: Final = np.arange(0.88, 1.011, 0.0025)  # of the mean step, which losses make too long
FINE_STEPS: Final = np.arange(0.94, 1.0031, 0.0005)  # where a sample is about as long as the last digit
PHASES: Final = np.arange(-0.4, 0.41, 0.1)  # of the last digit, by which the first time may be rounded
FOLLOW: Final = 0.02  # of how far a time is off: what is expected follows it, as the step is a guess
MOST_LOST: Final = 0.2  # of the samples
ROUNDED: Final = 0.55  # of the last digit: rounded times are off by half of it, and the least squares by a little
ABOUT: Final = 1.15  # digits
SAME: Final = 1e-5  # of a step
SLOW: Final = 0.75  # of the last digit, where the rounding goes round so slowly that the least squares follow it,
CLEAR: Final = 0.3  # if that is less than this part of a step
FEW_EXPLAINED: Final = 3.5  # longer steps; so few may as well be samples that are lost
MOST_REGULAR: Final = 0.055  # of the steps, where one sample in so many is lost
ROUNDS: Final = 4  # in which the least squares and the places set each other right
DOUBTFUL: Final = 0.015  # of the samples lost, where one is shorter than
SHORT: Final = 1.35  # digits: another rate, of which more or fewer are lost, may then explain the times nearly as well
FEW: Final = 32  # times, too few to tell a step


@dataclass(frozen=True, slots=True)
class Placed:
    """Each time on the even grid from which it was rounded."""

    step: float
    spread: float  # how far the times are off the grid at most
    start: float  # the grid's time at the first of the times, from that time on; NaN if it is unknown
    ambiguous: bool = False  # as well explained by a longer step and nothing lost


def place(times: NDArray[np.float64], resolution: float) -> Placed | None:
    """Find the grid that explains times (n,), rounded to that resolution, with the fewest samples lost; or None.

    Where a sample is as long as the last digit, and one in so many is left out exactly regularly, a lower rate explains
    the times as well: the round rate is taken, and the answer is `ambiguous`.
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
    """Place times (n,) without a long gap."""
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
    """Go along times (n,) with all steps (k,) at once, leaving places free where one is late; return places (n, k).

    A place that was left free too early is taken back by a later time, and set right with the least squares.
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
    """Return the grid that leaves out the fewest, of those near places (n, k) that rounding explains."""
    passed = times - times[0]
    for _ in range(ROUNDS):
        step, first = _lines(places, passed)
        places = np.rint((passed[:, np.newaxis] - first) / step).astype(np.int64)
    step, first = _lines(places, passed)
    off = passed[:, np.newaxis] - first - step * places
    most, least = off.max(axis=0), off.min(axis=0)
    length = places[-1] - places[0]
    able = (most - least <= 2 * np.maximum(ROUNDED * resolution, np.minimum(SLOW * resolution, CLEAR * step))) & (
        np.diff(places, axis=0).min(axis=0) >= 1
    )
    able &= (step > (1 - SAME) * resolution) & (length <= (len(times) - 1) / (1 - MOST_LOST))
    if not able.any():
        return None
    best = int(np.argmin(np.where(able, length, np.iinfo(np.int64).max)))
    start = first[best] + step[best] * places[0, best] + (most[best] + least[best]) / 2
    spread = float(most[best] - least[best]) / 2
    lost = length[best] + 1 - len(times)
    doubtful = bool(
        (lost > 0 and step[best] < (1 + SAME) * resolution)
        or (lost > DOUBTFUL * len(times) and step[best] < SHORT * resolution)
    )
    return Placed(float(step[best]), spread, float(start), doubtful)


def _lines(places: NDArray[np.int64], passed: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the step and the time of place 0 by least squares, both (k,), for places (n, k) of times (n,)."""
    middle = places.mean(axis=0)
    away = places - middle
    step = (away * (passed - passed.mean())[:, np.newaxis]).sum(axis=0) / (away * away).sum(axis=0)
    return step, passed.mean() - step * middle


def _may_be_lost(differences: NDArray[np.float64], found: Placed, resolution: float) -> bool:
    """Say whether samples as long as the last digit explain the times as well as the longer step that was found.

    They do where all steps are of one digit but for few of two that follow each other at one distance, or where the
    longer step explains next to none of them.
    """
    digits = np.rint(differences / resolution)
    longer = np.flatnonzero(digits > 1)
    span = float(differences.sum())
    explained = span / resolution - span / found.step
    regular = bool(np.all(digits[longer] == 2)) and len(set(np.diff(longer).tolist())) <= 1
    return explained < FEW_EXPLAINED or (regular and len(longer) <= MOST_REGULAR * len(digits))
