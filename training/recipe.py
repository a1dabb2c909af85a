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
    # None: by the number of rows, see training.network.schedule
    augment: float | None = None  # strength by which training beats are bent, see training.dataset.augmentation
    label_smoothing: float | None = None  # share of the wanted probability that is spread over all classes
    class_weights: float = 0.0  # a class weighs the inverse of its share to this power: 1 is balanced
    seed: int = 0
