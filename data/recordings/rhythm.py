"""The RR intervals about a beat; gateway/static/recording/rhythm.js does the same, so change both."""

import math
from itertools import pairwise
from statistics import median
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import RHYTHM
from data.recordings.resample import has_flat_line

SHORTEST: Final = 0.2  # seconds; less is no heartbeat
LONGEST: Final = 3.0  # seconds; a pause may last longer
AROUND: Final = 5  # beats to either side, whose RR intervals make the local one
MOST: Final = 4.0  # that a ratio can be
UNKNOWN: Final = 1.0  # second: the RR interval where a recording has none


def rhythm_of(samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64]) -> dict[str, NDArray[np.float64]]:
    """Return of each peak (peaks,) its RR intervals, by the names of RHYTHM.

    `rr_previous` is the interval before the beat in seconds, `rr_local` the median of those before it and the 5 beats
    to either side; at the ends of the recording the outermost counts in place of those that are not there. The others
    are ratios, at most 4: of the previous interval to the local one, of the next one to it, of the previous one to the
    next, and of the previous one to the median of all. These were chosen by cross-validation on the 22 records DS1 of
    the MIT-BIH database; de Chazal, O'Dwyer and Reilly (IEEE Transactions on Biomedical Engineering 51(7), 2004) take
    much the same.

    Intervals count as 0.2 to 3 seconds. In place of one with a gap in it (NaN) or a flat line of more than a second,
    of the first beat's previous one and of the last beat's next one stands the median of all.
    """
    intervals = [_interval(samples, rate, *pair) for pair in pairwise(peaks.tolist())]
    overall = median([each for each in intervals if not math.isnan(each)] or [UNKNOWN])
    known = [overall if math.isnan(each) else each for each in intervals]
    previous, following = [overall, *known], [*known, overall]
    beats = [_beat(previous, following, beat, overall) for beat in range(len(peaks))]
    return dict(zip(RHYTHM, np.reshape(beats, (-1, len(RHYTHM))).T, strict=True))


def _interval(samples: NDArray[np.float32], rate: float, peak: int, following: int) -> float:
    """Return an RR interval in seconds; NaN for one with a gap or a flat line."""
    between = samples[peak:following]
    gap = np.isnan(between).any() or has_flat_line(between, rate)
    return math.nan if gap else min(max((following - peak) / rate, SHORTEST), LONGEST)


def _beat(previous: list[float], following: list[float], beat: int, overall: float) -> list[float]:
    """Return what RHYTHM names of a beat."""
    last = len(previous) - 1
    local = median(previous[min(max(near, 0), last)] for near in range(beat - AROUND, beat + AROUND + 1))
    before, after = previous[beat], following[beat]
    ratios = before / local, after / local, before / after, before / overall
    return [before, local, *(min(ratio, MOST) for ratio in ratios)]
