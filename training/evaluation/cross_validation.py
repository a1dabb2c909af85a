"""Cross-validation: trains on all folds but one and evaluates on that one, for each fold."""

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from training.dataset.splits import Fold
from training.evaluation.evaluation import Evaluation

log = logging.getLogger(__name__)

BY_CLASS = ("recall", "precision")


def cross_validate(folds: Iterable[Fold], count: int, evaluate: Callable[[Fold], Evaluation]) -> dict[str, Any]:
    """Train and evaluate a network for each of `count` folds and return the figures over all folds, ready for JSON.

    `accuracy`, `macro_f1` and each class's recall and precision have mean, sample standard deviation (`sd`, with one
    degree of freedom less than folds), min and max, over the folds in which the figure is defined.
    """
    per_fold, classes = list[dict[str, Any]](), list[dict[str, Any]]()
    by = "beats"
    for number, fold in enumerate(folds, 1):
        log.info("Fold %d of %d: %d beats are held back", number, count, len(fold.test))
        evaluation = evaluate(fold)
        by = "beats" if evaluation.groups is None else "groups"
        people = None if evaluation.groups is None else len(np.unique(evaluation.groups))
        per_fold.append({**evaluation.scores(), "rows": len(fold.test), "groups": people})
        classes.append(evaluation.by_class())
        log.info(
            "Fold %d of %d: accuracy %.4f, macro-F1 %.4f",
            *(number, count, per_fold[-1]["accuracy"], per_fold[-1]["macro_f1"]),
        )
    return {
        "folds": count,
        "by": by,
        **{name: _spread([each[name] for each in per_fold]) for name in ("accuracy", "macro_f1")},
        "classes": {
            label: {name: _spread([each[label][name] for each in classes]) for name in BY_CLASS} for label in classes[0]
        },
        "per_fold": per_fold,
    }


def _spread(values: Sequence[float | None]) -> dict[str, float] | None:
    defined = [value for value in values if value is not None]
    if not defined:
        return None
    return {
        "mean": float(np.mean(defined)),
        "sd": float(np.std(defined, ddof=1)) if len(defined) > 1 else 0.0,
        "min": min(defined),
        "max": max(defined),
    }


def as_text(figures: dict[str, Any], names: Callable[[int], str]) -> str:
    """Return the result of `cross_validate` as text, a line for each figure; `names` gives a class label's name."""
    by = "people" if figures["by"] == "groups" else "beats"
    lines = [f"Cross-validation in {figures['folds']} folds by {by}: mean, standard deviation, lowest and highest"]
    lines += [_line(title, figures[name]) for name, title in (("accuracy", "accuracy"), ("macro_f1", "macro-F1"))]
    for label, scores in figures["classes"].items():
        lines += [_line(f"class {names(int(label))} {name}", scores[name]) for name in BY_CLASS]
    return "\n".join(lines)


def _line(title: str, spread: dict[str, float] | None) -> str:
    if spread is None:
        return f"  {title}: not defined"
    return "  {}: {mean:.4f}, {sd:.4f}, {min:.4f} to {max:.4f}".format(title, **spread)
