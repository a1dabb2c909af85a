"""Which classes a training has."""

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError


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
