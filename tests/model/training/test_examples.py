"""The beats that travel with a version."""

import numpy as np

from training.evaluate import Evaluation
from training.pipeline import examples


def test_an_example_of_each_class_is_one_that_is_told_right_if_there_is_one(make_rows):
    labels = np.array([3, 1, 3, 1, 2])
    chances = np.array([[0.9, 0.05, 0.05], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.7, 0.2, 0.1], [0.5, 0.3, 0.2]])
    rows = make_rows(np.arange(5, dtype=np.float32)[:, None], labels, shard_rows=2)
    chosen = examples(rows, Evaluation(np.array([1, 2, 3]), labels, chances.astype(np.float32)))
    told = [(each["label"], each["predicted_class"], each["features"]) for each in chosen]
    assert told == [(1, 1, [1.0]), (2, 1, [4.0]), (3, 3, [2.0])]
    assert np.allclose([each["probability"] for each in chosen], [0.6, 0.5, 0.8])
