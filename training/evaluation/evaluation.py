"""How well a network does on beats that it has never seen."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import classification_report, confusion_matrix, f1_score, roc_auc_score, roc_curve

from training.dataset.classes import shown
from training.evaluation.reliability import Reliability, reliability


def scores(class_labels: NDArray[np.int64], truth: NDArray[np.int64], predicted: NDArray[np.int64]) -> dict[str, float]:
    """The two figures by which models are compared: `accuracy`, and `macro_f1` over all `class_labels`."""
    return {
        "accuracy": float(np.mean(truth == predicted)),
        "macro_f1": float(f1_score(truth, predicted, labels=class_labels, average="macro", zero_division=0.0)),
    }


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A network's answers to the held-back beats, beside the truth."""

    class_labels: NDArray[np.int64]  # (k,), sorted
    truth: NDArray[np.int64]  # (rows,)
    probabilities: NDArray[np.float32]  # (rows, k), columns in the order of class_labels
    class_names: Mapping[int, str] = field(default_factory=dict)  # of class labels, for people

    @property
    def classes(self) -> list[str]:
        """Each class for people: its label, with its name if it has one, in the order of class_labels."""
        return [shown(label, self.class_names) for label in self.class_labels.tolist()]

    @property
    def predicted(self) -> NDArray[np.int64]:
        """The most probable class label of each row, (rows,)."""
        chosen: NDArray[np.int64] = self.class_labels[self.probabilities.argmax(axis=1)]
        return chosen

    def confusion(self) -> NDArray[np.int64]:
        """Rows counted by true (row) and predicted (column) class, (k, k)."""
        counts: NDArray[np.int64] = confusion_matrix(self.truth, self.predicted, labels=self.class_labels)
        return counts

    def reliability(self) -> Reliability:
        """How often the predicted class is right, by its probability."""
        return reliability(self.probabilities.max(axis=1), self.predicted == self.truth)

    def roc(self, column: int) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
        """False and true positive rates of one class against the rest; None where the test rows cannot say."""
        positive = self.truth == self.class_labels[column]
        if positive.all() or not positive.any():
            return None
        false_rate, true_rate, _ = roc_curve(positive, self.probabilities[:, column])
        return false_rate, true_rate

    def roc_auc(self, column: int) -> float | None:
        """Area under the ROC curve of one class against the rest; None where the test rows cannot say."""
        positive = self.truth == self.class_labels[column]
        if positive.all() or not positive.any():
            return None
        return float(roc_auc_score(positive, self.probabilities[:, column]))

    def table(self) -> str:
        """Precision, recall and F1 of each class as text."""
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
        """Everything measured, ready for JSON; `roc_auc` is the mean over the classes that have one."""
        by_class = classification_report(
            self.truth, self.predicted, labels=self.class_labels, output_dict=True, zero_division=0.0
        )
        areas = [self.roc_auc(column) for column in range(len(self.class_labels))]
        known = [area for area in areas if area is not None]
        return {
            **scores(self.class_labels, self.truth, self.predicted),
            "roc_auc": float(np.mean(known)) if known else None,
            "rows": len(self.truth),
            "class_labels": self.class_labels.tolist(),
            "confusion_matrix": self.confusion().tolist(),
            "classes": {
                str(label): {**_plain(by_class[str(label)]), "roc_auc": area}
                for label, area in zip(self.class_labels, areas, strict=True)
            },
        }


def _plain(scores: dict[str, float]) -> dict[str, float]:
    return {
        "precision": float(scores["precision"]),
        "recall": float(scores["recall"]),
        "f1": float(scores["f1-score"]),
        "rows": int(scores["support"]),
    }
