"""Cuts beats. gateway/static/recording/beats.js does the same and a test compares both, so change both."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import RHYTHM, Cut
from data.recordings.likeness import likeness_of
from data.recordings.resample import means, normalised
from data.recordings.rhythm import rhythm_of

LONGEST_SECONDS: Final = 3  # between peaks; in a longer interval a beat was missed
BEFORE_PEAK: Final = 0.025  # of the RR interval, where ECG5000's beats begin; see "The window" in data/README.md


def cut_beats(
    samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], cut: Cut
) -> Iterator[tuple[int, NDArray[np.float64]]]:
    """Yield the index of the peak and the values (len(cut.names),) of each beat.

    `samples` (n,) is the lead, in mV for a cut in mV, `peaks` (beats,) are sample numbers. A beat reaches from a
    fortieth of its RR interval before the peak to the same point before the next peak, or over the cut's window. A beat
    is left out if its window has a gap (NaN) or a flat line of more than a second, is flat, or extends beyond the
    recording. With RR intervals the last beat is left out, too, and so are beats before a pause of more than
    LONGEST_SECONDS.
    """
    beside = _beside(samples, rate, peaks, cut.beside)
    for index, start, span in _windows(rate, peaks.tolist(), cut):
        trace = _trace(samples, rate, start, span, cut)
        if trace is not None:
            yield index, np.append(trace, beside[index])


def _windows(rate: float, peaks: list[int], cut: Cut) -> Iterator[tuple[int, float, float]]:
    """Yield the index of the peak, and start and span in samples of each window."""
    if cut.window is not None:
        start, end = (place * rate / 1000 for place in cut.window)
        yield from ((index, peak + start, end - start) for index, peak in enumerate(peaks))
        return
    for index, (peak, following) in enumerate(pairwise(peaks)):
        span = following - peak
        if span <= LONGEST_SECONDS * rate:
            yield index, peak - BEFORE_PEAK * span, span


def _trace(
    samples: NDArray[np.float32], rate: float, start: float, span: float, cut: Cut
) -> NDArray[np.float64] | None:
    values = means(samples, rate, start, span, cut.length)
    if values is None:
        return None
    return normalised(values) if cut.scale == "deviation" else values - np.median(values)


def _beside(
    samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], names: Sequence[str]
) -> NDArray[np.float64]:
    """Return the further features of each peak, (peaks, names)."""
    rhythm = rhythm_of(samples, rate, peaks) if set(names) & set(RHYTHM) else {}
    columns = [rhythm[name] if name in rhythm else likeness_of(samples, rate, peaks, name) for name in names]
    return np.reshape(columns, (len(names), len(peaks))).T
