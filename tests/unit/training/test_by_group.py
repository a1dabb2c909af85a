"""The variation of calibration and out-of-distribution score between groups."""

import numpy as np
import pytest
from numpy.typing import NDArray

from training.evaluation.by_group import by_group
from training.evaluation.evaluation import Evaluation

ROWS = 4000
NONE_UNUSUAL = np.zeros(ROWS, np.bool_)


def evaluation(right: NDArray[np.bool_], groups: NDArray[np.int64] | None, sure: float = 0.8) -> Evaluation:
    """Predictions of class 0 with the probability `sure`; the true class is 0 where they are right."""
    chances = np.tile(np.array([sure, 1 - sure], np.float32), (len(right), 1))
    whose = None if groups is None else groups.astype(np.uint64)
    return Evaluation(np.array([0, 1]), np.where(right, 0, 1), chances, groups=whose)


def test_without_two_groups_there_are_no_figures_by_group():
    right = np.ones(ROWS, np.bool_)
    assert by_group(evaluation(right, None), NONE_UNUSUAL) is None
    assert by_group(evaluation(right, np.zeros(ROWS, np.int64)), NONE_UNUSUAL) is None


def test_the_error_is_as_uncertain_as_people_differ():
    """All beats of 8 of 10 people are predicted right, all of 2 wrong: the 80 % depend on the people."""
    people = np.arange(ROWS) % 10
    found = by_group(evaluation(people < 8, people), NONE_UNUSUAL)
    assert found
    assert found["of"] == 10
    low, high = found["calibration_error"]
    assert low == pytest.approx(0, abs=1e-6)
    assert high == pytest.approx(0.3, abs=0.11)  # as of 10 people three more or fewer are wrong


def test_the_error_of_similar_people_is_that_of_all_beats():
    right, people = np.arange(ROWS) % 2 == 0, np.arange(ROWS) // 2 % 10
    found = by_group(evaluation(right, people), NONE_UNUSUAL)
    assert found
    assert found["calibration_error"] == pytest.approx([0.3, 0.3])
    assert evaluation(right, people).reliability().error == pytest.approx(0.3)


def test_the_share_of_unusual_beats_has_a_spread_and_no_names():
    people = 1_000_003 * (np.arange(ROWS) % 5)
    unusual = (people == 1_000_003) | ((people == 2_000_006) & (np.arange(ROWS) < ROWS // 2))
    found = by_group(evaluation(np.ones(ROWS, np.bool_), people), unusual)
    assert found
    assert found["unusual"] == {"min": 0, "median": 0, "max": 1}
    assert "1000003" not in repr(found)
