"""The held-back beats of the report: traces for the figures, further values for the tables."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.recordings.cut import trace_length
from training.dataset.shards import Rows

# gateway/static/page/beats/features.js has the same texts; change both.
WORDS: Final = {
    "rr_previous": "RR before (seconds)",
    "rr_local": "RR around (seconds)",
    "rr_previous_local": "RR before / around",
    "rr_next_local": "RR after / around",
    "rr_previous_next": "RR before / after",
    "rr_previous_median": "RR before / median of the recording",
    "like_beat": "Likeness to the usual beat",
    "like_qrs": "Likeness of the QRS complex",
}


class ShownBeats:
    """The test beats, whose values have `names`, and the mean of each class; NaN for a class without beats."""

    def __init__(self, test: Rows, names: Sequence[str]) -> None:
        self._test = test
        self._length = trace_length(names) or len(
            names
        )  # a table may also begin with a name that marks the end of a trace
        self._means = _class_means(test)
        self.value_names = [WORDS.get(name, name) for name in names[self._length :]]

    @property
    def mean_traces(self) -> NDArray[np.float64]:
        """The mean trace of each class, (k, length)."""
        return self._means[:, : self._length]

    @property
    def mean_values(self) -> NDArray[np.float64]:
        """The means of each class's values after the trace, (k, values)."""
        return self._means[:, self._length :]

    def traces(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the traces (positions, length) of the beats at these row numbers of the test."""
        return self._test.take(positions)[:, : self._length]

    def values(self, positions: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return the values after the trace (positions, values) of the beats at these row numbers of the test."""
        return self._test.take(positions)[:, self._length :]


def _class_means(test: Rows) -> NDArray[np.float64]:
    counts = np.array(test.counts, np.float64)[:, None]
    sums = np.zeros((len(counts), test.width))
    for features, columns in test.blocks():
        sums += np.eye(len(counts))[columns].T @ features
    return np.divide(sums, counts, out=np.full_like(sums, np.nan), where=counts > 0)
