"""How a network is trained. Apart from the training, so that a mistake in an option is told before TensorFlow loads."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Recipe:
    """What to train on is not its business."""

    epochs: int = 200
    patience: int = 15
    batch_size: int | None = None
    learning_rate: float = 1e-3
    class_weights: Literal["none", "balanced"] = "none"
    seed: int = 0
