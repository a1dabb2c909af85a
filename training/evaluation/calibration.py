"""Temperature scaling: calibrates a network's probabilities on validation rows.

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
# Standard deviation of the prior of the temperature's logarithm. A network with early stopping hardly ever needs more;
# without this prior, some 80 rows gave temperatures from 1.0 to 1.6.
EXPECTED = 0.1


@dataclass(frozen=True, slots=True)
class Calibration:
    """The temperature by which the logits were divided, and the reliability on held-back rows before and after."""

    temperature: float
    before: Reliability
    after: Reliability

    def describe(self) -> dict[str, Any]:
        """Return temperature and expected calibration errors, ready for JSON."""
        return {
            "temperature": self.temperature,
            "error_before": self.before.error,
            "error_after": self.after.error,
            "bins": BINS,
        }


def fit_temperature(logits: NDArray[np.float32], columns: NDArray[np.int64]) -> float:
    """Fit the temperature for `logits` (rows, k) of beats with the class columns `columns` (rows,).

    Maximum a posteriori estimate: many rows outweigh the prior, a few rows stay near 1.
    """
    rows = np.arange(len(columns))

    def loss(exponent: float) -> float:
        likelihood = float(log_softmax(logits / np.exp(exponent), axis=1)[rows, columns].sum())
        return (exponent / EXPECTED) ** 2 / 2 - likelihood

    # If all rows are right, the likelihood grows with every lower temperature, so the rows cannot limit it.
    lowest = 1.0 if (logits.argmax(axis=1) == columns).all() else LOWEST
    minimum = minimize_scalar(loss, bounds=(np.log(lowest), np.log(HIGHEST)), method="bounded")
    return float(np.exp(minimum.x))
