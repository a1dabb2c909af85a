"""Training hyperparameters. Apart from the training, so that a wrong option is reported before TensorFlow loads."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Training hyperparameters."""

    epochs: int = 200
    patience: int = 15  # epochs; 0 for no early stop, see training.network.schedule
    batch_size: int | None = None
    learning_rate: float = 1e-3
    noise: float = 0.0  # deviation of what is added to each training value, in deviations of its column
    label_smoothing: float | None = None  # share of the wanted probability that is spread over all classes
    class_weights: float = 0.0  # a class weighs the inverse of its share to this power: 1 is balanced
    seed: int = 0

    def smoothing(self, early_stop: bool) -> float:
        """The label smoothing: that of the recipe, else 0.1 without early stop, where nothing keeps it from certainty.

        With early stop the probabilities are calibrated, which smoothing would get in the way of.
        """
        return (0.0 if early_stop else 0.1) if self.label_smoothing is None else self.label_smoothing
