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
    test_file: str | None,
    equal: int,
    patience: int,
) -> tuple[SplitWarning, ...]:
    """Return the warnings about three splits, by their groups, their classes and the files' `notes`.

    `classes` are labels and names in the order of the class columns, `test_file` is the name of the test file or None,
    `equal` the number of test beats that are also in training, `patience` the recipe's.
    """
    warnings = [*_group_warnings(train, validation, test, notes, test_file), *_class_warnings(test, dict(classes))]
    if equal:
        warnings.append(
            SplitWarning(
                "equal_beats",
                f"{equal} of the {len(test)} held-back beats are equal to training beats in every value; "
                "is a recording in the data twice?",
            )
        )
    return (*warnings, *_early_stop_warnings(validation, patience))


def _early_stop_warnings(validation: Rows, patience: int) -> list[SplitWarning]:
    """Return the warning if there is no early stopping."""
    if too_few_to_stop_by(validation):
        few = f"{len(validation)} validation rows, {min(validation.counts)} of the rarest class"
        return [SplitWarning("few_rows", f"{few}, are too few for early stopping: they {VALIDATION_ROWS_TRAIN}")]
    text = f"There is no early stopping: the validation rows {VALIDATION_ROWS_TRAIN}"
    return [] if patience else [SplitWarning("no_early_stop", text)]


def _group_warnings(
    train: Rows, validation: Rows, test: Rows, notes: Sequence[str], test_file: str | None
) -> list[SplitWarning]:
    if train.groups is None or validation.groups is None:
        return [_without_groups(notes, test_file)]
    if test.groups is None:
        return [
            SplitWarning("test_without_groups", f"No column of {test_file} says whose beats they are: {BOTH_SIDES}")
        ]
    training_groups = np.union1d(train.groups, validation.groups)
    test_groups = np.unique(test.groups)
    overlap = len(np.intersect1d(training_groups, test_groups))
    warnings = []
    if len(np.union1d(training_groups, test_groups)) == 1:
        return [SplitWarning("one_group", f"All beats are of one person: {NOTHING_ABOUT_OTHERS}")]
    if overlap and test_file:
        warnings.append(
            SplitWarning(
                "group_on_both_sides",
                f"{overlap} of the {len(test_groups)} people of {test_file} are also in the training data, "
                "which makes the figures better than they are for other people.",
            )
        )
    elif overlap:
        warnings.append(
            SplitWarning(
                "split_within_groups",
                "Each class has only one person, so no person could be held back, and beats of the same person are on "
                f"both sides of the split: {NOTHING_ABOUT_OTHERS}",
            )
        )
    elif len(test_groups) < FEW_GROUPS:
        people = "one person" if len(test_groups) == 1 else f"{len(test_groups)} people"
        warnings.append(
            SplitWarning(
                "few_test_groups",
                f"The held-back beats are of only {people}: for other people the figures may be very different.",
            )
        )
    if not overlap and len(np.intersect1d(train.groups, validation.groups)):
        warnings.append(
            SplitWarning(
                "validation_within_groups",
                "Only one person is left for training and for validation: a network that knows one "
                "person may fail on others.",
            )
        )
    return warnings


def _without_groups(notes: Sequence[str], test_file: str | None) -> SplitWarning:
    cut = [match for note in notes for match in CUT.finditer(note)]
    if any(match[2] for match in cut) or len(cut) > 1:
        return SplitWarning(
            "pooled",
            "The beats of several recordings are mixed without a column that says which recording a beat is from: "
            f"{BOTH_SIDES} --group names such a column.",
        )
    if cut and not test_file:
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


def equal_beats(training_hashes: NDArray[np.uint64], test_hashes: NDArray[np.uint64]) -> int:
    """Return how many of the hashes `test_hashes` (rows,) are also in `training_hashes` (rows,)."""
    return int(np.isin(test_hashes, training_hashes).sum())
