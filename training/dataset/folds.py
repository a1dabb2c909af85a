"""Folds for cross-validation: by group where there are groups, else by beat, each with the classes' shares."""

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
    """Yield row numbers for training, validation and test of each of `count` folds.

    Each row is in the test of one fold. scikit-learn's StratifiedGroupKFold deals out the groups in the order of their
    hashes, StratifiedKFold the rows in that of theirs, so a fold's test depends on the content alone, not on `seed`.
    `labels`, `hashes` of the rows and of their `groups` (rows,); rows of no class of `classes` are in no fold.
    Raises DataError where there are fewer groups, or fewer rows of a class, than folds.
    """
    rows = np.flatnonzero(np.isin(labels, classes))
    order = rows[np.argsort(hashes[rows], kind="stable")]
    for others, held_back in _dealt(labels[order], None if groups is None else groups[order], count):
        left, test = order[others], order[held_back]
        known = None if groups is None else groups[left]
        train, validation, _ = split_beats(labels[left], hashes[left], known, validation_share, 0.0, seed, classes)
        yield left[train], left[validation], test


def _dealt(labels: Numbers, groups: Hashes | None, count: int) -> list[tuple[Numbers, Numbers]]:
    sizes = np.unique(labels, return_counts=True)[1]
    least = sizes.min() if groups is None else sizes.max()  # by group a class may be missing in some folds, but not all
    if least < count:
        raise DataError(
            f"--cross-validate {count}: a class has {least} rows, fewer than folds; "
            "give fewer folds, or leave the class out with --at-least"
        )
    if groups is None:
        return list(StratifiedKFold(count).split(labels, labels))
    if (people := len(np.unique(groups))) < count:
        raise DataError(
            f"--cross-validate {count}: {people} groups, fewer than folds; give fewer folds, or beats of more people"
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of a class that is not in all folds, which the result tells
        return list(StratifiedGroupKFold(count).split(labels, labels, groups))
