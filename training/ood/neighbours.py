"""Nearest neighbours, distances and thresholds: the arithmetic of `training.ood.score`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.dataset.shards import Rows

SHARE = 0.01  # share of in-distribution rows that are flagged as unusual; chosen by hand
LEAST_BEATS = 16  # minimum per class, even if it is rare
EXPLAINED_VARIANCE = 0.999  # share of the variance between neighbours that the axes describe
LEAST = 1e-3  # in deviations of the values; smaller differences are ignored

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Scale:
    """The spread of the differences between neighbours: `along` orthonormal axes, `rest` in other directions."""

    axes: Values  # (n + 3, d)
    along: Values  # (d,)
    rest: float

    def __call__(self, differences: Values) -> Values:
        """Return the differences (rows, n + 3) multiplied by the inverse covariance of this scale."""
        inside = differences @ self.axes
        return differences / self.rest**2 + (inside * (self.along**-2 - self.rest**-2)) @ self.axes.T

    def stretched(self, by: float) -> "Scale":
        """Return the scale on which distances are `by` times smaller."""
        return Scale(self.axes, self.along * by, self.rest * by)


def draw(rows: Rows, most: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
    """Return row numbers: a random sample, then more rows of rare classes; and the size of the random sample."""
    order = rng.permutation(len(rows))
    columns = rows.columns()[order]
    first = [np.flatnonzero(columns == column)[:LEAST_BEATS] for column in range(len(rows.counts))]
    rare = np.concatenate(first)
    return np.concatenate([order[:most], order[rare[rare >= most]]]), min(most, len(rows))


def between_neighbours(beats: Values, learned: int) -> Scale:
    """Fit the scale to the first `learned` of the points `beats` (kept, n + 3), by the differences to the nearest."""
    _, nearest = others(beats, beats)
    differences = (beats - beats[nearest])[:learned]
    _, sizes, axes = np.linalg.svd(differences / np.sqrt(2 * learned), full_matrices=False)
    parts = np.cumsum(sizes**2)
    count = min(int(np.searchsorted(parts, EXPLAINED_VARIANCE * parts[-1])) + 1, beats.shape[1] - 1)
    rest = np.sqrt((parts[-1] - parts[count - 1]) / (beats.shape[1] - count))
    return Scale(axes[:count].T, np.maximum(sizes[:count], max(rest, LEAST)), max(rest, LEAST))


def others(beats: Values, measured: Values) -> tuple[Values, NDArray[np.int64]]:
    """Return distance and index of each point's nearest other point; `measured` defines the inner product."""
    squares = beats @ measured.T
    own = np.diag(squares).copy()
    squares *= -2
    squares += own
    np.fill_diagonal(squares, np.inf)
    nearest = squares.argmin(axis=1)
    squared = own + squares[np.arange(len(beats)), nearest] if len(beats) > 1 else np.zeros(1)
    return np.sqrt(np.maximum(squared, 0)), nearest


def limit(distances: Values, share: float = SHARE) -> float:
    """Return the distance that one more such beat exceeds with probability `share`; the largest if few are given."""
    place = min(len(distances), int(np.ceil((len(distances) + 1) * (1 - share))))
    return max(float(np.sort(distances)[place - 1]), LEAST)
