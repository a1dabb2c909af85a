"""Names for the class labels 0, 1, ... of files whose labels are texts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from data.errors import DataError
from data.tables.fields import is_text
from data.tables.layout import Layout

MOST_CLASSES: Final = 1000
# as pandas, R and spreadsheets write a value that is missing
MISSING: Final = ("", "#N/A", "#NA", "-nan", "<NA>", "N/A", "NA", "NULL", "NaN", "n/a", "nan", "null")


def with_class_names(layouts: Sequence[Layout], classes: Sequence[str] | None) -> tuple[Layout, ...]:
    """Return the layouts with one tuple of names, in the order of `classes`, else all that are in the files, sorted.

    Raises DataError for `classes` that do not go with the labels, and for a column that holds too many texts.
    """
    first = layouts[0]
    if not first.has_text_labels:
        if classes is not None:
            raise DataError(f"{first.path}: --classes names labels that are texts, and the labels here are numbers")
        return tuple(layouts)
    if classes is not None and (len(set(classes)) < len(classes) or "" in classes):
        raise DataError(f"--classes {','.join(classes)}: give each name once, and none that is empty")
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
                f"{layout.path}: {layout.column(layout.label)} holds more than {MOST_CLASSES} different texts and is "
                "no class label; say which column is the label: --label NAME"
            )
    return {name for name in names if name not in MISSING and is_text(name, layout.table.decimal)}
