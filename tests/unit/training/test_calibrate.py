"""Temperatures and calibration errors compared with known values."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import softmax

from training.evaluation.calibration import Calibration, fit_temperature
from training.evaluation.reliability import Reliability, reliability


def drawn(classes: int, rows: int = 20_000) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Logits, and classes drawn with their probabilities."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 2, (rows, classes)).astype(np.float32)
    chosen = (softmax(logits, axis=1).cumsum(axis=1) < rng.uniform(size=(rows, 1))).sum(axis=1)
    return logits, np.minimum(chosen, classes - 1)


@pytest.mark.parametrize("classes", [2, 5])
@pytest.mark.parametrize("temperature", [0.5, 1, 3])
def test_the_temperature_corrects_too_high_and_too_low_confidence(classes, temperature):
    logits, columns = drawn(classes)
    assert fit_temperature(logits * temperature, columns) == pytest.approx(temperature, rel=0.05)


@pytest.mark.parametrize("start", range(0, 2000, 50))
def test_few_rows_of_a_calibrated_network_move_the_temperature_little(start):
    logits, columns = drawn(3)
    rows = slice(start, start + 50)
    assert 0.85 < fit_temperature(logits[rows], columns[rows]) < 1.18


def test_more_rows_are_believed_more():
    logits, columns = drawn(3)
    few, some, many = (fit_temperature(3 * logits[:rows], columns[:rows]) for rows in (50, 500, 20_000))
    assert 1 < few < some < many


def test_rows_that_are_all_right_do_not_increase_confidence():
    logits, _ = drawn(3)
    assert fit_temperature(logits, logits.argmax(axis=1)) == pytest.approx(1, abs=1e-3)


def test_rows_that_are_all_wrong_give_a_temperature_too():
    logits, _ = drawn(3)
    assert 10 < fit_temperature(logits, logits.argmin(axis=1)) <= 20


def test_the_error_by_hand():
    # Two of three are right at 0.9, none of one at 0.55: their bins are 14 and 9 of 15.
    found = reliability(np.array([0.9, 0.9, 0.55, 0.9], np.float32), np.array([True, False, False, True]))
    assert found.rows.tolist() == [0] * 8 + [1] + [0] * 4 + [3, 0]
    assert found.error == pytest.approx((3 * abs(2 / 3 - 0.9) + 0.55) / 4)


@pytest.mark.parametrize(("probability", "place"), [(1.0, 14), (0.5, 7), (1 / 3, 4), (0.0, 0)])
def test_every_probability_has_its_bin(probability, place):
    found = reliability(np.array([probability], np.float32), np.array([True]))
    assert found.rows.argmax() == place
    assert found.error == pytest.approx(1 - probability)


def test_calibration_lowers_the_error_of_an_overconfident_network():
    logits, columns = drawn(4)

    def judged(temperature: float) -> Reliability:
        answers = softmax(3 * logits / temperature, axis=1)
        return reliability(answers.max(axis=1), answers.argmax(axis=1) == columns)

    temperature = fit_temperature(3 * logits, columns)
    description = Calibration(temperature, judged(1), judged(temperature)).describe()
    assert description["error_after"] < 0.02 < 0.1 < description["error_before"]
    assert (description["temperature"], description["bins"]) == (temperature, 15)
