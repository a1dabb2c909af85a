"""How well the other versions do on the beats that a new one is judged by."""

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

ROWS = 1024  # asked at once, which bounds the memory

Compared = dict[str, dict[str, Any]]


def compare(base: Path, evaluation: Evaluation, test: Rows) -> Compared:
    """What each version under `base` reaches, or the reason why that is not known, by its number.

    Accuracy, macro-F1 and the `difference` of the new version from it, as `Evaluation.beside` has them. Classes are
    those of the same name where both versions name theirs, whatever their labels. `test` are the held-back beats that
    `evaluation` is about.
    """
    return {str(version): _judge(base / str(version), evaluation, test) for version in versions(base)}


def _judge(folder: Path, evaluation: Evaluation, test: Rows) -> dict[str, Any]:
    try:
        with load_session(folder) as model:
            if model.width != test.width:
                raise ComparisonError(f"takes {model.width} features, these rows have {test.width}")
            known = model.metadata("class_labels")
            meant = _meant(known.tolist(), model.description().get("class_names") or {}, evaluation)
            predicted = np.concatenate([model.predicted(beats) for beats, _ in test.blocks(ROWS)])
        return evaluation.beside(meant[np.searchsorted(known, predicted)])
    except ComparisonError as error:
        return {"reason": str(error)}
    except Exception as error:  # whatever is wrong with an old version, it must not cost the new one
        first_line = str(error).partition("\n")[0]
        return {"reason": f"does not load: {type(error).__name__}: {first_line}"}


def _meant(known: list[int], known_names: Mapping[str, str], evaluation: Evaluation) -> NDArray[np.int64]:
    """The labels of these rows for the other version's `known` labels, by name where both name their classes.

    Raises ComparisonError unless both have the same classes.
    """
    wanted = evaluation.class_labels.tolist()
    names = {str(label): name for label, name in evaluation.class_names.items()}
    if not (names and known_names):
        if known != wanted:
            raise ComparisonError(f"knows the classes {_listed(known)}, these rows have {_listed(wanted)}")
        return evaluation.class_labels
    labels = {names.get(str(label), str(label)): label for label in wanted}
    theirs = [known_names.get(str(label), str(label)) for label in known]
    if set(theirs) != set(labels) or len(theirs) != len(labels):
        raise ComparisonError(f"knows the classes {_listed(theirs)}, these rows have {_listed(labels)}")
    return np.array([labels[name] for name in theirs], np.int64)


def _listed(classes: Iterable[object]) -> str:
    return ", ".join(map(str, classes))
