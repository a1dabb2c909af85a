"""Labelled beats in memory; knows nothing of files."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError


@dataclass(frozen=True, slots=True)
class Beats:
    """Labelled beats: one row of `features` and one of `labels` each."""

    features: NDArray[np.float32]  # (rows, n)
    labels: NDArray[np.int64]  # (rows,)
    feature_names: tuple[str, ...]  # the header's names, else F1..Fn
    source: str  # the file's name, or the folder's
    note: str | None = None  # the leading "# ..." lines of the file, such as "synthetic: made by ..."
    label_column: int | None = None  # where the label stood in a row, counted from 0
    class_names: tuple[str, ...] | None = None  # of the labels 0, 1, ..., if the file's labels are texts
    groups: NDArray[np.str_] | None = None  # (rows,), which of them belong together, if the file tells


def require_classes(source: str, labels: NDArray[np.int64], minimum_rows: int) -> None:
    """Refuse rows of one class only, and a class of fewer than `minimum_rows` rows, with a DataError."""
    classes, first_rows, counts = np.unique(labels, return_index=True, return_counts=True)
    if len(classes) == 1:
        raise DataError(f"{source}: all {counts[0]} rows are of class {classes[0]}; give rows of two classes or more")
    rarest = counts.argmin()
    if counts[rarest] < minimum_rows:
        rows = "1 row" if counts[rarest] == 1 else f"{counts[rarest]} rows"
        raise DataError(
            f"{source}: class {classes[rarest]} has {rows}, the first of them data row {first_rows[rarest] + 1}, "
            f"where a split needs {minimum_rows}; add rows of this class or remove it"
        )
