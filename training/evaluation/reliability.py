"""Reliability: how often predictions are right, by their probability."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15  # of equal width, as in Guo et al. 2017


@dataclass(frozen=True, slots=True)
class Reliability:
    """Predictions in bins by the probability of the predicted class; a bin without rows has zeros."""

    rows: NDArray[np.int64]  # (BINS,)
    probability: NDArray[np.float64]  # (BINS,), the mean
    accuracy: NDArray[np.float64]  # (BINS,)

    @property
    def error(self) -> float:
        """The expected calibration error: |accuracy - probability|, averaged over all rows.

        Naeini, Cooper, Hauskrecht: Obtaining Well Calibrated Probabilities Using Bayesian Binning, AAAI 2015.
        """
        return float(np.average(np.abs(self.accuracy - self.probability), weights=self.rows))


def reliability(probability: NDArray[np.float32], right: NDArray[np.bool_]) -> Reliability:
    """Sort predictions into bins by `probability` (rows,); `right` (rows,) says which are right. Not for 0 rows."""
    bins = bins_of(probability)
    rows = np.bincount(bins, minlength=BINS)
    sums = (np.bincount(bins, values, BINS) for values in (probability, right))
    means = [np.divide(each, rows, out=np.zeros(BINS), where=rows > 0) for each in sums]
    return Reliability(rows, *means)


def bins_of(probability: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the bin of each probability, (rows,); an upper edge belongs to the bin below it."""
    return np.clip(np.ceil(probability * BINS).astype(np.int64) - 1, 0, BINS - 1)
