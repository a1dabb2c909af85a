"""When validation rows are too few for early stopping, and the warnings about it."""

import pytest

from training.dataset.few_rows import too_few_to_stop_by
from training.dataset.shards import Rows
from training.dataset.split_warnings import warnings_of


def rows(*counts: int) -> Rows:
    return Rows((), 1, 2, counts)


@pytest.mark.parametrize(
    ("counts", "few"),
    [((25, 25), False), ((45, 5), False), ((25, 24), True), ((500, 4), True), ((500, 0), True)],
)
def test_less_than_50_rows_or_5_of_a_class_are_too_few(counts, few):
    assert too_few_to_stop_by(rows(*counts)) is few


@pytest.mark.parametrize(
    ("counts", "patience", "code", "beginning"),
    [
        ((60, 40), 15, [], ""),
        ((3, 1), 15, ["few_rows"], "4 validation rows, 1 of the rarest class, are too few"),
        ((3, 1), 0, ["few_rows"], "4 validation rows"),
        ((60, 40), 0, ["no_early_stop"], "There is no early stopping"),
    ],
)
def test_a_training_without_early_stopping_has_a_warning(counts, patience, code, beginning):
    warned = warnings_of(rows(9, 9), rows(*counts), rows(9, 9), [(0, None), (1, None)], [], None, 0, patience)
    warnings = [each for each in warned if each.code in {"few_rows", "no_early_stop"}]
    assert [each.code for each in warnings] == code
    for each in warnings:
        assert each.text.startswith(beginning)
        assert "fixed number of epochs, and the probabilities are not calibrated." in each.text
