"""The split by group, such as a person: each group is in one split only."""

import re
from collections.abc import Iterable
from hashlib import blake2b
from math import ceil, floor
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.dataset.assignment import Split, split_rows

Numbers = NDArray[np.int64]
Hashes = NDArray[np.uint64]

LEEWAY: Final = 0.25  # allowed deviation from the share of test groups, so that earlier test groups stay in the test
PURPOSE: Final = b"group"  # separates group hashes from other hashes of the same bytes
WHOLE: Final = re.compile(r"([+-]?\d+)\.0*")


def hash_groups(names: NDArray[np.str_], salt: int = 0) -> Hashes:
    """Return a hash (rows,) of each of `names` (rows,), which depends only on the name and `salt`.

    `1` and `1.0` are the same name: in a column with missing values, programs write 1 as 1.0.
    """
    codes, distinct = pd.factorize(names.astype(object))
    return _hashes(map(_without_decimals, distinct), salt)[codes]


def _without_decimals(name: str) -> str:
    number = WHOLE.fullmatch(name)
    return number[1] if number else name


def _hashes(names: Iterable[str], salt: int) -> Hashes:
    salted = salt.to_bytes(blake2b.SALT_SIZE, "little")
    digests = (blake2b(name.encode(), digest_size=8, salt=salted, person=PURPOSE).digest() for name in names)
    return np.array([int.from_bytes(digest, "little") for digest in digests], np.uint64)


def split_beats(
    labels: Numbers,
    hashes: Hashes,
    groups: Hashes | None,
    validation_share: float,
    test_share: float,
    seed: int,
    classes: Numbers,
) -> Split:
    """Return row numbers for training, validation and test: by `split_groups` if it can split, else by `split_rows`."""
    shares = (validation_share, test_share, seed, classes)
    by_group = None if groups is None else split_groups(labels, hashes, groups, *shares)
    return by_group or split_rows(labels, hashes, *shares)


def split_groups(
    labels: Numbers,
    hashes: Hashes,
    groups: Hashes,
    validation_share: float,
    test_share: float,
    seed: int,
    classes: Numbers,
) -> Split | None:
    """Return row numbers for training, validation and test, with each group in one split only.

    The test groups are those whose hash, as a share of the largest possible hash, is below `test_share`. So a group
    stays in its split when rows or groups are added, and a later version is evaluated on people that no earlier one was
    trained on. If that gives too few or too many groups, the number is moved to within a quarter of the share, in the
    order of the hashes. Then each class that the test lacks gets the group with the lowest hash that has it, rarest
    class first. A group stays in training if a class would otherwise have fewer than two rows there, or if the test
    would be more than half of all rows. The validation groups are drawn from the others by `seed`, by the same rules.
    If only one group is left, its rows are split by beat, within each class.

    `labels`, `hashes` and the groups' hashes `groups` are (rows,); rows of classes that are not in `classes` are in no
    split. Returns None if no group can be held back: there is one group, or each class has only one group.
    """
    rows = np.flatnonzero(np.isin(labels, classes))
    names, codes = np.unique(groups[rows], return_inverse=True)
    cells = codes * len(classes) + np.searchsorted(classes, labels[rows])
    counts = np.bincount(cells, minlength=len(names) * len(classes)).reshape(len(names), len(classes))
    rng = np.random.default_rng(seed)
    test = _draw(counts, np.arange(len(names)), _number_below(names, test_share), test_share, 2)
    if test_share and not test.any():
        return None
    held_back = rows[test[codes]]
    held_back = held_back[np.argsort(hashes[held_back], kind="stable")]
    others = np.flatnonzero(~test)
    wanted = max(1, round(len(others) * validation_share))
    stop = _draw(counts[others], rng.permutation(len(others)), wanted, validation_share, 1)
    if not stop.any():
        remaining = rows[~test[codes]]
        train, validation, _ = split_rows(labels[remaining], hashes[remaining], validation_share, 0.0, seed, classes)
        return remaining[train], remaining[validation], held_back
    validating = np.zeros(len(names), np.bool_)
    validating[others[stop]] = True
    train, validation = rows[~(test | validating)[codes]], rows[validating[codes]]
    return rng.permutation(train), rng.permutation(validation), held_back


def _number_below(names: Hashes, share: float) -> int:
    """Return how many of the sorted group hashes are in the test."""
    below = int(np.searchsorted(names, np.uint64(min(share * 2.0**64, 2.0**64 - 2048))))
    about = share * len(names)
    return min(max(below, ceil(about * (1 - LEEWAY))), max(1, floor(about * (1 + LEEWAY))))


def _draw(counts: Numbers, order: Numbers, wanted: int, share: float, least: int) -> NDArray[np.bool_]:
    """Return which groups to draw: the first `wanted` in `order`, then groups of classes that are still missing.

    `counts` (groups, k) are the rows of each class. A group may be drawn if at least `least` rows of each of its
    classes stay, and at most half of all rows, or their `share` if that is more, are drawn.
    """
    taken = np.zeros(len(counts), np.bool_)
    if not share:
        return taken
    remaining = counts.sum(axis=0)
    fewest = min(0.5, 1 - share) * remaining.sum()

    def may_leave(group: int) -> bool:
        after = remaining - counts[group]
        return bool((after[counts[group] > 0] >= least).all() and after.sum() >= fewest)

    def leave(candidates: Iterable[int], enough: int) -> None:
        nonlocal remaining
        for group in candidates:
            if may_leave(group):
                remaining = remaining - counts[group]
                taken[group] = True
                enough -= 1
            if not enough:
                return

    leave(order[:wanted].tolist(), wanted)
    for column in np.argsort(np.count_nonzero(counts, axis=0), kind="stable"):
        if not counts[taken, column].any():
            leave(order[counts[order, column] > 0].tolist(), 1)
    return taken
