"""Training hyperparameters. Apart from the training, so that a wrong option is reported before TensorFlow loads."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """Training hyperparameters."""

    epochs: int = 200
    patience: int = 15
    batch_size: int | None = None
    learning_rate: float = 1e-3
    class_weights: Literal["none", "balanced"] = "none"
    seed: int = 0
