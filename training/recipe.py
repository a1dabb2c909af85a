"""Training hyperparameters, in a module without TensorFlow so that an invalid option is reported at once."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Recipe:
    """Training hyperparameters."""

    epochs: int = 200
    patience: int = 15  # epochs; 0 for no early stopping, see training.network.schedule
    batch_size: int | None = None
    learning_rate: float = 1e-3
    noise: float = 0.0  # standard deviation of added noise, in deviations of each column
    # None: by the number of rows, see training.network.schedule
    augment: float | None = None  # strength, see training.dataset.augmentation
    label_smoothing: float | None = None  # share of the target probability that is spread over all classes
    class_weights: float = 0.0  # power of the inverse of a class's share; 1 is balanced
    seed: int = 0
