"""The summary of a cross-validation."""

import numpy as np
import pytest

from training.dataset.shards import Rows
from training.dataset.splits import Fold
from training.evaluation.cross_validation import as_text, cross_validate
from training.evaluation.evaluation import Evaluation

LABELS = np.array([0, 5])


def fold(*counts: int) -> Fold:
    rows = Rows((), 1, 2, counts)
    return Fold(rows, rows, rows)


def answers(truth: list[int], predicted: list[int], groups: list[int] | None = None) -> Evaluation:
    known = None if groups is None else np.array(groups, np.uint64)
    return Evaluation(LABELS, LABELS[truth], np.eye(2, dtype=np.float32)[predicted], groups=known)


def test_figures_are_printed_with_their_spread(caplog):
    caplog.set_level("INFO")
    judged = iter(
        [answers([0, 0, 1, 1], [0, 0, 1, 1], [3, 3, 4, 4]), answers([0, 0, 0, 0], [0, 1, 0, 0], [5, 5, 5, 6])]
    )
    found = cross_validate([fold(2, 2), fold(4, 0)], 2, lambda _: next(judged))
    assert (found["folds"], found["by"]) == (2, "groups")
    assert found["accuracy"] == pytest.approx({"mean": 0.875, "sd": 0.1767767, "min": 0.75, "max": 1.0})
    assert found["macro_f1"]["min"] == pytest.approx(6 / 7)  # of the one class that the fold has
    assert found["classes"]["5"]["recall"] == {"mean": 1.0, "sd": 0.0, "min": 1.0, "max": 1.0}
    assert found["classes"]["5"]["precision"]["min"] == 0
    assert [each["groups"] for each in found["per_fold"]] == [2, 2]
    assert "Fold 2 of 2: accuracy 0.7500, macro-F1 0.8571" in caplog.messages
    lines = as_text(found, lambda label: f"{label} (V)").splitlines()
    assert lines[0] == "Cross-validation in 2 folds by people: mean, standard deviation, lowest and highest"
    assert "  accuracy: 0.8750, 0.1768, 0.7500 to 1.0000" in lines
    assert "  class 5 (V) recall: 1.0000, 0.0000, 1.0000 to 1.0000" in lines


def test_a_class_that_no_fold_tells_of_is_not_defined():
    found = cross_validate([fold(2, 0)] * 2, 2, lambda _: answers([0, 0], [0, 0]))
    assert found["by"] == "beats"
    assert found["classes"]["5"] == {"recall": None, "precision": None}
    assert "  class 5 recall: not defined" in as_text(found, str).splitlines()
