"""Cuts beats as gateway/static/recording/beats.js does: the two are held together by a test, so change both."""

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

BEFORE_PEAK: Final = 0.025  # of the RR interval: where ECG5000's beats begin
LONGEST_SECONDS: Final = 3  # from one peak to the next; beyond it beats were missed


def cut_beats(
    samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], length: int
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield index of the peak and values (length,) of each beat, with mean 0 and deviation 1.

    A beat reaches from a fortieth of its RR interval before the peak to as much before the next peak. There is none of
    the last peak, of one before a pause of more than LONGEST_SECONDS, and of one with a gap (NaN).
    """
    for index, (peak, span) in enumerate(zip(peaks[:-1].tolist(), np.diff(peaks).tolist(), strict=True)):
        if span <= LONGEST_SECONDS * rate:
            values = _cut(samples, peak - BEFORE_PEAK * span, span, length)
            if values is not None:
                yield index, values


def _cut(samples: NDArray[np.float32], start: float, span: int, length: int) -> NDArray[np.float64] | None:
    """Return the window's values: each is the mean of the samples about its place, so that nothing is aliased."""
    places = start + np.linspace(0, span, length)
    half = max(span / (length - 1), 1) / 2
    first, last = int(np.floor(start - half)) - 1, int(np.ceil(start + span + half)) + 1
    if first < 0 or last >= len(samples):
        return None
    if np.ptp(samples[first : last + 1]) == 0:  # the rounding of its sums would be taken for a wave
        return None
    sums = np.concatenate([[0], np.cumsum(samples[first : last + 1], dtype=np.float64)])
    if np.isnan(sums[-1]):
        return None
    edges = first - 0.5 + np.arange(len(sums))  # sums[i] is that of the samples before edges[i]
    values = np.interp(places + half, edges, sums) - np.interp(places - half, edges, sums)
    deviation = values.std(ddof=1)  # as the rows of the UCR archive
    return (values - values.mean()) / deviation if deviation > 0 else None
