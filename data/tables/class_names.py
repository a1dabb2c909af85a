"""Class names for the class labels 0, 1, ... of files with text labels."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from data.errors import DataError
from data.tables.fields import is_text
from data.tables.layout import Layout

MOST_CLASSES: Final = 1000  # chosen by hand
# missing values as pandas, R and spreadsheets write them
MISSING: Final = ("", "#N/A", "#NA", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null")


def with_class_names(layouts: Sequence[Layout], classes: Sequence[str] | None) -> tuple[Layout, ...]:
    """Return the layouts with the same class names: `classes`, else all names in the files, sorted.

    Raises DataError if `classes` does not fit the labels, or a column has too many different texts.
    """
    first = layouts[0]
    if not first.has_text_labels:
        if classes is not None:
            raise DataError(f"{first.path}: --classes is for text labels, but the labels here are numbers")
        return tuple(layouts)
    if classes is not None and (len(set(classes)) < len(classes) or "" in classes):
        raise DataError(f"--classes {','.join(classes)}: give each name once, and no empty name")
    declared = all(layout.table.class_names for layout in layouts)
    found = (layout.table.class_names or () for layout in layouts) if declared else map(_names_in, layouts)
    names = tuple(classes) if classes is not None else _sorted(found)
    return tuple(replace(layout, class_names=names) for layout in layouts)


def _sorted(names: Iterable[Iterable[str]]) -> tuple[str, ...]:
    return tuple(sorted({name for some in names for name in some}))


def _names_in(layout: Layout) -> set[str]:
    names: set[str] = set()
    for (texts,) in layout.table.texts([layout.label]):
        names.update(texts)
        if len(names) > MOST_CLASSES:
            raise DataError(
                f"{layout.path}: {layout.column(layout.label)} holds more than {MOST_CLASSES} different texts, so "
                "it is not the class label; name the label column with --label NAME"
            )
    return {name for name in names if name not in MISSING and is_text(name, layout.table.decimal)}
