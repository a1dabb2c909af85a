"""The evaluation of a network on held-back beats."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import (
    average_precision_score,
    classification_report,
    confusion_matrix,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

from training.dataset.classes import shown
from training.evaluation.intervals import Resamples, accuracy, differences, intervals, macro_f1, precisions, recalls
from training.evaluation.reliability import Reliability, reliability


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A network's probabilities for the held-back beats, and their true labels."""

    class_labels: NDArray[np.int64]  # (k,), sorted
    truth: NDArray[np.int64]  # (rows,)
    probabilities: NDArray[np.float32]  # (rows, k), columns in the order of class_labels
    class_names: Mapping[int, str] = field(default_factory=dict)  # by class label
    groups: NDArray[np.uint64] | None = None  # (rows,), the hash of each beat's group; None without groups

    @property
    def classes(self) -> list[str]:
        """Each class for display: its label, with its name if it has one, in the order of class_labels."""
        return [shown(label, self.class_names) for label in self.class_labels.tolist()]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class label of each row, (rows,)."""
        chosen: NDArray[np.int64] = self.class_labels[self.probabilities.argmax(axis=1)]
        return chosen

    def confusion(self) -> NDArray[np.int64]:
        """Return the confusion matrix (k, k): rows by true class, columns by predicted class."""
        counts: NDArray[np.int64] = confusion_matrix(self.truth, self.predicted, labels=self.class_labels)
        return counts

    def scores(self) -> dict[str, float]:
        """Return the two figures by which models are compared: accuracy, and macro-F1 over the classes with rows."""
        return _scores(self.confusion())

    def by_class(self) -> dict[str, dict[str, float | None]]:
        """Return recall and precision of each class, by its label as text; None where undefined."""
        counts = self.confusion().astype(np.float64)
        return {
            str(label): {"recall": _or_none(recall), "precision": _or_none(precision)}
            for label, recall, precision in zip(self.class_labels, recalls(counts), precisions(counts), strict=True)
        }

    def compare_with(self, predicted: NDArray[np.int64]) -> dict[str, Any]:
        """Return the `scores` of another network's predictions (rows,) for the same beats, and the difference to them.

        `difference` is this network's score minus the other's, as a 95 % interval for each score, from the same
        bootstrap draws for both. `classes` are the other's `class_scores`.
        """
        truth, mine, theirs = map(self._columns, (self.truth, self.predicted, predicted))
        resamples = Resamples.draw(truth, [mine, theirs], len(self.class_labels), self.groups)
        other = confusion_matrix(self.truth, predicted, labels=self.class_labels)
        return {**_scores(other), "difference": differences(resamples), "classes": self.class_scores(predicted)}

    def intervals(self) -> dict[str, Any]:
        """Return 95 % intervals of the scores and of each class's recall and precision."""
        truth, mine = map(self._columns, (self.truth, self.predicted))
        resamples = Resamples.draw(truth, [mine], len(self.class_labels), self.groups)
        return intervals(resamples, self.class_labels)

    def _columns(self, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        return np.searchsorted(self.class_labels, labels)

    def reliability(self) -> Reliability:
        """Return how often the predicted class is right, by its probability."""
        return reliability(self.probabilities.max(axis=1), self.predicted == self.truth)

    def roc(self, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return false and true positive rates of one class against the others; None where undefined."""
        positive = self.truth == self.class_labels[column]
        if positive.all() or not positive.any():
            return None
        false_rate, true_rate, _ = roc_curve(positive, self.probabilities[:, column])
        return false_rate, true_rate

    def roc_auc(self, column: int) -> float | None:
        """Return the area under the ROC curve of one class against the others; None where undefined."""
        positive = self.truth == self.class_labels[column]
        if positive.all() or not positive.any():
            return None
        return float(roc_auc_score(positive, self.probabilities[:, column]))

    def precision_recall(self, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """Return recall and precision of one class against the others, by threshold; None without test rows of it."""
        positive = self.truth == self.class_labels[column]
        if not positive.any():
            return None
        precision, recall, _ = precision_recall_curve(positive, self.probabilities[:, column], drop_intermediate=True)
        return recall, precision

    def average_precision(self, column: int) -> float | None:
        """Return the average precision of one class against the others; None without test rows of it."""
        positive = self.truth == self.class_labels[column]
        return float(average_precision_score(positive, self.probabilities[:, column])) if positive.any() else None

    def class_scores(self, predicted: NDArray[np.int64]) -> dict[str, dict[str, float]]:
        """Return precision, recall, F1 and rows of each class, by its label as text, for predictions (rows,)."""
        report = classification_report(
            self.truth, predicted, labels=self.class_labels, output_dict=True, zero_division=0.0
        )
        return {str(label): _plain(report[str(label)]) for label in self.class_labels}

    def table(self) -> str:
        """Return precision, recall and F1 of each class as text."""
        return str(
            classification_report(
                self.truth,
                self.predicted,
                labels=self.class_labels,
                target_names=self.classes,
                digits=3,
                zero_division=0.0,
            )
        )

    def metrics(self) -> dict[str, Any]:
        """Return all figures, ready for JSON; `roc_auc` is the mean over the classes for which it is defined."""
        areas = [self.roc_auc(column) for column in range(len(self.class_labels))]
        defined = [area for area in areas if area is not None]
        return {
            **self.scores(),
            "intervals": self.intervals(),
            "roc_auc": float(np.mean(defined)) if defined else None,
            "rows": len(self.truth),
            "class_labels": self.class_labels.tolist(),
            "confusion_matrix": self.confusion().tolist(),
            "classes": {
                label: {**scores, "roc_auc": area}
                for (label, scores), area in zip(self.class_scores(self.predicted).items(), areas, strict=True)
            },
        }


def _scores(confusion: NDArray[np.int64]) -> dict[str, float]:
    counts = confusion.astype(np.float64)
    return {"accuracy": float(accuracy(counts)), "macro_f1": float(macro_f1(counts))}


def _or_none(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


def _plain(scores: dict[str, float]) -> dict[str, float]:
    return {
        "precision": float(scores["precision"]),
        "recall": float(scores["recall"]),
        "f1": float(scores["f1-score"]),
        "rows": int(scores["support"]),
    }
