"""Evaluates the other versions on the new version's test beats."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from training.dataset.shards import Rows
from training.errors import ComparisonError
from training.evaluation.evaluation import Evaluation
from training.export.session import load_session
from training.store.versions import versions

ROWS = 1024  # per call; bounds memory

Compared = dict[str, dict[str, Any]]


def compare(base: Path, evaluation: Evaluation, test: Rows) -> Compared:
    """Return the scores of each version under `base` by its number, or the `reason` why it has none.

    The scores are those of `Evaluation.compare_with`: accuracy, macro-F1 and the `difference` of the new version from
    it. If both versions have class names, classes are matched by name, else by label. `test` are the beats of
    `evaluation`.
    """
    return {str(version): _evaluate(base / str(version), evaluation, test) for version in versions(base)}


def _evaluate(folder: Path, evaluation: Evaluation, test: Rows) -> dict[str, Any]:
    try:
        with load_session(folder) as model:
            if model.width != test.width:
                raise ComparisonError(f"has {model.width} features, these rows have {test.width}")
            class_labels = model.metadata("class_labels")
            matched = _matched_labels(class_labels.tolist(), model.description().get("class_names") or {}, evaluation)
            predicted = np.concatenate([model.predicted(beats) for beats, _ in test.blocks(ROWS)])
        return evaluation.compare_with(matched[np.searchsorted(class_labels, predicted)])
    except ComparisonError as error:
        return {"reason": str(error)}
    except Exception as error:  # an old version that is broken must not stop the new one
        first_line = str(error).partition("\n")[0]
        return {"reason": f"does not load: {type(error).__name__}: {first_line}"}


def _matched_labels(
    class_labels: list[int], their_names: Mapping[str, str], evaluation: Evaluation
) -> NDArray[np.int64]:
    """Map the other version's `known` labels to the labels of these rows, by name if both have class names.

    Raises ComparisonError if the classes differ.
    """
    wanted = evaluation.class_labels.tolist()
    names = {str(label): name for label, name in evaluation.class_names.items()}
    if not (names and their_names):
        if class_labels != wanted:
            raise ComparisonError(f"has the classes {_listed(class_labels)}, these rows have {_listed(wanted)}")
        return evaluation.class_labels
    labels = {names.get(str(label), str(label)): label for label in wanted}
    theirs = [their_names.get(str(label), str(label)) for label in class_labels]
    if set(theirs) != set(labels) or len(theirs) != len(labels):
        raise ComparisonError(f"has the classes {_listed(theirs)}, these rows have {_listed(labels)}")
    return np.array([labels[name] for name in theirs], np.int64)


def _listed(classes: Iterable[object]) -> str:
    return ", ".join(map(str, classes))
