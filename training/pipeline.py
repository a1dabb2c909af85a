"""The way from a file of beats to a published version, step by step."""

import json
import logging
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tensorflow as tf

from training.dataset.splits import Fold, Splits, Spooled, read_splits, read_spooled
from training.distributed.workers import Team, Workers, join
from training.errors import PublishError, TrainingError
from training.evaluation.calibration import Calibration, fit_temperature
from training.evaluation.comparison import compare
from training.evaluation.cross_validation import as_text, cross_validate
from training.evaluation.evaluation import Evaluation
from training.export.saved_model import export, verify, write_warmup
from training.export.signatures import Servable
from training.network.checkpoint import Store, fingerprint, mark, published
from training.network.fit import fit
from training.network.inference import apply_temperature, training_mean
from training.ood.score import fit_ood
from training.options import Options
from training.recipe import Recipe
from training.report.description import Outcome, describe, examples, reference
from training.report.provenance import network_shape, provenance
from training.report.report import summary, write_report
from training.store.locked_folders import scratch
from training.store.version_files import read_spared, write_version
from training.store.versions import prune, publish, staging
from training.tracking.mlflow_run import record_run
from training.tracking.tensorboard import EpochEvents

log = logging.getLogger(__name__)

CHECKED_BEATS = 256  # real beats on which the written model must agree with the trained one


def train(options: Options, workers: Workers | None = None) -> Path | None:
    """Train, evaluate and publish; returns the folder of the new version, or None where another worker published it.

    Raises DataError for bad input and TrainingError for what keeps a version from being published.
    """
    if options.cross_validate and workers:
        raise TrainingError(
            "--cross-validate trains one network after another in one process, and TF_CONFIG names several; "
            "leave it out, or cross-validate with one worker"
        )
    spared = read_spared(options.spare_file)
    version = earlier = published(options.models, options.run) if options.run else None
    if version is None:
        team = join(workers, options.worker_patience) if workers else None
        if team and not team.leads:
            _help(options, team)
            return None
        version = _lead(options, team)
    else:
        log.info("version %d is of this run: it was published before a restart", version)
    if options.version_file:
        write_version(options.version_file, version)
    if options.keep:
        prune(options.models, options.keep, spared)
    folder = options.models / str(version)
    if earlier is None:
        record_run(folder)
    return folder


def _lead(options: Options, team: Team | None) -> int:
    with ExitStack() as stack:
        # First, since a folder that cannot be written to is best known early.
        folder = stack.enter_context(staging(options.models))
        spooled = read_spooled(options, stack.enter_context(scratch()))
        made_of = provenance(options.command, spooled.beats, spooled.given)
        crossed = _cross_validate(options, spooled) if options.cross_validate else None
        splits = spooled.split(options)
        store = _store(options, splits, team)
        watchers = [EpochEvents.under(options.log_dir, options.run)] if options.log_dir else []
        outcome = fit_and_evaluate(splits, options.recipe, team, store, watchers)
        description = describe(splits, outcome, options.recipe, crossed)
        compared = compare(options.models, outcome.evaluation, splits.test)
        print(summary(description, outcome.evaluation, compared), flush=True)
        try:
            _write(folder, splits, outcome, description, {"compared": compared, "provenance": made_of})
            if options.run:
                mark(folder, options.run)
            version = publish(folder)
        except (OSError, tf.errors.OpError) as error:
            raise PublishError(
                f"{options.models}: nothing was published, the model could not be written: {error}"
            ) from error
    if store:
        store.remove()
    if team:
        team.wait()
    return version


def _cross_validate(options: Options, spooled: Spooled) -> dict[str, Any]:
    """Tell how networks of this recipe do on beats, or people, that they were not trained on, fold by fold."""
    labels, count = spooled.class_labels, options.cross_validate or 0

    def judge(fold: Fold) -> Evaluation:
        trained = fit(fold.train, fold.validation, len(labels), options.recipe)
        return Evaluation(labels, labels[fold.test.columns()], trained.probabilities(fold.test), {}, fold.test.groups)

    found = cross_validate(spooled.folds(options, count), count, judge)
    print(as_text(found, spooled.naming.shown), flush=True)
    return found


def _help(options: Options, team: Team) -> None:
    with scratch() as folder:
        splits = read_splits(options, folder)
        fit(
            splits.train,
            splits.validation,
            len(splits.class_labels),
            options.recipe,
            team,
            _store(options, splits, team),
        )
    log.info("Trained; worker 0 evaluates and publishes")
    team.wait()  # until it has: else nobody would be here to train with, were it killed before


def _store(options: Options, splits: Splits, team: Team | None) -> Store | None:
    if not (options.run or team):
        return None
    settings = [asdict(options.recipe), splits.class_labels.tolist()]
    number = fingerprint(settings, splits.train, splits.validation, splits.test)
    if team:
        team.require_same(number, "the workers were given different beats or options; give all of them the same")
    return Store.of(options.models, options.run, number, not team or team.leads) if options.run else None


def fit_and_evaluate(
    splits: Splits,
    recipe: Recipe,
    team: Team | None = None,
    store: Store | None = None,
    watchers: Sequence[EpochEvents] = (),
) -> Outcome:
    """Train by one part, calibrate by the second, judge by the third; TrainingError if the training diverged."""
    trained = fit(splits.train, splits.validation, len(splits.class_labels), recipe, team, store, watchers)
    truth = splits.class_labels[splits.test.columns()]
    before = Evaluation(splits.class_labels, truth, trained.probabilities(splits.test)).reliability()
    # Of rows that were trained on, the network is surer than of others.
    temperature = (
        fit_temperature(trained.logits(splits.validation), splits.validation.columns()) if trained.early_stop else 1.0
    )
    apply_temperature(trained.model, temperature)
    answers = trained.probabilities(splits.test)
    evaluation = Evaluation(splits.class_labels, truth, answers, splits.class_names, splits.test.groups)
    calibration = Calibration(temperature, before, evaluation.reliability())
    return Outcome(trained, calibration, evaluation, fit_ood(splits.train, splits.validation, recipe.seed))


def _write(folder: Path, splits: Splits, outcome: Outcome, description: dict[str, Any], beside: dict[str, Any]) -> None:
    evaluation = outcome.evaluation
    shown = examples(splits.test, evaluation)
    beats, _ = next(splits.test.blocks(CHECKED_BEATS))
    export(_servable(splits, outcome, {**description, "examples": shown}), folder)
    verify(folder, beats, evaluation.probabilities[: len(beats)], outcome.unusual)
    write_warmup(folder, folder.parent.name, beats)
    extra = folder / "assets.extra"
    report = {**description, **beside, "network": network_shape(outcome.trained.model)}
    metrics = json.dumps({**report, "history": outcome.trained.history}, indent=2)
    (extra / "metrics.json").write_text(metrics + "\n", encoding="utf-8")
    (extra / "beats.json").write_text(json.dumps(shown), encoding="utf-8")
    write_report(extra / "report.html", report, outcome, splits.test)


def _servable(splits: Splits, outcome: Outcome, description: dict[str, Any]) -> Servable:
    baseline = training_mean(outcome.trained.model)
    held_against = {"baseline": baseline.tolist(), "reference": reference(splits.train, outcome.evaluation)}
    return Servable(
        outcome.trained.model,
        outcome.unusual,
        baseline,
        splits.class_labels,
        splits.beats.feature_names,
        json.dumps({**description, **held_against}),
    )
