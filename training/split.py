"""Which beats train, which stop the training, and which are held back."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from data.beats import Beats


@dataclass(frozen=True, slots=True)
class Parts:
    """The three parts of the labelled beats, each in random order."""

    train: Beats
    validation: Beats
    test: Beats


def deal(beats: Beats, held_back: Beats | None, validation_share: float, test_share: float, seed: int) -> Parts:
    """Deal `beats` out in place, so that a large array is never held twice: the parts are views of its features.

    `held_back` is the test part if given, else `test_share` of the rows is; `validation_share` is of the others.
    """
    groups = split_rows(beats.labels, validation_share, 0.0 if held_back else test_share, seed)
    order = np.concatenate(groups)
    reorder(beats.features, order)
    ends = np.cumsum([len(group) for group in groups])
    train, validation, test = (
        replace(beats, features=features, labels=labels)
        for features, labels in zip(
            np.split(beats.features, ends[:-1]), np.split(beats.labels[order], ends[:-1]), strict=True
        )
    )
    return Parts(train, validation, held_back or test)


def split_rows(
    labels: NDArray[np.int64], validation_share: float, test_share: float, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Row numbers for training, validation and test, each in random order.

    Every class has at least one row in each part whose share is above zero, which a library's stratified split does
    not promise for the rare classes of ECG data. `labels` (rows,); a class needs a row for each part.
    """
    rng = np.random.default_rng(seed)
    parts: tuple[list[NDArray[np.int64]], ...] = ([], [], [])
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        test = _portion(len(rows), test_share)
        validation = _portion(len(rows) - test, validation_share)
        for part, chosen in zip(parts, np.split(rows, [len(rows) - test - validation, len(rows) - test]), strict=True):
            part.append(chosen)
    train, stop, held_back = (rng.permutation(np.concatenate(part)) for part in parts)
    return train, stop, held_back


def reorder(features: NDArray[np.float32], order: NDArray[np.int64]) -> None:
    """Put the rows of `features` (rows, n) into `order`, in place: a few columns at a time, which bounds the memory."""
    step = max(1, features.shape[1] // 16)
    for start in range(0, features.shape[1], step):
        columns = slice(start, start + step)
        features[:, columns] = features[order, columns]


def _portion(rows: int, share: float) -> int:
    # A huge share of a small class still leaves rows for the other parts.
    return min(max(1, round(rows * share)), max(1, rows - 2)) if share else 0
