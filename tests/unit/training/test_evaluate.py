"""Metrics compared with values computed by hand."""

import json
from dataclasses import replace

import numpy as np
import pytest

from training.evaluation.evaluation import Evaluation


@pytest.fixture
def evaluation() -> Evaluation:
    """Labels -1 and 1; one of two negatives and both positives are right."""
    probabilities = np.array([[0.9, 0.1], [0.3, 0.7], [0.4, 0.6], [0.2, 0.8]], dtype=np.float32)
    return Evaluation(np.array([-1, 1]), np.array([-1, -1, 1, 1]), probabilities)


def test_metrics_by_hand(evaluation):
    metrics = evaluation.metrics()
    assert metrics["accuracy"] == 0.75
    assert metrics["confusion_matrix"] == [[1, 1], [0, 2]]
    scores = {"precision": 2 / 3, "recall": 1.0, "f1": 0.8, "rows": 2, "roc_auc": 0.75}
    assert metrics["classes"]["1"] == pytest.approx(scores)
    assert metrics["macro_f1"] == pytest.approx((2 / 3 + 0.8) / 2)
    assert metrics["roc_auc"] == 0.75


def test_the_predicted_class_is_the_datas_own_label(evaluation):
    assert evaluation.predicted.tolist() == [-1, 1, 1, 1]


def test_a_class_without_test_rows_has_no_area_but_other_figures():
    probabilities = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1]], dtype=np.float32)
    metrics = Evaluation(np.array([1, 2, 5]), np.array([1, 2]), probabilities).metrics()
    assert metrics["classes"]["5"]["roc_auc"] is None
    assert metrics["roc_auc"] == 1.0
    assert json.loads(json.dumps(metrics, allow_nan=False)) == metrics


def test_people_read_names_and_programs_labels(evaluation):
    named = replace(evaluation, class_names={1: "ventricular"})
    assert named.classes == ["-1", "1 (ventricular)"]
    assert "1 (ventricular)" in named.table()
    assert named.metrics() == evaluation.metrics()
