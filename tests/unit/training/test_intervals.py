"""95 % intervals: the units that are drawn, their coverage, and differences of pairs."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, f1_score, precision_score, recall_score

from training.evaluation.evaluation import Evaluation
from training.evaluation.intervals import Resamples, accuracy, macro_f1, precisions, recalls

LABELS = np.array([-1, 4, 7])


def evaluation(
    truth: NDArray[np.int64], predicted: NDArray[np.int64], groups: NDArray[np.uint64] | None = None
) -> Evaluation:
    """Return an evaluation for class columns of LABELS."""
    return Evaluation(LABELS, LABELS[truth], np.eye(3, dtype=np.float32)[predicted], groups=groups)


def answers(rows: int, right: float, seed: int = 0) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(3, size=rows)
    return truth, np.where(rng.random(rows) < right, truth, (truth + 1) % 3)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2)), min_size=1, max_size=60))
def test_the_figures_equal_scikit_learns(pairs):
    truth, predicted = np.array(pairs).T
    confusion = np.zeros((3, 3))
    np.add.at(confusion, (truth, predicted), 1)
    there = np.unique(truth)
    assert accuracy(confusion) == pytest.approx(accuracy_score(truth, predicted))
    assert macro_f1(confusion) == pytest.approx(f1_score(truth, predicted, labels=there, average="macro"))
    for figures, score, known in ((recalls, recall_score, truth), (precisions, precision_score, predicted)):
        expected = score(truth, predicted, labels=[0, 1, 2], average=None, zero_division=0)
        found = figures(confusion)
        for column in range(3):
            assert found[column] == pytest.approx(expected[column]) if column in known else np.isnan(found[column])


def test_an_interval_of_beats_is_as_wide_as_chance_is():
    found = evaluation(*answers(2000, 0.9)).intervals()
    low, high = found["accuracy"]
    assert (found["over"], found["of"]) == ("beats", 2000)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.9 * 0.1 / 2000), rel=0.15)
    assert low < 0.9 < high
    assert all(each["recall"][0] < 0.9 < each["precision"][1] for each in found["classes"].values())


def test_beats_of_a_person_are_drawn_together():
    """All beats of a person are right or all are wrong: there are 20 independent answers, not 2000."""
    truth, _ = answers(2000, 1.0)
    people = np.arange(2000) % 20
    predicted = np.where(people < 16, truth, (truth + 1) % 3)
    found = evaluation(truth, predicted, people.astype(np.uint64)).intervals()
    low, high = found["accuracy"]
    assert (found["over"], found["of"]) == ("groups", 20)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(0.8 * 0.2 / 20), rel=0.2)


def test_one_group_says_nothing_of_people_so_beats_are_drawn():
    assert evaluation(*answers(50, 0.8), np.ones(50, np.uint64)).intervals()["over"] == "beats"


def test_a_missing_class_has_no_interval():
    found = evaluation(np.array([0, 0, 1, 1]), np.array([0, 1, 1, 1])).intervals()["classes"]
    assert found["7"] == {"recall": None, "precision": None}
    assert found["-1"]["recall"]


@pytest.mark.parametrize("grouped", [True, False])
def test_the_same_rows_in_another_order_have_nearly_the_same_intervals_and_again_the_very_same(grouped):
    truth, predicted = answers(600, 0.9)
    groups = (np.arange(600) % 30).astype(np.uint64) if grouped else None
    first, again = (evaluation(truth, predicted, groups).intervals() for _ in range(2))
    assert first == again
    turned = evaluation(truth[::-1], predicted[::-1], None if groups is None else groups[::-1]).intervals()
    assert turned["accuracy"] == first["accuracy"]


@pytest.mark.parametrize("grouped", [True, False])
def test_a_difference_is_of_pairs(grouped):
    """The difference of two similar networks has a narrower interval than either score."""
    truth, predicted = answers(1000, 0.8)
    other = predicted.copy()
    other[:5] = (truth[:5] + 1) % 3
    groups = (np.arange(1000) % 40).astype(np.uint64) if grouped else None
    mine = evaluation(truth, predicted, groups)
    found = mine.compare_with(LABELS[other])
    low, high = found["difference"]["accuracy"]
    own = mine.intervals()["accuracy"]
    assert low <= mine.scores()["accuracy"] - found["accuracy"] <= high
    assert high - low < 0.3 * (own[1] - own[0])
    assert mine.compare_with(LABELS[predicted])["difference"] == {"accuracy": [0, 0], "macro_f1": [0, 0]}


@pytest.mark.parametrize(("worse", "beyond"), [(0.5, True), (0.89, False)])
def test_much_worse_is_beyond_chance_and_a_little_is_not(worse, beyond):
    truth, predicted = answers(300, 0.9)
    found = evaluation(truth, answers(300, worse)[1]).compare_with(LABELS[predicted])["difference"]
    assert all((high < 0) == beyond for _, high in found.values())


def test_every_beat_a_group_of_its_own_takes_little_memory():
    truth, predicted = answers(100_000, 0.9)
    tracemalloc.start()
    Resamples.draw(truth, [predicted, truth], 3, np.arange(100_000, dtype=np.uint64))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 64 << 20
