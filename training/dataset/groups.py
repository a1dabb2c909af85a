"""The split by group, such as a person: each group wholly on one side of training, validation and test."""

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

LEEWAY: Final = 0.25  # of the share of groups that are held back, for the sake of those that were so before
PURPOSE: Final = b"group"  # so that a group's hash is not that of the same bytes elsewhere
WHOLE: Final = re.compile(r"([+-]?\d+)\.0*")


def hash_groups(names: NDArray[np.str_], salt: int = 0) -> Hashes:
    """A number for each of `names` (rows,) that depends on the name and `salt` alone, (rows,).

    A whole number is the same name with and without decimals: where a value is missing, programs write 1 as 1.0.
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
    """Row numbers for training, validation and test: by `split_groups`, else row by row as `split_rows` has them."""
    rest = (validation_share, test_share, seed, classes)
    by_group = None if groups is None else split_groups(labels, hashes, groups, *rest)
    return by_group or split_rows(labels, hashes, *rest)


def split_groups(
    labels: Numbers,
    hashes: Hashes,
    groups: Hashes,
    validation_share: float,
    test_share: float,
    seed: int,
    classes: Numbers,
) -> Split | None:
    """Row numbers for training, validation and test as `split_rows` gives them, but no group on two sides.

    Held back are the groups whose hash, as a share of the largest, is below `test_share`: a group is on the same side
    whatever rows and groups are added, so a later version is judged on people that no earlier one was trained on. By
    chance those may be too few or too many: then they are the lowest hashes up to the nearest number of groups that is
    within a quarter of the share. Then each class that the test lacks gets the group of the lowest hash that
    has it, the class of the fewest groups first. A group stays in training if without it a class would have fewer than
    two rows there, or if the test would be more than half of all rows. The validation groups are drawn by `seed` from
    the others in the same way: where one group alone is left its rows are dealt out instead, within each class.

    `labels`, `hashes` of the rows and of their `groups` (rows,); rows of no class of `classes` are in no part.
    Returns None where no group can be held back, as with one group, or where each class is of one group alone.
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
        left = rows[~test[codes]]
        train, validation, _ = split_rows(labels[left], hashes[left], validation_share, 0.0, seed, classes)
        return left[train], left[validation], held_back
    validating = np.zeros(len(names), np.bool_)
    validating[others[stop]] = True
    train, validation = rows[~(test | validating)[codes]], rows[validating[codes]]
    return rng.permutation(train), rng.permutation(validation), held_back


def _number_below(names: Hashes, share: float) -> int:
    """How many of the sorted hashes are held back."""
    below = int(np.searchsorted(names, np.uint64(min(share * 2.0**64, 2.0**64 - 2048))))
    about = share * len(names)
    return min(max(below, ceil(about * (1 - LEEWAY))), max(1, floor(about * (1 + LEEWAY))))


def _draw(counts: Numbers, order: Numbers, wanted: int, share: float, least: int) -> NDArray[np.bool_]:
    """Which groups leave: the first `wanted` in `order`, then those of classes that are still missing.

    `counts` (groups, k) are their rows of each class. A group may leave if `least` rows of each of its classes stay,
    and if no more than half of all rows, or their `share` if that is more, leave.
    """
    taken = np.zeros(len(counts), np.bool_)
    if not share:
        return taken
    left = counts.sum(axis=0)
    fewest = min(0.5, 1 - share) * left.sum()

    def may_leave(group: int) -> bool:
        after = left - counts[group]
        return bool((after[counts[group] > 0] >= least).all() and after.sum() >= fewest)

    def leave(candidates: Iterable[int], enough: int) -> None:
        nonlocal left
        for group in candidates:
            if may_leave(group):
                left = left - counts[group]
                taken[group] = True
                enough -= 1
            if not enough:
                return

    leave(order[:wanted].tolist(), wanted)
    for column in np.argsort(np.count_nonzero(counts, axis=0), kind="stable"):
        if not counts[taken, column].any():
            leave(order[counts[order, column] > 0].tolist(), 1)
    return taken
