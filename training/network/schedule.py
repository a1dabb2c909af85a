"""Which rows a network is trained on, for how long, and by what it is stopped."""

import math
from dataclasses import dataclass
from typing import Final

import keras

from training.dataset.few_rows import too_few_to_stop_by
from training.dataset.shards import Rows
from training.recipe import Recipe

# Of a training without early stop: chosen by five-fold cross-validation of ECG5000's 500 training rows (50 epochs, of
# which 20 to 100 did as well) and of the beats of MIT-BIH's records DS1, by record (16 epochs).
FIXED_STEPS: Final = 800
FIXED_EPOCHS: Final = 16  # at least, however many steps they have
LEAST_GAIN: Final = 1e-3  # of validation loss, within the patience


@dataclass(frozen=True, slots=True)
class Schedule:
    """A training's rows, batches and epochs."""

    train: Rows
    validation: Rows | None  # None where nothing stops the training early
    batch_size: int
    epochs: int

    @classmethod
    def of(cls, train: Rows, validation: Rows, recipe: Recipe) -> "Schedule":
        """Return the recipe's schedule; without early stop the validation rows are trained on, too."""
        if recipe.patience and not too_few_to_stop_by(validation):
            return cls(train, validation, batch_size(len(train), recipe), recipe.epochs)
        rows = train.joined(validation)
        batch = batch_size(len(rows), recipe)
        epochs = max(FIXED_EPOCHS, math.ceil(FIXED_STEPS * batch / len(rows)))
        return cls(rows, None, batch, min(recipe.epochs, epochs))

    def learning_rate(self, recipe: Recipe) -> float | keras.optimizers.schedules.LearningRateSchedule:
        """Return the recipe's learning rate, which falls to 0 along a cosine where the last weights are kept."""
        if self.validation:
            return recipe.learning_rate
        steps = self.epochs * math.ceil(len(self.train) / self.batch_size)
        return keras.optimizers.schedules.CosineDecay(recipe.learning_rate, steps)

    def stop(self, recipe: Recipe) -> keras.callbacks.EarlyStopping:
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
