"""Figures by class, and the first rows of a table."""

import numpy as np

from bench.few_rows import first_rows
from bench.patients import DS1, DS2, Figures, rates


def test_sensitivity_is_of_the_true_beats_and_predictivity_of_the_predicted():
    sensitivity, predictivity = rates(np.array([[6, 2, 0], [1, 3, 0], [0, 0, 0]]))
    np.testing.assert_allclose(sensitivity, [6 / 8, 3 / 4, 0])
    np.testing.assert_allclose(predictivity, [6 / 7, 3 / 5, 0])


def test_no_patient_is_in_both_sets():
    assert len(set(DS1)) == len(set(DS2)) == 22
    assert not set(DS1) & set(DS2)


def test_a_missed_goal_is_named():
    shares = {"N": 0.99, "S": 0.5, "V": 0.9}
    figures = Figures(0.95, 0.71, shares, shares, 0.01, 0.02)
    assert [goal for goal, reached in figures.reached().items() if not reached] == ["S sensitivity 0.60"]


def test_the_first_rows_are_of_both_classes_in_their_proportion():
    features = np.arange(30, dtype=np.float32)[:, None]
    chosen, labels = first_rows((features, np.repeat([1, 2], [20, 10])), 6)
    assert labels.tolist() == [1, 1, 1, 1, 2, 2]
    assert chosen[:, 0].tolist() == [0, 1, 2, 3, 20, 21]
