"""The schedule of a training: rows, batch size, epochs, early stopping, augmentation and label smoothing."""

import math
from dataclasses import dataclass
from typing import Final

import keras

from training.dataset.few_rows import too_few_to_stop_by
from training.dataset.shards import Rows
from training.errors import TrainingError
from training.recipe import Recipe

# Without early stopping. Chosen by five-fold cross-validation on ECG5000's 500 training rows (50 epochs; 20 to 100 were
# equally good) and, by record, on the beats of MIT-BIH's DS1 (16 epochs).
FIXED_STEPS: Final = 800
FIXED_EPOCHS: Final = 16  # minimum, for any number of steps
FEW_ROWS: Final = 1000  # training rows, which this network memorises; see `augmentation` and `smoothing`
LEAST_GAIN: Final = 1e-3  # decrease of the validation loss that counts; chosen by hand


@dataclass(frozen=True, slots=True)
class Schedule:
    """A recipe applied to these rows, with all defaults resolved."""

    train: Rows
    validation: Rows | None  # None without early stopping
    batch_size: int
    epochs: int
    augment: float
    label_smoothing: float
    class_weights: dict[int, float] | None

    @classmethod
    def of(cls, train: Rows, validation: Rows, recipe: Recipe) -> "Schedule":
        """Return the recipe's schedule; without early stopping the validation rows are trained on, too.

        Raises TrainingError if the recipe augments traces and the rows have none.
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
        """Return the recipe's learning rate; without early stopping it falls to 0 along a cosine."""
        if self.validation:
            return recipe.learning_rate
        steps = self.epochs * math.ceil(len(self.train) / self.batch_size)
        return keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)

    def early_stopping(self, recipe: Recipe) -> keras.callbacks.EarlyStopping:
        """Return the callback for early stopping, which never stops without validation rows."""
        if self.validation:
            # Without min_delta, the loss of easy beats falls for ever by tiny amounts.
            return keras.callbacks.EarlyStopping(
                "val_loss", min_delta=LEAST_GAIN, patience=recipe.patience, restore_best_weights=True
            )
        return keras.callbacks.EarlyStopping("loss", patience=self.epochs)


def batch_size(rows: int, recipe: Recipe) -> int:
    """Return the rows per step: the recipe's, else 32 to 1024 by the number of rows; at most all `rows`."""
    return min(recipe.batch_size or min(1024, max(32, rows // 200)), rows)


def augmentation(recipe: Recipe, trace: int, *, few: bool) -> float:
    """Return the strength of augmentation: the recipe's, else 1 for `few` rows with a `trace`, else 0.

    Measured on ten draws of 23 and of 100 training rows of two classes of ECG5000: accuracy on the others was 0.990 and
    0.993 with augmentation, 0.977 and 0.985 without. Raises TrainingError if the rows have no trace to augment.
    """
    if recipe.augment is None:
        return 1.0 if few and trace else 0.0
    if recipe.augment and not trace:
        raise TrainingError("--augment needs the trace of a beat, but these columns are not a trace; leave it out")
    return recipe.augment


def smoothing(recipe: Recipe, augment: float, *, few: bool) -> float:
    """Return the label smoothing: the recipe's, else 0.1 for `few` rows without augmentation, else 0.

    On ECG5000's first 23 and 100 rows it added 0.002 to the accuracy without augmentation, and nothing with it. With
    early stopping or many rows it makes calibration worse: on other people's beats of MIT-BIH the calibration error was
    0.106 instead of 0.002.
    """
    if recipe.label_smoothing is None:
        return 0.1 if few and not augment else 0.0
    return recipe.label_smoothing


def class_weights(rows: Rows, power: float) -> dict[int, float] | None:
    """Return weights by class column, whose mean over the rows is 1; None if `power` is 0."""
    if not power:
        return None
    weights = {column: (1 / count) ** power for column, count in enumerate(rows.counts) if count}
    total = sum(weight * rows.counts[column] for column, weight in weights.items())
    return {column: weight * len(rows) / total for column, weight in weights.items()}
