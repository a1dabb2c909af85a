"""The RR intervals around a beat. gateway/static/recording/rhythm.js does the same, so change both."""

import math
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import RHYTHM
from data.recordings.resample import has_flat_line

SHORTEST: Final = 0.2  # seconds; shorter intervals count as this
LONGEST: Final = 3.0  # seconds; longer intervals count as this
AROUND: Final = 5  # beats on either side for the local interval
MOST: Final = 4.0  # limit of a ratio
UNKNOWN: Final = 1.0  # second; the RR interval of a recording without any


def rhythm_of(samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return the RR intervals of each peak, (peaks,), by the names in RHYTHM.

    `rr_previous` is the interval before the beat in seconds. `rr_local` is the median of the intervals before the beat
    and before the 5 beats on either side; at the ends of the recording the outermost interval is repeated. The others
    are ratios, at most 4: previous to local, next to local, previous to next, and previous to the median of all. They
    were chosen by cross-validation on the 22 records DS1 of the MIT-BIH database; de Chazal, O'Dwyer and Reilly (IEEE
    Transactions on Biomedical Engineering 51(7), 2004) use similar ones.

    Intervals are limited to 0.2 to 3 seconds. The median of all replaces an interval with a gap (NaN) or a flat line of
    more than a second, the first beat's previous and the last beat's next interval.
    """
    intervals = [_interval(samples, rate, *pair) for pair in pairwise(peaks.tolist())]
    overall = median([each for each in intervals if not math.isnan(each)] or [UNKNOWN])
    filled = [overall if math.isnan(each) else each for each in intervals]
    previous, following = [overall, *filled], [*filled, overall]
    beats = [_beat(previous, following, beat, overall) for beat in range(len(peaks))]
    return dict(zip(RHYTHM, np.reshape(beats, (-1, len(RHYTHM))).T, strict=True))


def _interval(samples: NDArray[np.float32], rate: float, peak: int, following: int) -> float:
    """Return an RR interval in seconds; NaN if it has a gap or a flat line."""
    between = samples[peak:following]
    gap = np.isnan(between).any() or has_flat_line(between, rate)
    return math.nan if gap else min(max((following - peak) / rate, SHORTEST), LONGEST)


def _beat(previous: list[float], following: list[float], beat: int, overall: float) -> list[float]:
    """Return a beat's values in the order of RHYTHM."""
    last = len(previous) - 1
    local = median(previous[min(max(near, 0), last)] for near in range(beat - AROUND, beat + AROUND + 1))
    before, after = previous[beat], following[beat]
    ratios = before / local, after / local, before / after, before / overall
    return [before, local, *(min(ratio, MOST) for ratio in ratios)]
