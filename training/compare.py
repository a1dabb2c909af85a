"""How well the other versions do on the beats that a new one is judged by."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training import served
from training.errors import ComparisonError
from training.evaluate import Evaluation, scores
from training.publish import versions

ROWS = 1024  # asked at once, which bounds the memory

Compared = dict[str, dict[str, Any]]


def compare(base: Path, evaluation: Evaluation, features: NDArray[np.float32]) -> Compared:
    """Accuracy and macro-F1 of each version under `base`, or the reason why it has none, by its number.

    `features` (rows, n) are the held-back beats that `evaluation` is about.
    """
    return {str(version): _judge(base / str(version), evaluation, features) for version in versions(base)}


def _judge(folder: Path, evaluation: Evaluation, features: NDArray[np.float32]) -> dict[str, Any]:
    try:
        with served.load(folder) as model:
            _require_same_task(model, evaluation, features)
            pieces = (features[start : start + ROWS] for start in range(0, len(features), ROWS))
            predicted = np.concatenate([model.answer("predicted_class", piece) for piece in pieces])
        return scores(evaluation.class_labels, evaluation.truth, predicted)
    except ComparisonError as error:
        return {"reason": str(error)}
    except Exception as error:  # whatever is wrong with an old version, it must not cost the new one
        first_line = str(error).partition("\n")[0]
        return {"reason": f"does not load: {type(error).__name__}: {first_line}"}


def _require_same_task(model: served.Served, evaluation: Evaluation, features: NDArray[np.float32]) -> None:
    if model.width != features.shape[1]:
        raise ComparisonError(f"takes {model.width} features, these rows have {features.shape[1]}")
    known, wanted = model.told("class_labels").tolist(), evaluation.class_labels.tolist()
    if known != wanted:
        raise ComparisonError(f"knows the classes {_listed(known)}, these rows have {_listed(wanted)}")


def _listed(labels: list[int]) -> str:
    return ", ".join(map(str, labels))
