"""The way from a file of beats to a published version, step by step."""

import json
import logging
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version as release
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from data.beats import Beats, require_classes
from data.provide import provide
from data.reader import read_beats
from training.compare import Compared, compare
from training.errors import PublishError
from training.evaluate import Evaluation
from training.export import export, verify, write_warmup
from training.network import Recipe, Trained, fit
from training.options import Options
from training.publish import prune, publish, staging
from training.report import summary, write_report
from training.split import Parts, deal
from training.version_files import read_spared, write_version

log = logging.getLogger(__name__)

CHECKED_BEATS = 256  # real beats on which the written model must agree with the trained one


def train(options: Options) -> Path:
    """Train, evaluate and publish; returns the folder of the new version.

    Raises DataError for bad input and TrainingError for what keeps a version from being published.
    """
    spared = read_spared(options.spare_file)
    with staging(options.models) as folder:  # first, since a folder that cannot be written to is best known early
        parts = read(options)
        trained, evaluation = fit_and_evaluate(parts, options.recipe)
        description = _describe(parts, trained, evaluation, options.recipe)
        compared = compare(options.models, evaluation, parts.test.features)
        print(summary(description, evaluation, compared), flush=True)
        try:
            _write(folder, parts.test, trained, evaluation, description, compared)
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


def read(options: Options, salt: int = 0) -> Parts:
    """Read the beats that the options name and deal them out; DataError for bad ones.

    Another `salt` holds other rows back.
    """
    beats = read_beats(options.data or provide(Path("data")), options.label)
    held_back = read_beats(options.test, options.label, like=beats) if options.test else None
    require_classes(beats, minimum_rows=2 if held_back else 3)
    log.info("%d beats of %d values from %s", *beats.features.shape, beats.source)
    if beats.note:
        log.warning("NOTE: %s", beats.note)
    return deal(beats, held_back, options.validation_share, options.test_share, options.recipe.seed, salt)


def fit_and_evaluate(parts: Parts, recipe: Recipe) -> tuple[Trained, Evaluation]:
    """Train on two parts and judge by the third; TrainingError if the training diverged."""
    class_labels = np.unique(parts.train.labels)
    train, validation = (
        (part.features, np.searchsorted(class_labels, part.labels)) for part in (parts.train, parts.validation)
    )
    trained = fit(train, validation, len(class_labels), recipe)
    return trained, Evaluation(class_labels, parts.test.labels, trained.probabilities(parts.test.features))


def _describe(parts: Parts, trained: Trained, evaluation: Evaluation, recipe: Recipe) -> dict[str, Any]:
    rows = {name: len(getattr(parts, name).labels) for name in ("train", "validation", "test")}
    return {
        "data": {
            "source": parts.train.source,
            "note": parts.train.note,
            "features": parts.train.features.shape[1],
            "rows": rows,
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
    test: Beats,
    trained: Trained,
    evaluation: Evaluation,
    description: dict[str, Any],
    compared: Compared,
) -> None:
    export(trained.model, evaluation.class_labels, test.feature_names, description, folder)
    verify(folder, test.features[:CHECKED_BEATS], evaluation.probabilities[:CHECKED_BEATS])
    write_warmup(folder, folder.parent.name, test.features)
    extra = folder / "assets.extra"
    told = {**description, "compared": compared}
    metrics = json.dumps({**told, "history": trained.history}, indent=2)
    (extra / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    (extra / "beats.json").write_text(json.dumps(examples(test, evaluation)), encoding="utf-8")
    write_report(extra / "report.html", told, evaluation, test.features, trained.history)


def examples(test: Beats, evaluation: Evaluation) -> list[dict[str, Any]]:
    """A held-back beat of each class, if possible one that is told right, with the answer that must be given for it."""
    predicted = evaluation.predicted
    right_first = np.argsort(predicted != test.labels, kind="stable")
    _, places = np.unique(test.labels[right_first], return_index=True)
    return [
        {
            "features": test.features[row].tolist(),
            "label": int(test.labels[row]),
            "predicted_class": int(predicted[row]),
            "probability": float(evaluation.probabilities[row].max()),
        }
        for row in right_first[places]
    ]
