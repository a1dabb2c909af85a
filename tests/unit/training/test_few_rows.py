"""When validation rows are too few to stop a training by, and what is said of it."""

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


@pytest.mark.parametrize(("counts", "found"), [((60, 40), []), ((3, 1), ["few_rows"])])
def test_few_rows_are_warned_of_with_their_numbers(counts, found):
    warned = warnings_of(rows(9, 9), rows(*counts), rows(9, 9), [(0, None), (1, None)], [], None, 0)
    few = [each for each in warned if each.code == "few_rows"]
    assert [each.code for each in few] == found
    assert all("4 validation rows, 1 of the rarest class" in each.text for each in few)
