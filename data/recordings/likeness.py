"""How like its recording's usual beat a beat is; gateway/static/recording/likeness.js does the same, so change both."""

from collections.abc import Mapping
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.resample import means, normalised

WINDOWS: Final[Mapping[str, tuple[int, int]]] = {"like_beat": (-250, 450), "like_qrs": (-100, 100)}  # ms from the peak
VALUES: Final = 71  # of a window: 10 ms apart in the longer one
MOST_BEATS: Final = 1000  # of which the usual beat is the median, so that memory does not grow with the recording


def likeness_of(samples: NDArray[np.float32], rate: float, peaks: NDArray[np.int64], name: str) -> NDArray[np.float64]:
    """Return the correlation (peaks,) of each beat with the recording's usual one, from -1 to 1.

    The usual beat is the median of all beats, or of some that lie evenly in the recording, in the window of `name`,
    each with mean 0 and deviation 1; so neither the lead nor the person is told. A beat without a whole window has 1.
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
