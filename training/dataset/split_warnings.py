"""Warnings about a split that makes the figures better or less certain than they look."""

import re
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from training.dataset.classes import shown
from training.dataset.few_rows import too_few_to_stop_by
from training.dataset.shards import Rows

FEW_GROUPS: Final = 5  # test groups; with fewer, one group moves the figures by a fifth or more
CUT: Final = re.compile(r"cut from (a recording|(\d+) recordings) by python -m data beats")
BOTH_SIDES: Final = (
    "beats of the same person may be on both sides of the split, "
    "which makes the figures better than they are for other people."
)
NOTHING_ABOUT_OTHERS: Final = "the figures say nothing about other people."
VALIDATION_ROWS_TRAIN: Final = (
    "are used for training, too, for a fixed number of epochs, and the probabilities are not calibrated."
)


class SplitWarning(NamedTuple):
    """A warning: `code` for programs, `text` for people."""

    code: str
    text: str


def warnings_of(
    train: Rows,
    validation: Rows,
    test: Rows,
    classes: Sequence[tuple[int, str | None]],
    notes: Sequence[str],
    given: str | None,
    equal: int,
    patience: int,
) -> tuple[SplitWarning, ...]:
    """Return the warnings about three splits, by their groups, their classes and the files' `notes`.

    `classes` are labels and names in the order of the class columns, `given` is the name of the test file or None,
    `equal` the number of test beats that are also in training, `patience` the recipe's.
    """
    found = [*_group_warnings(train, validation, test, notes, given), *_class_warnings(test, dict(classes))]
    if equal:
        found.append(
            SplitWarning(
                "equal_beats",
                f"{equal} of the {len(test)} held-back beats are equal to training beats in every value; "
                "is a recording in the data twice?",
            )
        )
    return (*found, *_early_stop_warnings(validation, patience))


def _early_stop_warnings(validation: Rows, patience: int) -> list[SplitWarning]:
    """Return the warning if there is no early stopping."""
    if too_few_to_stop_by(validation):
        few = f"{len(validation)} validation rows, {min(validation.counts)} of the rarest class"
        return [SplitWarning("few_rows", f"{few}, are too few for early stopping: they {VALIDATION_ROWS_TRAIN}")]
    text = f"There is no early stopping: the validation rows {VALIDATION_ROWS_TRAIN}"
    return [] if patience else [SplitWarning("no_early_stop", text)]


def _group_warnings(
    train: Rows, validation: Rows, test: Rows, notes: Sequence[str], given: str | None
) -> list[SplitWarning]:
    if train.groups is None or validation.groups is None:
        return [_without_groups(notes, given)]
    if test.groups is None:
        return [SplitWarning("test_without_groups", f"No column of {given} says whose beats they are: {BOTH_SIDES}")]
    learned = np.union1d(train.groups, validation.groups)
    judged = np.unique(test.groups)
    overlap = len(np.intersect1d(learned, judged))
    found = []
    if len(np.union1d(learned, judged)) == 1:
        return [SplitWarning("one_group", f"All beats are of one person: {NOTHING_ABOUT_OTHERS}")]
    if overlap and given:
        found.append(
            SplitWarning(
                "group_on_both_sides",
                f"{overlap} of the {len(judged)} people of {given} are also in the training data, "
                "which makes the figures better than they are for other people.",
            )
        )
    elif overlap:
        found.append(
            SplitWarning(
                "split_within_groups",
                "Each class has only one person, so no person could be held back, and beats of the same person are on "
                f"both sides of the split: {NOTHING_ABOUT_OTHERS}",
            )
        )
    elif len(judged) < FEW_GROUPS:
        people = "one person" if len(judged) == 1 else f"{len(judged)} people"
        found.append(
            SplitWarning(
                "few_test_groups",
                f"The held-back beats are of only {people}: for other people the figures may be very different.",
            )
        )
    if not overlap and len(np.intersect1d(train.groups, validation.groups)):
        found.append(
            SplitWarning(
                "validation_within_groups",
                "Only one person is left for training and for validation: a network that knows one "
                "person may fail on others.",
            )
        )
    return found


def _without_groups(notes: Sequence[str], given: str | None) -> SplitWarning:
    cut = [found for note in notes for found in CUT.finditer(note)]
    if any(found[2] for found in cut) or len(cut) > 1:
        return SplitWarning(
            "pooled",
            "The beats of several recordings are mixed without a column that says which recording a beat is from: "
            f"{BOTH_SIDES} --group names such a column.",
        )
    if cut and not given:
        return SplitWarning("one_group", f"All beats are of one recording, so of one person: {NOTHING_ABOUT_OTHERS}")
    return SplitWarning("no_groups", f"No column says whose beats they are: {BOTH_SIDES}")


def _class_warnings(test: Rows, names: Mapping[int, str | None]) -> list[SplitWarning]:
    known = {label: name for label, name in names.items() if name is not None}
    missing = [shown(label, known) for label, count in zip(names, test.counts, strict=True) if not count]
    if not missing:
        return []
    listed = ", ".join(missing)
    return [
        SplitWarning("class_not_tested", f"No held-back beat is of class {listed}: the figures say nothing about it.")
    ]


def equal_beats(learned: NDArray[np.uint64], judged: NDArray[np.uint64]) -> int:
    """Return how many of the hashes `judged` (rows,) are also in `learned` (rows,)."""
    return int(np.isin(judged, learned).sum())
