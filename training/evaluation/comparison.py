"""How well the other versions do on the beats that a new one is judged by."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from training.dataset.shards import Rows
from training.errors import ComparisonError
from training.evaluation.evaluation import Evaluation, scores
from training.export.session import Session, load_session
from training.store.versions import versions

ROWS = 1024  # asked at once, which bounds the memory

Compared = dict[str, dict[str, Any]]


def compare(base: Path, evaluation: Evaluation, test: Rows) -> Compared:
    """Accuracy and macro-F1 of each version under `base`, or the reason why it has none, by its number.

    `test` are the held-back beats that `evaluation` is about.
    """
    return {str(version): _judge(base / str(version), evaluation, test) for version in versions(base)}


def _judge(folder: Path, evaluation: Evaluation, test: Rows) -> dict[str, Any]:
    try:
        with load_session(folder) as model:
            _require_same_task(model, evaluation, test)
            predicted = np.concatenate([model.predicted(beats) for beats, _ in test.blocks(ROWS)])
        return scores(evaluation.class_labels, evaluation.truth, predicted)
    except ComparisonError as error:
        return {"reason": str(error)}
    except Exception as error:  # whatever is wrong with an old version, it must not cost the new one
        first_line = str(error).partition("\n")[0]
        return {"reason": f"does not load: {type(error).__name__}: {first_line}"}


def _require_same_task(model: Session, evaluation: Evaluation, test: Rows) -> None:
    if model.width != test.width:
        raise ComparisonError(f"takes {model.width} features, these rows have {test.width}")
    known, wanted = model.metadata("class_labels").tolist(), evaluation.class_labels.tolist()
    if known != wanted:
        raise ComparisonError(f"knows the classes {_listed(known)}, these rows have {_listed(wanted)}")
    names = {str(label): name for label, name in evaluation.class_names.items()}
    known_names = model.description().get("class_names") or names
    if names and known_names != names:
        raise ComparisonError(f"names its classes {_named(known_names)}, these rows {_named(names)}")


def _listed(labels: list[int]) -> str:
    return ", ".join(map(str, labels))


def _named(names: Mapping[str, str]) -> str:
    return ", ".join(f"{label} ({name})" for label, name in names.items())
