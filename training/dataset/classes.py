"""Which classes a training has: their labels, their names, and those that are left out."""

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

AAMI: Final = ("aami",)  # instead of class names: WFDB's symbols become the classes of AAMI EC57
# In the note of a file that `python -m data beats` wrote.
BY_AAMI: Final = re.compile(r"labels by AAMI EC57: (\d+ \w[\w ]*(?:, \d+ \w[\w ]*)*)")


def texts_of(classes: Sequence[str] | None) -> Sequence[str] | None:
    """The label texts that `--classes` allows, in the order of the labels they are read as; None for any."""
    return tuple(CLASS_OF) if classes == AAMI else classes


@dataclass(frozen=True, slots=True)
class Naming:
    """Which class a label stands for."""

    names: Mapping[int, str]  # of class labels, empty where the data has none
    joined: Labels | None = None  # class labels by the label that is read; None where both are the same

    @classmethod
    def of(cls, beats: BeatFiles, notes: Iterable[str | None], classes: Sequence[str] | None) -> "Naming":
        """That of `beats`; `notes` are those of all files, and may name integer labels.

        Raises DataError for notes that contradict each other.
        """
        texts = beats.class_names
        if texts is None:
            return cls(_noted_names(beats.source, notes))
        if classes == AAMI:
            joined = [CLASSES.index(CLASS_OF[text]) for text in texts]
            return cls(dict(enumerate(CLASSES)), np.array(joined, np.int64))
        return cls(dict(enumerate(texts)))

    def classes_of(self, labels: Labels) -> Labels:
        """The class labels (rows,) of `labels` (rows,) as they are read."""
        return labels if self.joined is None else self.joined[labels]

    def read_as(self, class_labels: Labels) -> Labels:
        """Which labels are read for one of `class_labels`, ascending."""
        return class_labels if self.joined is None else np.flatnonzero(np.isin(self.joined, class_labels))

    def grouping(self, class_labels: Labels) -> str | None:
        """By which table labels were joined to `class_labels`, in a sentence; None where they were not."""
        if self.joined is None:
            return None
        names = ", ".join(f"{label} {name}" for label, name in self.among(class_labels).items())
        return f"Its labels, WFDB's symbols, are joined to classes by AAMI EC57: {names}."

    def among(self, class_labels: Labels) -> dict[int, str]:
        """The names of those of `class_labels` that have one."""
        return {label: self.names[label] for label in class_labels.tolist() if label in self.names}

    def shown(self, label: int) -> str:
        """A class for people, such as `1 (V)`, or `1` if it has no name."""
        return shown(label, self.names)


def shown(label: int, names: Mapping[int, str]) -> str:
    """A class label with its name, such as `1 (V)`, or alone if it has none."""
    return f"{label} ({names[label]})" if label in names else str(label)


def _noted_names(source: str, notes: Iterable[str | None]) -> dict[int, str]:
    found = list(dict.fromkeys(each for note in notes for each in BY_AAMI.findall(note or "")))
    if len(found) > 1:
        raise DataError(
            f"{source}: by their notes the labels mean {found[0]} in one file and {found[1]} in another; "
            "cut all recordings with the same --labels"
        )
    pairs = [pair.strip().split(" ", 1) for each in found for pair in each.split(", ")]
    return {int(label): name for label, name in pairs}


def choose(source: str, labels: Labels, naming: Naming, minimum_rows: int, at_least: int = 0) -> Labels:
    """The classes to train on, sorted: those of `labels` (rows,) without any of fewer than `at_least` rows.

    Raises DataError for fewer than two classes, and for a class of fewer than `minimum_rows` rows.
    """
    classes, first_rows, counts = np.unique(labels, return_index=True, return_counts=True)
    kept = counts >= at_least
    for label, count in zip(classes[~kept], counts[~kept], strict=True):
        log.warning(
            "%s: class %s has %s and is left out (--at-least %d)", source, naming.shown(label), _rows(count), at_least
        )
    if len(classes) == 1:
        raise DataError(
            f"{source}: all {counts[0]} rows are of class {naming.shown(classes[0])}; give rows of two classes or more"
        )
    if kept.sum() < 2:
        raise DataError(f"{source}: fewer than two classes have {at_least} rows; add rows, or lower --at-least")
    rarest = np.where(kept, counts, counts.max()).argmin()
    if counts[rarest] < minimum_rows:
        raise DataError(
            f"{source}: class {naming.shown(classes[rarest])} has {_rows(counts[rarest])}, the first of them data row "
            f"{first_rows[rarest] + 1}, where a split needs {minimum_rows}; "
            f"add rows of this class, or leave it out with --at-least {minimum_rows}"
        )
    return classes[kept]


def places_of(source: str, labels: Labels, naming: Naming, class_labels: Labels) -> Labels:
    """Where in `labels` (rows,) of held-back rows one of `class_labels` stands; says which others are left out.

    Raises DataError if none is left.
    """
    for label, count in zip(*np.unique(labels, return_counts=True), strict=True):
        if label not in class_labels:
            log.warning(
                "%s: class %s has %s and is left out, as in training", source, naming.shown(label), _rows(count)
            )
    places = np.flatnonzero(np.isin(labels, class_labels))
    if not len(places):
        raise DataError(f"{source}: no row is of a class that was trained on; lower --at-least, or give other rows")
    return places


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count} rows"
