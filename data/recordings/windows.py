"""Cuts beats as gateway/static/recording/beats.js does: the two are held together by a test, so change both."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import Cut
from data.recordings.rhythm import LONGEST_SECONDS, rhythm_of

BEFORE_PEAK: Final = 0.025  # of the RR interval: where ECG5000's beats begin


def cut_beats(
    samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], cut: Cut
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield index of the peak and values of each beat, as many as `cut` has names.

    A beat reaches from a fortieth of its RR interval before the peak to as much before the next peak, or over the
    window of the cut, in ms from its peak. There is none where the window has a gap (NaN), is flat or goes beyond the
    recording. By RR intervals there is none of the last peak either, nor of one before a pause of more than
    LONGEST_SECONDS. `samples` must be in mV for a cut in mV.
    """
    rhythm = rhythm_of(samples, rate, peaks) if cut.rhythm else {}
    for index, start, span in _windows(rate, peaks.tolist(), cut):
        values = _cut(samples, start, span, cut)
        if values is not None:
            yield index, np.append(values, [rhythm[name][index] for name in cut.rhythm])


def _windows(rate: float, peaks: list[int], cut: Cut) -> Iterator[tuple[int, float, float]]:
    """Yield index of the peak, first place and span in samples of each window."""
    if cut.window is not None:
        start, end = (place * rate / 1000 for place in cut.window)
        yield from ((index, peak + start, end - start) for index, peak in enumerate(peaks))
        return
    for index, (peak, following) in enumerate(pairwise(peaks)):
        span = following - peak
        if span <= LONGEST_SECONDS * rate:
            yield index, peak - BEFORE_PEAK * span, span


def _cut(samples: NDArray[np.float32], start: float, span: float, cut: Cut) -> NDArray[np.float64] | None:
    """Return the window's values: each is the mean of the samples about its place, so that nothing is aliased."""
    places = start + np.linspace(0, span, cut.length)
    half = max(span / (cut.length - 1), 1) / 2
    first, last = int(np.floor(start - half)) - 1, int(np.ceil(start + span + half)) + 1
    if first < 0 or last >= len(samples):
        return None
    if np.ptp(samples[first : last + 1]) == 0:  # the rounding of its sums would be taken for a wave
        return None
    sums = np.concatenate([[0], np.cumsum(samples[first : last + 1], dtype=np.float64)])
    if np.isnan(sums[-1]):
        return None
    edges = first - 0.5 + np.arange(len(sums))  # sums[i] is that of the samples before edges[i]
    means = np.interp(places + half, edges, sums) - np.interp(places - half, edges, sums)
    return _normalised(means) if cut.scale == "deviation" else means / (2 * half) - np.median(means / (2 * half))


def _normalised(values: NDArray[np.float64]) -> NDArray[np.float64] | None:
    deviation = values.std(ddof=1)  # as the rows of the UCR archive
    return (values - values.mean()) / deviation if deviation > 0 else None
