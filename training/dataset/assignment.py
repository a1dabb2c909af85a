"""Which beats train, which stop the training, and which are held back."""

from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

Split = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]  # row numbers for training, validation and test


def hash_rows(features: NDArray[np.float32], salt: int = 0) -> NDArray[np.uint64]:
    """A number for each row of `features` (rows, n) that depends on its values and `salt` alone, (rows,)."""
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
    """Row numbers for training and validation, in an order by `seed`, and for test, in that of their `hashes`.

    The rows of the lowest hashes are held back, so that neither another seed nor more rows make a network train on
    what an earlier one was judged by, or the other way round. Every class has at least one row in each part whose share
    is above zero, which a library's stratified split does not promise for the rare classes of ECG data. `labels` and
    `hashes` (rows,); a class needs a row for each part. Rows of no class of `classes`, if given, are in no part.
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
    # A huge share of a small class still leaves rows for the other parts.
    return min(max(1, round(rows * share)), max(1, rows - 2)) if share else 0


def _between_equals(hashes: NDArray[np.uint64], cut: int) -> int:
    """Where to cut sorted hashes so that equal beats stay together, unless that would change the part by half."""
    if not cut:
        return 0
    around = (int(np.searchsorted(hashes, hashes[cut], side)) for side in ("left", "right"))
    fitting = [place for place in around if 0 < place <= len(hashes) - 2 and abs(place - cut) <= max(1, cut // 2)]
    return min(fitting, key=lambda place: abs(place - cut), default=cut)
