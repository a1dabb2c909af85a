"""The variation of calibration and out-of-distribution score between held-back groups, such as people."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from training.evaluation.evaluation import Evaluation
from training.evaluation.intervals import Interval, group_weights, interval_of
from training.evaluation.reliability import BINS, bins_of


def by_group(evaluation: Evaluation, unusual: NDArray[np.bool_]) -> dict[str, Any] | None:
    """Return the variation between groups, ready for JSON; None if there are fewer than two groups.

    `of` is the number of groups. `calibration_error` is the 95 % interval of the expected calibration error, by the
    cluster bootstrap. `unusual` has minimum, median and maximum over the groups of the share of beats that are
    `unusual` (rows,). The result does not identify groups.
    """
    if evaluation.groups is None:
        return None
    names, units = np.unique(evaluation.groups, return_inverse=True)
    if len(names) < 2:
        return None
    shares = np.bincount(units, unusual) / np.bincount(units)
    spread = np.quantile(shares, (0, 0.5, 1)).tolist()
    return {
        "of": len(names),
        "calibration_error": _interval_of_error(evaluation, units, len(names)),
        "unusual": dict(zip(("min", "median", "max"), spread, strict=True)),
    }


def _interval_of_error(evaluation: Evaluation, units: NDArray[np.int64], groups: int) -> Interval | None:
    """Return the interval. It is biased to larger errors: an error is at least 0, and resampling adds noise."""
    probability = evaluation.probabilities.max(axis=1)
    excess = (evaluation.predicted == evaluation.truth) - probability.astype(np.float64)
    sums = csr_matrix((excess, (units, bins_of(probability))), shape=(groups, BINS))
    rows = np.bincount(units)
    drawn = [np.abs(weights @ sums).sum(axis=1) / (weights @ rows) for weights in group_weights(groups)]
    return interval_of(np.concatenate(drawn))
