"""Probabilities that mean what they say: a network's confidence fitted to how often it is right.

Guo, Pleiss, Sun, Weinberger: On Calibration of Modern Neural Networks, ICML 2017, https://arxiv.org/abs/1706.04599.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax

from training.reliability import BINS, Reliability

LOWEST, HIGHEST = 0.1, 20.0  # temperatures: few validation rows may ask for any


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
    """The temperature of the greatest likelihood for `logits` (rows, k) of beats of the class `columns` (rows,)."""
    rows = np.arange(len(columns))

    def loss(exponent: float) -> float:
        return -float(log_softmax(logits / np.exp(exponent), axis=1)[rows, columns].mean())

    # If all are right, the likelihood grows with every cooling: these rows cannot say how sure is too sure.
    lowest = 1.0 if (logits.argmax(axis=1) == columns).all() else LOWEST
    found = minimize_scalar(loss, bounds=(np.log(lowest), np.log(HIGHEST)), method="bounded")
    return float(np.exp(found.x))
