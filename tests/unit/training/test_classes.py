"""Which classes a training has."""

import numpy as np
import pytest

from data.errors import DataError
from training.classes import require_classes


def test_one_class_only_is_refused():
    with pytest.raises(DataError, match=r"beats.csv: all 3 rows are of class 4"):
        require_classes("beats.csv", np.array([4, 4, 4]), 1)


def test_a_class_with_too_few_rows_is_named():
    with pytest.raises(DataError, match=r"class 7 has 1 row, the first of them data row 4, where a split needs 3"):
        require_classes("beats.csv", np.array([1, 1, 1, 7, 2, 2, 2]), 3)
    require_classes("beats.csv", np.array([1, 1, 1, 2, 2, 2]), 3)
