"""Reads labelled beats from a file or a folder of files, in blocks of rows or all at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.tables.beats import Beats
from data.tables.class_names import with_class_names
from data.tables.find import Roles, find_layout
from data.tables.layout import Layout, title
from data.tables.rows import Rows
from data.tables.stream import stream

ENDINGS: Final = (".csv", ".tsv", ".csv.gz", ".tsv.gz", ".parquet", ".feather", ".arrow")  # of the files in a folder


@dataclass(frozen=True, slots=True)
class BeatFiles:
    """Files of labelled beats with the same columns, whose rows are not read yet."""

    source: str  # the file's name, or the folder's
    layouts: tuple[Layout, ...]

    @property
    def feature_names(self) -> tuple[str, ...]:
        """The features' names in the first header, else F1..Fn."""
        return self.layouts[0].feature_names

    @property
    def width(self) -> int:
        """The number of values of a beat."""
        return len(self.layouts[0].features)

    @property
    def class_names(self) -> tuple[str, ...] | None:
        """The names of the class labels 0, 1, ..., if the files' labels are texts."""
        return self.layouts[0].class_names

    @property
    def group(self) -> str | None:
        """The name of the group column, if there is one."""
        first = self.layouts[0]
        return title(first.table, first.group) if first.group >= 0 else None

    @property
    def left_out_names(self) -> tuple[str, ...]:
        """The names of the first file's left-out columns."""
        return self.layouts[0].left_out_names

    @property
    def note(self) -> str | None:
        """The leading "# ..." lines of all files, without duplicates."""
        return "\n".join(dict.fromkeys(layout.note for layout in self.layouts if layout.note)) or None

    def rows(self, classes: NDArray[np.int64] | None = None) -> Iterator[Rows]:
        """Yield the rows in blocks: features (rows, n), labels (rows,) and, with a group column, groups (rows,).

        The rows are in the order of the files. Raises DataError, with file, line and column, for values that are not
        finite float32, for labels that are not integers or class names, and for labels not in `classes`, if given.
        """
        for layout in self.layouts:
            yield from stream(layout, classes)

    def blocks(
        self, classes: NDArray[np.int64] | None = None
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.int64]]]:
        """Yield features (rows, n) and labels (rows,) in blocks; raises DataError as `rows` does."""
        for rows in self.rows(classes):
            assert rows.labels is not None  # open_beats requires a label column
            yield rows.features, rows.labels

    def groups(self) -> Iterator[NDArray[np.str_]]:
        """Yield the groups (rows,) in blocks; nothing without a group column."""
        return (rows.groups for rows in self.rows() if rows.groups is not None)


def open_beats(
    path: Path,
    label: str | None = None,
    like: BeatFiles | None = None,
    *,
    group: str | None = None,
    drop: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> BeatFiles:
    """Detect the layout of a file of labelled beats, or of all such files in a folder.

    `label` is "first", "last" or a column's name; by default the label column is detected. `group` is the group column,
    `drop` are columns to leave out, `classes` the text labels in their order. With `like`, these files must have the
    columns, roles and class names of other beats; all files of a folder must, too. Raises DataError if the layout is
    unclear; the message names the file.
    """
    path = Path(path)
    first, *others = _files_in(path) if path.is_dir() else [path]
    layout = find_layout(first, Roles(label, group, tuple(drop)), like.layouts[0] if like else None)
    layouts = (layout, *(find_layout(other, Roles(), layout) for other in others))
    if like is None:
        layouts = with_class_names(layouts, classes)
    else:
        layouts = tuple(replace(layout, class_names=like.class_names) for layout in layouts)
    return BeatFiles(path.name or path.resolve().name, layouts)


def _files_in(folder: Path) -> list[Path]:
    files = sorted(path for path in folder.iterdir() if path.name.lower().endswith(ENDINGS))
    if not files:
        raise DataError(f"{folder}: no file in this folder ends in {', '.join(ENDINGS)}; give one of labelled beats")
    return files


def read_beats(
    path: Path,
    label: str | None = None,
    *,
    group: str | None = None,
    drop: Sequence[str] = (),
    classes: Sequence[str] | None = None,
) -> Beats:
    """Read all labelled beats of a file or folder into memory; arguments and errors are those of `open_beats`."""
    files = open_beats(path, label, group=group, drop=drop, classes=classes)
    features, labels, groups = _read_rows(files)
    names, column = files.feature_names, files.layouts[0].label
    return Beats(features, labels, names, files.source, files.note, column, files.class_names, groups)


def _read_rows(files: BeatFiles) -> tuple[NDArray[np.float32], NDArray[np.int64], NDArray[np.str_] | None]:
    features = np.empty((0, files.width), np.float32)
    labels = np.empty(0, np.int64)
    groups: list[NDArray[np.str_]] = []
    rows = 0
    for block in files.rows():
        assert block.labels is not None  # open_beats found the label's column
        end = rows + len(block)
        if end > len(labels):
            # in place, by an eighth: unused space costs memory, too
            features.resize((end + end // 8, files.width), refcheck=False)
            labels.resize(end + end // 8, refcheck=False)
        features[rows:end], labels[rows:end] = block.features, block.labels
        groups += [] if block.groups is None else [block.groups]
        rows = end
    features.resize((rows, files.width), refcheck=False)
    labels.resize(rows, refcheck=False)
    return features, labels, np.concatenate(groups) if groups else None
