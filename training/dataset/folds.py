"""Stratified folds for cross-validation, by group if there are groups, else by beat."""

import warnings
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

from data.errors import DataError
from training.dataset.assignment import Split
from training.dataset.groups import split_beats

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]


def fold_rows(
    labels: Numbers,
    hashes: Hashes,
    groups: Hashes | None,
    count: int,
    validation_share: float,
    seed: int,
    classes: Numbers,
) -> Iterator[Split]:
    """Yield the row numbers for training, validation and test of each of `count` folds.

    Each row is in the test of one fold. The rows are sorted by hash before scikit-learn's StratifiedGroupKFold or
    StratifiedKFold assigns them, so a fold's test depends only on the content, not on `seed`. `labels`, `hashes` and
    the groups' hashes `groups` are (rows,); rows of classes that are not in `classes` are in no fold. Raises DataError
    if there are fewer groups, or fewer rows of a class, than folds.
    """
    rows = np.flatnonzero(np.isin(labels, classes))
    order = rows[np.argsort(hashes[rows], kind="stable")]
    for others, held_back in _dealt(labels[order], None if groups is None else groups[order], count):
        rows_left, test = order[others], order[held_back]
        known_groups = None if groups is None else groups[rows_left]
        train, validation, _ = split_beats(
            labels[rows_left], hashes[rows_left], known_groups, validation_share, 0.0, seed, classes
        )
        yield rows_left[train], rows_left[validation], test


def _dealt(labels: Numbers, groups: Hashes | None, count: int) -> list[tuple[Numbers, Numbers]]:
    sizes = np.unique(labels, return_counts=True)[1]
    least = sizes.min() if groups is None else sizes.max()  # by group, a class may be missing in some folds
    if least < count:
        raise DataError(
            f"--cross-validate {count}: a class has only {least} rows; "
            "give fewer folds, or leave the class out with --at-least"
        )
    if groups is None:
        return list(StratifiedKFold(count).split(labels, labels))
    if (people := len(np.unique(groups))) < count:
        raise DataError(
            f"--cross-validate {count}: there are only {people} groups; give fewer folds, or beats of more people"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about a class that is missing in a fold; the result shows it
        return list(StratifiedGroupKFold(count).split(labels, labels, groups))
