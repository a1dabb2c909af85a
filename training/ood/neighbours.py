"""Which beats are neighbours, how far apart, and what distance is far: the arithmetic of `training.ood.score`."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.dataset.shards import Rows

SHARE = 0.01  # of rows like the training rows that are called unusual
LEAST_BEATS = 16  # of each class, however rare
EXPLAINED = 0.999  # of the variance between neighbours is described by direction
LEAST = 1e-3  # deviations of the values: what is finer means nothing

Values = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Scale:
    """How far neighbours lie apart: `along` axes that are orthonormal, and in all directions besides."""

    axes: Values  # (n + 3, d)
    along: Values  # (d,)
    rest: float

    def __call__(self, differences: Values) -> Values:
        """The differences (rows, n + 3) whose product with others is their product on this scale."""
        inside = differences @ self.axes
        return differences / self.rest**2 + (inside * (self.along**-2 - self.rest**-2)) @ self.axes.T

    def stretched(self, by: float) -> "Scale":
        """The scale on which distances are `by` times smaller."""
        return Scale(self.axes, self.along * by, self.rest * by)


def draw(rows: Rows, most: int, rng: np.random.Generator) -> tuple[NDArray[np.int64], int]:
    """Numbers of rows drawn at random, followed by some more of rare classes; and how many of them are at random."""
    order = rng.permutation(len(rows))
    columns = rows.columns()[order]
    first = [np.flatnonzero(columns == column)[:LEAST_BEATS] for column in range(len(rows.counts))]
    rare = np.concatenate(first)
    return np.concatenate([order[:most], order[rare[rare >= most]]]), min(most, len(rows))


def between_neighbours(beats: Values, learned: int) -> Scale:
    """What the first `learned` of the places `beats` (kept, n + 3) tell by their differences to the nearest."""
    _, nearest = others(beats, beats)
    differences = (beats - beats[nearest])[:learned]
    _, sizes, axes = np.linalg.svd(differences / np.sqrt(2 * learned), full_matrices=False)
    parts = np.cumsum(sizes**2)
    count = min(int(np.searchsorted(parts, EXPLAINED * parts[-1])) + 1, beats.shape[1] - 1)
    rest = np.sqrt((parts[-1] - parts[count - 1]) / (beats.shape[1] - count))
    return Scale(axes[:count].T, np.maximum(sizes[:count], max(rest, LEAST)), max(rest, LEAST))


def others(beats: Values, measured: Values) -> tuple[Values, NDArray[np.int64]]:
    """For each of the places `beats`, how far the nearest other is, and which: products are those with `measured`."""
    squares = beats @ measured.T
    own = np.diag(squares).copy()
    squares *= -2
    squares += own
    np.fill_diagonal(squares, np.inf)
    nearest = squares.argmin(axis=1)
    apart = own + squares[np.arange(len(beats)), nearest] if len(beats) > 1 else np.zeros(1)
    return np.sqrt(np.maximum(apart, 0)), nearest


def limit(distances: Values, share: float = SHARE) -> float:
    """The distance that one more of its kind exceeds with a chance of `share`; the largest where too few can tell."""
    place = min(len(distances), int(np.ceil((len(distances) + 1) * (1 - share))))
    return max(float(np.sort(distances)[place - 1]), LEAST)
