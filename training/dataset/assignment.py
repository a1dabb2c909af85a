"""The split by beat: which rows are for training, for validation and for test."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Split = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # row numbers for training, validation and test


def hash_rows(features: NDArray[np.float32], salt: int = 0) -> NDArray[np.uint64]:
    """Return a hash (rows,) of each row of `features` (rows, n), which depends only on its values and `salt`."""
    salted = salt.to_bytes(blake2b.SALT_SIZE, "little")
    digests = (blake2b(row.tobytes(), digest_size=8, salt=salted).digest() for row in features)
    return np.fromiter((int.from_bytes(digest, "little") for digest in digests), np.uint64, len(features))


def split_rows(
    labels: NDArray[np.int64],
    hashes: NDArray[np.uint64],
    validation_share: float,
    test_share: float,
    seed: int,
    classes: NDArray[np.int64] | None = None,
) -> Split:
    """Return row numbers for training and validation, in an order by `seed`, and for test, ordered by hash.

    The test rows are those with the lowest hashes. So another seed or more rows do not move rows between training and
    test from one version to the next. Every class has at least one row in each split whose share is above zero; a
    library's stratified split does not guarantee that for rare classes. `labels` and `hashes` are (rows,); a class
    needs a row for each split. If `classes` is given, rows of other classes are in no split.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for label in np.unique(labels) if classes is None else classes:
        rows = np.flatnonzero(labels == label)
        rows = rows[np.argsort(hashes[rows], kind="stable")]
        test = _between_equals(hashes[rows], _portion(len(rows), test_share))
        others = rng.permutation(rows[test:])
        validation = _portion(len(others), validation_share)
        for part, chosen in zip(parts, (others[validation:], others[:validation], rows[:test]), strict=True):
            part.append(chosen)
    train, stop, held_back = (np.concatenate(part) for part in parts)
    return rng.permutation(train), rng.permutation(stop), held_back[np.argsort(hashes[held_back], kind="stable")]


def _portion(rows: int, share: float) -> int:
    # Even a large share of a small class leaves rows for the other splits.
    return min(max(1, round(rows * share)), max(1, rows - 2)) if share else 0


def _between_equals(hashes: NDArray[np.uint64], cut: int) -> int:
    """Return where to cut sorted hashes so that equal beats stay together, unless that moves the cut by half."""
    if not cut:
        return 0
    around = (int(np.searchsorted(hashes, hashes[cut], side)) for side in ("left", "right"))
    fitting = [place for place in around if 0 < place <= len(hashes) - 2 and abs(place - cut) <= max(1, cut // 2)]
    return min(fitting, key=lambda place: abs(place - cut), default=cut)
