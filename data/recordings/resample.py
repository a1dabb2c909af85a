"""Resamples a window of a lead to a few values, and normalises them."""

import numpy as np
from numpy.typing import NDArray

from data.recordings.peaks import FLAT_SECONDS


def means(
    samples: NDArray[np.float32], rate: float, start: float, span: float, length: int
) -> NDArray[np.float64] | None:
    """Resample `span` samples from `start` on to (length,); None for a gap, a flat line or an end in the window.

    Each value is the mean of the samples around its position, which avoids aliasing. A flat line counts if it is longer
    than FLAT_SECONDS, also if only a part is inside the window.
    """
    places = start + np.linspace(0, span, length)
    half = max(span / (length - 1), 1) / 2
    first, last = int(np.floor(start - half)) - 1, int(np.ceil(start + span + half)) + 1
    if first < 0 or last >= len(samples):
        return None
    if np.ptp(samples[first : last + 1]) == 0:  # rounding errors of the sums would look like a wave
        return None
    beyond = int(FLAT_SECONDS * rate)
    if has_flat_line(samples[max(first - beyond, 0) : last + 1 + beyond], rate):
        return None
    sums = np.concatenate([[0], np.cumsum(samples[first : last + 1], dtype=np.float64)])
    if np.isnan(sums[-1]):
        return None
    edges = first - 0.5 + np.arange(len(sums))  # sums[i] is the sum of the samples before edges[i]
    values: NDArray[np.float64] = np.interp(places + half, edges, sums) - np.interp(places - half, edges, sums)
    return values / (2 * half)


def normalised(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return values (n,) with mean 0 and deviation 1, as in the UCR archive; None if all are equal."""
    deviation = values.std(ddof=1)
    return (values - values.mean()) / deviation if deviation > 0 else None


def has_flat_line(samples: NDArray[np.float32], rate: float) -> bool:
    """Return whether `samples` (n,) keep one value for more than FLAT_SECONDS.

    Some recorders repeat the last value while an electrode is off.
    """
    ends = np.flatnonzero(samples[1:] != samples[:-1])  # of runs of one value
    return bool(np.diff(ends, prepend=-1, append=len(samples) - 1).max() > FLAT_SECONDS * rate)
