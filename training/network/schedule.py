"""Which rows a network is trained on, how, for how long, and by what it is stopped."""

import math
from dataclasses import dataclass
from typing import Final

import keras

from training.dataset.few_rows import too_few_to_stop_by
from training.dataset.shards import Rows
from training.errors import TrainingError
from training.recipe import Recipe

# Of a training without early stop: chosen by five-fold cross-validation of ECG5000's 500 training rows (50 epochs, of
# which 20 to 100 did as well) and of the beats of MIT-BIH's records DS1, by record (16 epochs).
FIXED_STEPS: Final = 800
FIXED_EPOCHS: Final = 16  # at least, however many steps they have
FEW_ROWS: Final = 1000  # of training, which a network of 128-64 learns by heart
LEAST_GAIN: Final = 1e-3  # of validation loss, within the patience


@dataclass(frozen=True, slots=True)
class Schedule:
    """What a recipe comes to with these rows."""

    train: Rows
    validation: Rows | None  # None where nothing stops the training early
    batch_size: int
    epochs: int
    augment: float
    label_smoothing: float
    class_weights: dict[int, float] | None

    @classmethod
    def of(cls, train: Rows, validation: Rows, recipe: Recipe) -> "Schedule":
        """Return the recipe's schedule; without early stop the validation rows are trained on, too.

        Raises TrainingError if the recipe bends traces and the rows have none.
        """
        early_stop = recipe.patience > 0 and not too_few_to_stop_by(validation)
        rows = train if early_stop else train.joined(validation)
        batch = batch_size(len(rows), recipe)
        fixed = max(FIXED_EPOCHS, math.ceil(FIXED_STEPS * batch / len(rows)))
        few = not early_stop and len(rows) < FEW_ROWS
        augment = augmentation(recipe, rows.trace, few=few)
        return cls(
            rows,
            validation if early_stop else None,
            batch,
            recipe.epochs if early_stop else min(recipe.epochs, fixed),
            augment,
            smoothing(recipe, augment, few=few),
            class_weights(rows, recipe.class_weights),
        )

    def learning_rate(self, recipe: Recipe) -> float | keras.optimizers.schedules.LearningRateSchedule:
        """Return the recipe's learning rate, which falls to 0 along a cosine where the last weights are kept."""
        if self.validation:
            return recipe.learning_rate
        steps = self.epochs * math.ceil(len(self.train) / self.batch_size)
        return keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)

    def early_stopping(self, recipe: Recipe) -> keras.callbacks.EarlyStopping:
        """Return the early stop, which without validation rows never comes."""
        if self.validation:
            # Where beats are easy the loss falls for ever by ever less, which nobody should wait for.
            return keras.callbacks.EarlyStopping(
                "val_loss", min_delta=LEAST_GAIN, patience=recipe.patience, restore_best_weights=True
            )
        return keras.callbacks.EarlyStopping("loss", patience=self.epochs)


def batch_size(rows: int, recipe: Recipe) -> int:
    """Rows per step: those of the recipe, else 32 to 1024, so that few rows take many steps and many use the machine.

    Never more than all `rows`.
    """
    return min(recipe.batch_size or min(1024, max(32, rows // 200)), rows)


def augmentation(recipe: Recipe, trace: int, *, few: bool) -> float:
    """The strength of augmentation: the recipe's, else 1 where `few` rows of a `trace` train without early stop.

    Of ECG5000's training rows of two classes 23 and 100 were drawn ten times, and the others judged: accuracy was
    0.990 and 0.993 with it, 0.977 and 0.985 without.
    """
    if recipe.augment is None:
        return 1.0 if few and trace else 0.0
    if recipe.augment and not trace:
        raise TrainingError("--augment bends the traces of beats, and these columns are no trace; leave it out")
    return recipe.augment


def smoothing(recipe: Recipe, augment: float, *, few: bool) -> float:
    """The label smoothing: the recipe's, else 0.1 where `few` rows train without early stop and augmentation.

    Without augmentation it was worth 0.002 of accuracy on ECG5000's first 23 and 100 rows, with it nothing. With
    early stop or many rows probabilities are right without it: on other people's beats of MIT-BIH it made the
    calibration error 0.106 instead of 0.002.
    """
    if recipe.label_smoothing is None:
        return 0.1 if few and not augment else 0.0
    return recipe.label_smoothing


def class_weights(rows: Rows, power: float) -> dict[int, float] | None:
    """Weights of the class columns, whose mean over the rows is 1; None without `power`."""
    if not power:
        return None
    weights = {column: (1 / count) ** power for column, count in enumerate(rows.counts) if count}
    total = sum(weight * rows.counts[column] for column, weight in weights.items())
    return {column: weight * len(rows) / total for column, weight in weights.items()}
