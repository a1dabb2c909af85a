"""The training pipeline: from files of beats to a published model version."""

import logging
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

import tensorflow as tf

from training.artifacts import write_artifacts
from training.dataset.splits import Fold, Splits, Spooled, read_splits, read_spooled
from training.distributed.workers import Team, Workers, join
from training.errors import PublishError, TrainingError
from training.evaluation.comparison import compare
from training.evaluation.cross_validation import as_text, cross_validate
from training.evaluation.evaluation import Evaluation
from training.network.checkpoint import Store, fingerprint, mark, published
from training.network.fit import fit
from training.options import Options
from training.outcome import fit_and_evaluate
from training.report.description import describe
from training.report.provenance import provenance
from training.report.report import summary
from training.store.locked_folders import scratch
from training.store.version_files import read_spared, write_version
from training.store.versions import prune, publish, staging
from training.tracking.mlflow_run import record_run
from training.tracking.tensorboard import EpochEvents

log = logging.getLogger(__name__)


def train(options: Options, workers: Workers | None = None) -> Path | None:
    """Train, evaluate and publish; return the new version's folder, or None if another worker publishes it.

    Raises DataError for invalid input, and TrainingError if no version can be published.
    """
    if options.cross_validate and workers:
        raise TrainingError(
            "--cross-validate works in one process, but TF_CONFIG names several workers; "
            "leave it out, or cross-validate with one worker"
        )
    spared = read_spared(options.spare_file)
    version = earlier = published(options.models, options.run) if options.run else None
    if version is None:
        team = join(workers, options.worker_patience) if workers else None
        if team and not team.leads:
            _train_as_helper(options, team)
            return None
        version = _train_and_publish(options, team)
    else:
        log.info("this run has published version %d already, before a restart", version)
    if options.version_file:
        write_version(options.version_file, version)
    if options.keep:
        prune(options.models, options.keep, spared)
    folder = options.models / str(version)
    if earlier is None:
        record_run(folder)
    return folder


def _train_and_publish(options: Options, team: Team | None) -> int:
    with ExitStack() as stack:
        # First, to find out early if the folder is not writable.
        folder = stack.enter_context(staging(options.models))
        spooled = read_spooled(options, stack.enter_context(scratch()))
        origin = provenance(options.command, spooled.beats, spooled.test_files)
        cross_validation = _cross_validate(options, spooled) if options.cross_validate else None
        splits = spooled.split(options)
        store = _store(options, splits, team)
        watchers = [EpochEvents.under(options.log_dir, options.run)] if options.log_dir else []
        outcome = fit_and_evaluate(splits, options.recipe, team, store, watchers)
        description = describe(splits, outcome, options.recipe, cross_validation)
        compared = compare(options.models, outcome.evaluation, splits.test)
        print(summary(description, outcome.evaluation, compared), flush=True)
        try:
            write_artifacts(folder, splits, outcome, description, {"compared": compared, "provenance": origin})
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
    """Cross-validate the recipe by beat or by group, print the figures and return them."""
    labels, count = spooled.class_labels, options.cross_validate or 0

    def judge(fold: Fold) -> Evaluation:
        trained = fit(fold.train, fold.validation, len(labels), options.recipe)
        return Evaluation(labels, labels[fold.test.columns()], trained.probabilities(fold.test), {}, fold.test.groups)

    figures = cross_validate(spooled.folds(options, count), count, judge)
    print(as_text(figures, spooled.naming.shown), flush=True)
    return figures


def _train_as_helper(options: Options, team: Team) -> None:
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
    team.wait()  # until it has published: if it is killed before, a restart needs this worker


def _store(options: Options, splits: Splits, team: Team | None) -> Store | None:
    if not (options.run or team):
        return None
    settings = [asdict(options.recipe), splits.class_labels.tolist()]
    number = fingerprint(settings, splits.train, splits.validation, splits.test)
    if team:
        team.require_same(number, "the workers have different beats or options; give all of them the same")
    return Store.of(options.models, options.run, number, not team or team.leads) if options.run else None
