"""Writes the files of a version: the checked SavedModel, its warm-up requests, metrics, example beats and report."""

import json
from pathlib import Path
from typing import Any, Final

from training.dataset.splits import Splits
from training.export.saved_model import export, verify, write_warmup
from training.export.signatures import Servable
from training.network.inference import training_mean
from training.outcome import Outcome
from training.report.description import examples, reference
from training.report.provenance import network_shape
from training.report.report import write_report

CHECKED_BEATS: Final = 256  # number of beats on which the written model must agree with the trained one


def write_artifacts(
    folder: Path, splits: Splits, outcome: Outcome, description: dict[str, Any], report_only: dict[str, Any]
) -> None:
    """Write a version into `folder`. The entries of `report_only` go into metrics and report, not into the model.

    Raises PublishError if the answers of the written model differ from those of the trained one.
    """
    evaluation = outcome.evaluation
    shown = examples(splits.test, evaluation)
    beats, _ = next(splits.test.blocks(CHECKED_BEATS))
    export(_servable(splits, outcome, {**description, "examples": shown}), folder)
    verify(folder, beats, evaluation.probabilities[: len(beats)], outcome.ood)
    write_warmup(folder, folder.parent.name, beats)
    extra = folder / "assets.extra"
    report = {**description, **report_only, "network": network_shape(outcome.trained.model)}
    metrics = json.dumps({**report, "history": outcome.trained.history}, indent=2)
    (extra / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    (extra / "beats.json").write_text(json.dumps(shown), encoding="utf-8")
    write_report(extra / "report.html", report, outcome, splits.test, splits.beats.feature_names)


def _servable(splits: Splits, outcome: Outcome, description: dict[str, Any]) -> Servable:
    baseline = training_mean(outcome.trained.model)
    for_clients = {"baseline": baseline.tolist(), "reference": reference(splits.train, outcome.evaluation)}
    return Servable(
        outcome.trained.model,
        outcome.ood,
        baseline,
        splits.class_labels,
        splits.beats.feature_names,
        json.dumps({**description, **for_clients}),
    )
