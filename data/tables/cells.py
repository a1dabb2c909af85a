"""Parses rows field by field, with an error message for the first invalid field."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.fields import fits_float32, is_label, remedy, shown, to_number
from data.tables.layout import Layout
from data.tables.rows import Classes, Rows


class Cells:
    """Collects rows from the texts of their fields."""

    def __init__(self, layout: Layout, decimal: str, classes: Classes) -> None:
        self._layout, self._decimal, self._classes = layout, decimal, classes
        self._features: list[list[float]] = []
        self._labels: list[int] = []
        self._groups: list[str] = []

    def add(self, fields: Sequence[str], where: str) -> None:
        """Add a row. Raises DataError for its first invalid field; the message begins with `where`."""
        layout, values = self._layout, dict[int, float]()
        for column, field in enumerate(fields):
            try:
                if column == layout.label:
                    self._labels.append(self._label(field))
                elif column == layout.group:
                    self._groups.append(_group(field))
                elif column not in layout.left_out:
                    values[column] = self._feature(field)
            except ValueError as error:
                raise DataError(f"{where}, {layout.column(column)}: {error}; repair or remove the row") from None
        self._features.append([values[column] for column in layout.features])

    def rows(self) -> Rows:
        """Return all added rows."""
        features = np.array(self._features, np.float64).reshape(-1, len(self._layout.features)).astype(np.float32)
        labels = np.array(self._labels, np.int64) if self._layout.label >= 0 else None
        return Rows(features, labels, np.array(self._groups, np.str_) if self._layout.group >= 0 else None)

    def _feature(self, field: str) -> float:
        number = to_number(field, self._decimal)
        if number is None:
            comma = " with a decimal comma" if self._decimal == "," and field.strip() else ""
            raise ValueError(f"{shown(field)} where a number{comma} is expected{remedy(field)}")
        if not fits_float32(number):
            raise ValueError(f"{shown(field)} is not a finite float32")
        return number

    def _label(self, field: str) -> int:
        if self._layout.class_names:
            return self._named_label(field.strip(), self._layout.class_names)
        number = to_number(field, self._decimal)
        if number is None or not is_label(number):
            raise ValueError(f"{shown(field)} where an integer label is expected")
        if self._classes is not None and number not in self._classes:
            raise ValueError(f"class {number:.0f} is not among those of the training rows ({_listed(self._classes)})")
        return int(number)

    def _named_label(self, name: str, names: Sequence[str]) -> int:
        if not name:
            raise ValueError("an empty value where the label is expected")
        if name not in names or (self._classes is not None and names.index(name) not in self._classes):
            known = names if self._classes is None else [names[label] for label in self._classes.tolist()]
            raise ValueError(f"class {shown(name)} is not among the classes {_listed(known)}")
        return names.index(name)


def _group(field: str) -> str:
    if not field.strip():
        raise ValueError("an empty value where the group is expected")
    return field.strip()


def _listed(classes: Sequence[str] | NDArray[np.int64]) -> str:
    return ", ".join(map(str, classes[:10])) + (", ..." if len(classes) > 10 else "")
