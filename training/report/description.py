"""The description in the model: data, training, metrics, example beats and the reference for drift detection."""

from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as release
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.dataset.shards import Rows
from training.dataset.splits import Splits
from training.evaluation.by_group import by_group
from training.evaluation.evaluation import Evaluation
from training.network.inference import infer
from training.outcome import Outcome
from training.recipe import Recipe

MOST_BEATS = 100_000  # for the deciles; chosen by hand
SPLITS = ("train", "validation", "test")
DECILES = np.arange(1, 10) / 10


def describe(
    splits: Splits, outcome: Outcome, recipe: Recipe, cross_validation: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return data, training and metrics, ready for JSON."""
    unusual = infer(outcome.ood.score, splits.test) > 1
    return {
        "data": {
            "source": splits.beats.source,
            "note": splits.note,
            "features": splits.beats.width,
            "rows": {name: len(getattr(splits, name)) for name in SPLITS},
            "classes": _class_counts(splits),
            "groups": splits.groups(),
            "warnings": [each._asdict() for each in splits.warnings],
        },
        "class_names": {str(label): name for label, name in splits.class_names.items()},
        "training": {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "tensorflow": tf.__version__,
            "keras": release("keras"),
            "best_epoch": outcome.trained.best_epoch,
            "early_stop": outcome.trained.early_stop,
            "seconds": round(outcome.trained.seconds, 3),
            **asdict(recipe),
            "batch_size": outcome.trained.batch_size,
            "augment": outcome.trained.augment,
            "label_smoothing": outcome.trained.label_smoothing,
        },
        "metrics": {
            **outcome.evaluation.metrics(),
            "calibration": outcome.calibration.describe(),
            "unusual": {**outcome.ood.describe(), "share_of_test": float(unusual.mean())},
            "by_group": by_group(outcome.evaluation, unusual),
        },
        "cross_validation": cross_validation,
    }


def _class_counts(splits: Splits) -> dict[str, dict[str, int]]:
    counts = zip(*(getattr(splits, name).counts for name in SPLITS), strict=True)
    labels = map(str, splits.class_labels)
    return {label: dict(zip(SPLITS, counted, strict=True)) for label, counted in zip(labels, counts, strict=True)}


def examples(test: Rows, evaluation: Evaluation) -> list[dict[str, Any]]:
    """Return a test beat of each class, classified right if possible, with the expected prediction."""
    predicted = evaluation.predicted
    right_first = np.argsort(predicted != evaluation.truth, kind="stable")
    _, first_of_class = np.unique(evaluation.truth[right_first], return_index=True)
    chosen = right_first[first_of_class]
    return [
        {
            "features": features.tolist(),
            "label": int(evaluation.truth[row]),
            "predicted_class": int(predicted[row]),
            "probability": float(evaluation.probabilities[row].max()),
        }
        for row, features in zip(chosen, test.take(chosen), strict=True)
    ]


def reference(train: Rows, evaluation: Evaluation) -> dict[str, Any]:
    """Return the reference with which later beats and predictions are compared to detect drift.

    `statistics` has the nine inner decile edges of each statistic: `mean`, `standard_deviation` and `range` of a
    training beat's values, and the `probability` of the predicted class of a held-back beat. `classes` are the shares
    of held-back beats predicted as each class. `beats` are the numbers of beats behind each figure.
    """
    predicted = [float(np.mean(evaluation.predicted == label)) for label in evaluation.class_labels]
    statistics = {**_statistics(train), "probability": evaluation.probabilities.max(axis=1)}
    return {
        "statistics": {name: np.quantile(values, DECILES).tolist() for name, values in statistics.items()},
        "classes": dict(zip(map(str, evaluation.class_labels), predicted, strict=True)),
        "beats": {name: len(values) for name, values in statistics.items()}
        | {"predicted_class": len(evaluation.truth)},
    }


def _statistics(train: Rows) -> dict[str, NDArray[np.float64]]:
    counted: list[list[NDArray[np.float64]]] = []
    rows = 0
    for features, _ in train.blocks():
        beats = features.astype(np.float64)
        counted.append([beats.mean(axis=1), beats.std(axis=1), np.ptp(beats, axis=1)])
        rows += len(beats)
        if rows >= MOST_BEATS:  # the first shards are a random sample of all rows
            break
    columns = (np.concatenate(column) for column in zip(*counted, strict=True))
    return dict(zip(("mean", "standard_deviation", "range"), columns, strict=True))
