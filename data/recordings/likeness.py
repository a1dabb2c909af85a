"""The likeness of a beat to its recording's usual beat. gateway/static/recording/likeness.js does the same: change
both.
"""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.resample import means, normalised

WINDOWS: Final[Mapping[str, tuple[int, int]]] = {"like_beat": (-250, 450), "like_qrs": (-100, 100)}  # ms from the peak
VALUES: Final = 71  # per window: 10 ms apart in the longer one
MOST_BEATS: Final = 1000  # used for the usual beat, so that memory does not grow with the recording; chosen by hand


def likeness_of(samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """Return the correlation (peaks,) of each beat with the recording's usual beat, from -1 to 1.

    The usual beat is the median of the beats, or of evenly spaced ones, in the window `name`, each with mean 0 and
    deviation 1. So it does not depend on the lead or its gain. A beat without a complete window has 1.
    """
    usual = _usual(samples, rate, peaks[:: max(-(-len(peaks) // MOST_BEATS), 1)], name)
    found = np.ones(len(peaks))
    if usual is not None:
        for index, peak in enumerate(peaks.tolist()):
            values = _beat(samples, rate, peak, name)
            if values is not None:
                found[index] = values @ usual / (VALUES - 1)
    return found


def _usual(
    samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], name: str
) -> NDArray[np.float64] | None:
    beats = [values for peak in peaks.tolist() if (values := _beat(samples, rate, peak, name)) is not None]
    return normalised(np.median(beats, axis=0)) if beats else None


def _beat(samples: NDArray[np.float32], rate: float, peak: int, name: str) -> NDArray[np.float64] | None:
    start, end = (place * rate / 1000 for place in WINDOWS[name])
    values = means(samples, rate, peak + start, end - start, VALUES)
    return None if values is None else normalised(values)
