"""The way from a file of beats to a published version, step by step."""

import json
from contextlib import ExitStack
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as release
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from training.compare import Compared, compare
from training.errors import PublishError
from training.evaluate import Evaluation
from training.export import export, verify, write_warmup
from training.network import Recipe, Trained, fit
from training.options import Options
from training.parts import Parts, read, scratch
from training.publish import prune, publish, staging
from training.report import summary, write_report
from training.shards import Rows
from training.version_files import read_spared, write_version

CHECKED_BEATS = 256  # real beats on which the written model must agree with the trained one


def train(options: Options) -> Path:
    """Train, evaluate and publish; returns the folder of the new version.

    Raises DataError for bad input and TrainingError for what keeps a version from being published.
    """
    spared = read_spared(options.spare_file)
    with ExitStack() as stack:
        # First, since a folder that cannot be written to is best known early.
        folder = stack.enter_context(staging(options.models))
        parts = read(options, stack.enter_context(scratch()))
        trained, evaluation = fit_and_evaluate(parts, options.recipe)
        description = _describe(parts, trained, evaluation, options.recipe)
        compared = compare(options.models, evaluation, parts.test)
        print(summary(description, evaluation, compared), flush=True)
        try:
            _write(folder, parts, trained, evaluation, description, compared)
            version = publish(folder)
        except (OSError, tf.errors.OpError) as error:
            raise PublishError(
                f"{options.models}: nothing was published, the model could not be written: {error}"
            ) from error
    if options.version_file:
        write_version(options.version_file, version)
    if options.keep:
        prune(options.models, options.keep, spared)
    return options.models / str(version)


def fit_and_evaluate(parts: Parts, recipe: Recipe) -> tuple[Trained, Evaluation]:
    """Train on two parts and judge by the third; TrainingError if the training diverged."""
    trained = fit(parts.train, parts.validation, len(parts.class_labels), recipe)
    truth = parts.class_labels[parts.test.columns()]
    return trained, Evaluation(parts.class_labels, truth, trained.probabilities(parts.test))


def _describe(parts: Parts, trained: Trained, evaluation: Evaluation, recipe: Recipe) -> dict[str, Any]:
    return {
        "data": {
            "source": parts.beats.source,
            "note": parts.beats.note,
            "features": parts.beats.width,
            "rows": {name: len(getattr(parts, name)) for name in ("train", "validation", "test")},
        },
        "training": {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "tensorflow": tf.__version__,
            "keras": release("keras"),
            "best_epoch": trained.best_epoch,
            **asdict(recipe),
        },
        "metrics": evaluation.metrics(),
    }


def _write(
    folder: Path,
    parts: Parts,
    trained: Trained,
    evaluation: Evaluation,
    description: dict[str, Any],
    compared: Compared,
) -> None:
    export(trained.model, evaluation.class_labels, parts.beats.feature_names, description, folder)
    beats, _ = next(parts.test.blocks(CHECKED_BEATS))
    verify(folder, beats, evaluation.probabilities[: len(beats)])
    write_warmup(folder, folder.parent.name, beats)
    extra = folder / "assets.extra"
    told = {**description, "compared": compared}
    metrics = json.dumps({**told, "history": trained.history}, indent=2)
    (extra / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    (extra / "beats.json").write_text(json.dumps(examples(parts.test, evaluation)), encoding="utf-8")
    write_report(extra / "report.html", told, evaluation, parts.test, trained.history)


def examples(test: Rows, evaluation: Evaluation) -> list[dict[str, Any]]:
    """A held-back beat of each class, if possible one that is told right, with the answer that must be given for it."""
    predicted = evaluation.predicted
    right_first = np.argsort(predicted != evaluation.truth, kind="stable")
    _, places = np.unique(evaluation.truth[right_first], return_index=True)
    chosen = right_first[places]
    return [
        {
            "features": features.tolist(),
            "label": int(evaluation.truth[row]),
            "predicted_class": int(predicted[row]),
            "probability": float(evaluation.probabilities[row].max()),
        }
        for row, features in zip(chosen, test.take(chosen), strict=True)
    ]
