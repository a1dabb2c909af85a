"""The result of a training: the network, its calibration, its evaluation and its out-of-distribution score."""

from collections.abc import Sequence
from dataclasses import dataclass

from training.dataset.splits import Splits
from training.distributed.workers import Team
from training.evaluation.calibration import Calibration, fit_temperature
from training.evaluation.evaluation import Evaluation
from training.network.checkpoint import Store
from training.network.fit import Trained, fit
from training.network.inference import apply_temperature
from training.ood.score import OodScore, fit_ood
from training.recipe import Recipe
from training.tracking.tensorboard import EpochEvents


@dataclass(frozen=True, slots=True)
class Outcome:
    """A trained and calibrated network, its evaluation and its out-of-distribution score."""

    trained: Trained
    calibration: Calibration
    evaluation: Evaluation
    ood: OodScore


def fit_and_evaluate(
    splits: Splits,
    recipe: Recipe,
    team: Team | None = None,
    store: Store | None = None,
    watchers: Sequence[EpochEvents] = (),
) -> Outcome:
    """Train on the training split, calibrate on validation, evaluate on test. Raises TrainingError on divergence."""
    trained = fit(splits.train, splits.validation, len(splits.class_labels), recipe, team, store, watchers)
    truth = splits.class_labels[splits.test.columns()]
    before = Evaluation(splits.class_labels, truth, trained.probabilities(splits.test)).reliability()
    # Not on rows that were trained on: the network is more confident about them than about others.
    temperature = (
        fit_temperature(trained.logits(splits.validation), splits.validation.columns()) if trained.early_stop else 1.0
    )
    apply_temperature(trained.model, temperature)
    answers = trained.probabilities(splits.test)
    evaluation = Evaluation(splits.class_labels, truth, answers, splits.class_names, splits.test.groups)
    calibration = Calibration(temperature, before, evaluation.reliability())
    return Outcome(trained, calibration, evaluation, fit_ood(splits.train, splits.validation, recipe.seed))
