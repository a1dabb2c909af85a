"""The classes of a training: their labels and names, and which of them are left out."""

import logging
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from data.errors import DataError
from data.recordings.annotations import CLASS_OF, CLASSES
from data.tables.reader import BeatFiles

log = logging.getLogger(__name__)

Labels = NDArray[np.int64]

AAMI: Final = ("aami",)  # value of --classes: map WFDB's symbols to the classes of AAMI EC57
# In the note of a file that `python -m data beats` wrote.
BY_AAMI: Final = re.compile(r"labels by AAMI EC57: (\d+ \w[\w ]*(?:, \d+ \w[\w ]*)*)")


def texts_of(classes: Sequence[str] | None) -> Sequence[str] | None:
    """Return the text labels that `--classes` allows, in the order of their integer labels; None for any."""
    return tuple(CLASS_OF) if classes == AAMI else classes


@dataclass(frozen=True, slots=True)
class Naming:
    """The mapping from the labels in the files to class labels and names."""

    names: Mapping[int, str]  # by class label; empty if the data has no names
    class_by_label: Labels | None = None  # class label of each file label; None if both are the same

    @classmethod
    def of(cls, beats: BeatFiles, notes: Iterable[str | None], classes: Sequence[str] | None) -> "Naming":
        """Return the mapping for `beats`; `notes` are the leading comments of all files, which may name integer labels.
        Raises DataError if notes contradict each other.
        """
        texts = beats.class_names
        if texts is None:
            return cls(_noted_names(beats.source, notes))
        if classes == AAMI:
            class_by_label = [CLASSES.index(CLASS_OF[text]) for text in texts]
            return cls(dict(enumerate(CLASSES)), np.array(class_by_label, np.int64))
        return cls(dict(enumerate(texts)))

    def classes_of(self, labels: Labels) -> Labels:
        """Return the class labels (rows,) for the files' `labels` (rows,)."""
        return labels if self.class_by_label is None else self.class_by_label[labels]

    def read_as(self, class_labels: Labels) -> Labels:
        """Return the files' labels that map to one of `class_labels`, ascending."""
        return (
            class_labels if self.class_by_label is None else np.flatnonzero(np.isin(self.class_by_label, class_labels))
        )

    def grouping(self, class_labels: Labels) -> str | None:
        """By which table labels were joined to `class_labels`, in a sentence; None where they were not."""
        if self.class_by_label is None:
            return None
        names = ", ".join(f"{label} {name}" for label, name in self.among(class_labels).items())
        return f"Its labels, WFDB's symbols, are joined to classes by AAMI EC57: {names}."

    def among(self, class_labels: Labels) -> dict[int, str]:
        """Return the names of `class_labels`, by label, without labels that have no name."""
        return {label: self.names[label] for label in class_labels.tolist() if label in self.names}

    def shown(self, label: int) -> str:
        """Return a class label for display: `1 (V)`, or `1` if it has no name."""
        return shown(label, self.names)


def shown(label: int, names: Mapping[int, str]) -> str:
    """Return a class label with its name, such as `1 (V)`, or alone if it has no name."""
    return f"{label} ({names[label]})" if label in names else str(label)


def _noted_names(source: str, notes: Iterable[str | None]) -> dict[int, str]:
    found = list(dict.fromkeys(each for note in notes for each in BY_AAMI.findall(note or "")))
    if len(found) > 1:
        raise DataError(
            f"{source}: by the files' first lines the labels mean {found[0]} in one file and {found[1]} in another; "
            "cut all recordings with the same --labels"
        )
    pairs = [pair.strip().split(" ", 1) for each in found for pair in each.split(", ")]
    return {int(label): name for label, name in pairs}


def choose(source: str, labels: Labels, naming: Naming, minimum_rows: int, at_least: int = 0) -> Labels:
    """Return the classes to train on, sorted: those with at least `at_least` of the `labels` (rows,).

    Raises DataError for fewer than two classes, or a class with fewer than `minimum_rows` rows.
    """
    classes, first_rows, counts = np.unique(labels, return_index=True, return_counts=True)
    is_kept = counts >= at_least
    for label, count in zip(classes[~is_kept], counts[~is_kept], strict=True):
        log.warning(
            "%s: class %s has %s and is left out (--at-least %d)", source, naming.shown(label), _rows(count), at_least
        )
    if len(classes) == 1:
        raise DataError(
            f"{source}: all {counts[0]} rows are of class {naming.shown(classes[0])}; give rows of at least two classes"
        )
    if is_kept.sum() < 2:
        raise DataError(f"{source}: fewer than two classes have {at_least} rows; add rows, or lower --at-least")
    rarest = np.where(is_kept, counts, counts.max()).argmin()
    if counts[rarest] < minimum_rows:
        raise DataError(
            f"{source}: class {naming.shown(classes[rarest])} has {_rows(counts[rarest])}, the first of them data row "
            f"{first_rows[rarest] + 1}, where a split needs {minimum_rows}; "
            f"add rows of this class, or leave it out with --at-least {minimum_rows}"
        )
    return classes[is_kept]


def positions_of(source: str, labels: Labels, naming: Naming, class_labels: Labels) -> Labels:
    """Return the positions in the test `labels` (rows,) whose label is in `class_labels`; log the other classes.

    Raises DataError if no row is left.
    """
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        if label not in class_labels:
            log.warning(
                "%s: class %s has %s and is left out, as in training", source, naming.shown(label), _rows(count)
            )
    positions = np.flatnonzero(np.isin(labels, class_labels))
    if not len(positions):
        raise DataError(f"{source}: no row is of a class that was trained on; lower --at-least, or give other rows")
    return positions


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
