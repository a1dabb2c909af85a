"""The example beats of a version, and the reference for drift detection."""

import numpy as np

from training.evaluation.evaluation import Evaluation
from training.report.description import examples, reference


def test_each_class_has_an_example_that_is_predicted_right_if_possible(make_rows):
    labels = np.array([3, 1, 3, 1, 2])
    chances = np.array([[0.9, 0.05, 0.05], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]])
    rows = make_rows(np.arange(5, dtype=np.float32)[:, None], labels, shard_rows=2)
    chosen = examples(rows, Evaluation(np.array([1, 2, 3]), labels, chances.astype(np.float32)))
    chosen_beats = [(each["label"], each["predicted_class"], each["features"]) for each in chosen]
    assert chosen_beats == [(1, 1, [1.0]), (2, 1, [4.0]), (3, 3, [2.0])]
    assert np.allclose([each["probability"] for each in chosen], [0.6, 0.5, 0.8])


def test_the_reference_has_the_deciles_of_beats_and_answers(make_rows):
    rng = np.random.default_rng(0)
    beats = rng.normal(size=(3000, 20)).astype(np.float32) * rng.uniform(1, 5, (3000, 1)).astype(np.float32)
    classes = rng.integers(0, 2, 3000)
    chances = rng.uniform(size=3000).astype(np.float32)
    evaluation = Evaluation(np.array([-1, 1]), 2 * classes - 1, np.stack([1 - chances, chances], axis=1))
    description = reference(make_rows(beats, classes, shard_rows=700), evaluation)
    places = np.linspace(0.1, 0.9, 9)
    expected = {
        "mean": np.quantile(beats.mean(axis=1), places),
        "standard_deviation": np.quantile(beats.std(axis=1), places),
        "range": np.quantile(beats.max(axis=1) - beats.min(axis=1), places),
        "probability": np.quantile(np.maximum(chances, 1 - chances), places),
    }
    assert description["statistics"].keys() == expected.keys()
    for name, edges in expected.items():
        assert np.allclose(description["statistics"][name], edges, atol=1e-6), name
    above = float(np.mean(chances > 0.5))
    assert description["classes"] == {"-1": 1 - above, "1": above}
    assert description["beats"] == dict.fromkeys((*expected, "predicted_class"), 3000)
