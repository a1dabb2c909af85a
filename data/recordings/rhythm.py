"""The RR intervals beside a beat as ratios; gateway/static/recording/rhythm.js does the same, so change both."""

import math
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

LONGEST_SECONDS: Final = 3  # from one peak to the next; beyond it beats were missed
NEAR: Final = 10  # RR intervals to either side of a beat whose median is the usual one
MOST: Final = 5.0  # times the usual interval, or its share: what is beyond says no more


def rhythm_of(samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return of each peak (peaks,) its RR intervals as ratios, so that neither the heart rate nor the person is told.

    `rr_previous` and `rr_next` are the interval before and after the beat over the median of the 10 before and the 10
    after it; `rr_local` is the one before over the one after. De Chazal, O'Dwyer and Reilly (IEEE Transactions on
    Biomedical Engineering 51(7), 2004) take the same intervals in seconds. An interval of more than LONGEST_SECONDS, or
    with a gap in it (NaN), is none, and a ratio that lacks one is 1, as that of an even rhythm: so is the first beat's
    `rr_previous`, the last one's `rr_next`, and both their `rr_local`.
    """
    intervals = [_interval(samples, rate, *pair) for pair in pairwise(peaks.tolist())]
    ratios = np.array([_ratios(intervals, beat) for beat in range(len(peaks))]).reshape(-1, 3)
    return dict(zip(("rr_previous", "rr_next", "rr_local"), ratios.T, strict=True))


def _interval(samples: NDArray[np.float32], rate: float, peak: int, following: int) -> float:
    """Return an RR interval in seconds; NaN if it is none."""
    seconds = (following - peak) / rate
    return math.nan if seconds > LONGEST_SECONDS or np.isnan(samples[peak:following]).any() else seconds


def _ratios(intervals: list[float], beat: int) -> tuple[float, float, float]:
    near = [each for each in intervals[max(beat - NEAR, 0) : beat + NEAR] if not math.isnan(each)]
    usual = median(near) if near else math.nan
    previous = intervals[beat - 1] if beat else math.nan
    following = intervals[beat] if beat < len(intervals) else math.nan
    return _ratio(previous, usual), _ratio(following, usual), _ratio(previous, following)


def _ratio(one: float, other: float) -> float:
    ratio = one / other
    return 1.0 if math.isnan(ratio) else min(max(ratio, 1 / MOST), MOST)
