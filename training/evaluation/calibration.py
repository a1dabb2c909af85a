"""Probabilities that mean what they say: a network's confidence fitted to how often it is right.

Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from training.evaluation.reliability import BINS, Reliability

LOWEST, HIGHEST = 0.1, 20.0  # temperatures
# Standard deviation of a temperature's logarithm before any row is seen. A network that stopped by its validation loss
# is hardly ever off by more; without it, some 80 rows ask for anything from 1.0 to 1.6.
EXPECTED = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """The temperature by which a network's logits were divided, and what that did on held-back rows."""

    temperature: float
    before: Reliability
    after: Reliability

    def describe(self) -> dict[str, Any]:
        """The same in numbers, ready for JSON; errors are expected calibration errors."""
        return {
            "temperature": self.temperature,
            "error_before": self.before.error,
            "error_after": self.after.error,
            "bins": BINS,
        }


def fit_temperature(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    """The likeliest temperature for `logits` (rows, k) of beats of the class `columns` (rows,).

    Maximum a posteriori: many rows decide alone, few of them stay near 1.
    """
    rows = np.arange(len(columns))

    def loss(exponent: float) -> float:
        likelihood = float(log_softmax(logits / np.exp(exponent), axis=1)[rows, columns].sum())
        return (exponent / EXPECTED) ** 2 / 2 - likelihood

    # If all are right, the likelihood grows with every cooling: these rows cannot say how sure is too sure.
    lowest = 1.0 if (logits.argmax(axis=1) == columns).all() else LOWEST
    found = minimize_scalar(loss, bounds=(np.log(lowest), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))
