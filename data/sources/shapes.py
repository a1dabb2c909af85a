"""The shapes of synthetic heartbeats: positions, heights and widths of the waves P, Q, R, S and T in ECGSYN.

The values were chosen by hand.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Shape:
    """One heartbeat; each field holds five numbers, for P, Q, R, S and T."""

    angles: NDArray[np.float64]  # degrees; a beat is 360 and R is at 0
    heights: NDArray[np.float64]
    widths: NDArray[np.float64]  # radians

    def towards(self, other: "Shape", share: float) -> "Shape":
        """Return the shape at `share` of the way from this one to the other."""
        return Shape(
            self.angles + share * (other.angles - self.angles),
            self.heights + share * (other.heights - self.heights),
            self.widths + share * (other.widths - self.widths),
        )

    def varied(self, rng: Generator) -> "Shape":
        """Return a random variation of the shape, as of another heart."""
        return Shape(
            self.angles + rng.normal(0, 2, 5),
            self.heights * rng.normal(1, 0.15, 5),
            self.widths * rng.normal(1, 0.08, 5),
        )


def _shape(angles: tuple[float, ...], heights: tuple[float, ...], widths: tuple[float, ...]) -> Shape:
    return Shape(np.array(angles, float), np.array(heights, float), np.array(widths, float))


NORMAL: Final = _shape((-70, -15, 0, 15, 100), (1.2, -5, 30, -7.5, 0.75), (0.25, 0.1, 0.1, 0.1, 0.4))
ABNORMAL: Final = (
    # a ventricular extrasystole: no P, a wide QRS and an opposite T
    _shape((-70, -30, 0, 35, 110), (0, -1, 12, -5, -0.8), (0.25, 0.15, 0.22, 0.25, 0.4)),
    # ST depression: S continues into a low T
    _shape((-70, -15, 0, 28, 110), (1.2, -5, 30, -4, 0.45), (0.25, 0.1, 0.1, 0.3, 0.35)),
    # T inverted
    _shape((-70, -15, 0, 15, 100), (1.2, -5, 30, -7.5, -0.6), (0.25, 0.1, 0.1, 0.1, 0.4)),
    # no P, as in atrial fibrillation, and a flat T
    _shape((-70, -15, 0, 15, 95), (0, -5, 30, -7.5, 0.4), (0.25, 0.1, 0.1, 0.1, 0.4)),
    # high potassium: a tall, narrow T and a low P
    _shape((-80, -15, 0, 15, 85), (0.4, -5, 30, -7.5, 2.6), (0.25, 0.1, 0.1, 0.1, 0.25)),
    # an old infarction: a deep, wide Q and a small R
    _shape((-75, -22, 0, 15, 100), (1.2, -16, 24, -3, 0.5), (0.25, 0.15, 0.1, 0.1, 0.4)),
)


def abnormal_shape(index: int) -> Shape:
    """Return abnormal shape number `index`, from 0; beyond the known ones it is random, but always the same."""
    if index < len(ABNORMAL):
        return ABNORMAL[index]
    rng = np.random.default_rng(index)
    other = NORMAL.varied(rng)
    factors = np.array([rng.uniform(-1, 2), rng.uniform(0, 3), 1, rng.uniform(0, 3), rng.uniform(-2, 3)])
    return Shape(other.angles, other.heights * factors, other.widths * rng.uniform(0.8, 1.8, 5))
