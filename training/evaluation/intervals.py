"""95 % intervals of the figures by the bootstrap: over groups, such as people, or else over beats.

The percentile bootstrap of Efron and Tibshirani (An Introduction to the Bootstrap, Chapman & Hall 1993, chapter 13). If
there are groups, whole groups are drawn with replacement, the cluster bootstrap (Field and Welsh: Bootstrapping
clustered data, Journal of the Royal Statistical Society B 69, 2007), since the beats of one person are alike. A figure
that is 0 or 1 in all draws has an interval of width 0, which does not mean that it is certain.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

RESAMPLES: Final = 1000
LEVEL: Final = 0.95
AT_ONCE: Final = 1 << 20  # weights in memory at once

Columns = NDArray[np.int64]
Counts = NDArray[np.float64]  # (resamples, k, k): rows by true (row) and predicted (column) class
Interval = list[float]


@dataclass(frozen=True, slots=True)
class Resamples:
    """Confusion matrices of bootstrap draws, the same draws for all networks."""

    confusions: list[Counts]
    over: str  # the unit that was drawn: "groups" or "beats"
    of: int  # number of these units

    @classmethod
    def draw(
        cls, truth: Columns, answers: list[Columns], classes: int, groups: NDArray[np.uint64] | None
    ) -> "Resamples":
        """Draw groups, or beats if there are fewer than two groups; `truth` and each of `answers` are (rows,).

        The values are class columns. The draws are deterministic: the same rows give the same draws.
        """
        cells = [truth * classes + answer for answer in answers]
        over = "groups"
        units = None if groups is None else np.unique(groups, return_inverse=True)
        if units is None or len(units[0]) < 2:
            # Beats with the same true class and the same answers share a cell, so there are few weights.
            kinds, first, codes = np.unique(np.stack(cells), axis=1, return_index=True, return_inverse=True)
            over, of = "beats", len(truth)
            weights = _of_beats(np.bincount(codes.ravel(), minlength=kinds.shape[1]))
            tables = [_table(np.arange(len(first)), each[first], len(first), classes) for each in cells]
        else:
            of = len(units[0])
            weights = group_weights(of)
            tables = [_table(units[1], each, of, classes) for each in cells]
        pieces = [[drawn @ table for table in tables] for drawn in weights]
        shape = (-1, classes, classes)
        return cls([np.concatenate(each).reshape(shape) for each in zip(*pieces, strict=True)], over, of)


def _of_beats(counts: Columns) -> Iterator[Counts]:
    rng = np.random.default_rng(0)
    yield rng.multinomial(counts.sum(), counts / counts.sum(), RESAMPLES).astype(np.float64)


def group_weights(groups: int) -> Iterator[Counts]:
    """Yield how often each of `groups` groups is drawn, (draws, groups), for a few draws at a time."""
    rng = np.random.default_rng(0)
    rows = max(1, AT_ONCE // groups)
    for first in range(0, RESAMPLES, rows):
        draws = range(first, min(first + rows, RESAMPLES))
        yield np.array([np.bincount(rng.integers(groups, size=groups), minlength=groups) for _ in draws], np.float64)


def _table(units: Columns, cells: Columns, of: int, classes: int) -> Any:
    """Return the flattened confusion matrix of each unit, (of, k * k)."""
    return csr_matrix((np.ones(len(cells)), (units, cells)), shape=(of, classes * classes))


def intervals(resamples: Resamples, class_labels: NDArray[np.int64]) -> dict[str, Any]:
    """Return intervals of accuracy, macro-F1 and each class's recall (sensitivity) and precision (predictivity).

    The result is ready for JSON. An interval is None if the test has no rows of the class, or it was never predicted.
    """
    (confusion,) = resamples.confusions
    recall, precision = recalls(confusion), precisions(confusion)
    return {
        "over": resamples.over,
        "of": resamples.of,
        "accuracy": interval_of(accuracy(confusion)),
        "macro_f1": interval_of(macro_f1(confusion)),
        "classes": {
            str(label): {"recall": interval_of(recall[:, column]), "precision": interval_of(precision[:, column])}
            for column, label in enumerate(class_labels)
        },
    }


def differences(resamples: Resamples) -> dict[str, Interval | None]:
    """Return intervals of accuracy and macro-F1 of the first network minus the second's, in the same draws."""
    new, old = resamples.confusions
    return {
        "accuracy": interval_of(accuracy(new) - accuracy(old)),
        "macro_f1": interval_of(macro_f1(new) - macro_f1(old)),
    }


def accuracy(confusion: Counts) -> NDArray[np.float64]:
    """Return the share of rows that are right, (...,), from confusion matrices (..., k, k)."""
    share: NDArray[np.float64] = np.trace(confusion, axis1=-2, axis2=-1) / confusion.sum(axis=(-2, -1))
    return share


def recalls(confusion: Counts) -> NDArray[np.float64]:
    """Return the share of each class's rows that are predicted as it, (..., k); NaN for a class without rows."""
    return _ratio(_right(confusion), confusion.sum(axis=-1))


def precisions(confusion: Counts) -> NDArray[np.float64]:
    """Return the share of each class's predictions that are right, (..., k); NaN for a class without predictions."""
    return _ratio(_right(confusion), confusion.sum(axis=-2))


def macro_f1(confusion: Counts) -> NDArray[np.float64]:
    """Return the mean F1 of the classes that have rows in the draw, (...,)."""
    rows = confusion.sum(axis=-1)
    scores = np.where(rows > 0, _ratio(2 * _right(confusion), rows + confusion.sum(axis=-2)), np.nan)
    mean: NDArray[np.float64] = np.nanmean(scores, axis=-1)
    return mean


def _right(confusion: Counts) -> NDArray[np.float64]:
    return np.diagonal(confusion, axis1=-2, axis2=-1)


def _ratio(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    ratio: NDArray[np.float64] = np.divide(part, whole, out=np.full(np.shape(whole), np.nan), where=whole > 0)
    return ratio


def interval_of(drawn: NDArray[np.float64]) -> Interval | None:
    """Return the 95 % interval of a figure from its values in all draws (resamples,); None without finite values."""
    known = drawn[np.isfinite(drawn)]
    if not len(known):
        return None
    low, high = np.quantile(known, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return [float(low), float(high)]
