"""Labelled beats in memory."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Beats:
    """Labelled beats: one row of `features` and one label per beat."""

    features: NDArray[np.float32]  # (rows, n)
    labels: NDArray[np.int64]  # (rows,)
    feature_names: tuple[str, ...]  # the header's names, else F1..Fn
    source: str  # the file's name, or the folder's
    note: str | None = None  # the leading "# ..." lines of the file, such as "synthetic: made by ..."
    label_column: int | None = None  # position of the label in a row, from 0
    class_names: tuple[str, ...] | None = None  # of the labels 0, 1, ..., for text labels
    groups: NDArray[np.str_] | None = None  # (rows,), the group of each row; None without groups
