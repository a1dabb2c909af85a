"""A block of rows of a table, as arrays."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Classes = NDArray[np.int64] | None


@dataclass(frozen=True, slots=True)
class Rows:
    """A block of rows of a table."""

    features: NDArray[np.float32]  # (rows, n)
    labels: NDArray[np.int64] | None  # (rows,), if the table has labels
    groups: NDArray[np.str_] | None  # (rows,), if it has groups

    def __len__(self) -> int:
        return len(self.features)

    def __getitem__(self, rows: slice) -> "Rows":
        labels = None if self.labels is None else self.labels[rows]
        return Rows(self.features[rows], labels, None if self.groups is None else self.groups[rows])
