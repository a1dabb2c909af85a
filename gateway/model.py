"""What a served model version says of itself: the only source of lengths, names and class labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model version; names and labels are None for a model that does not tell them."""

    version: int
    width: int
    feature_names: tuple[str, ...] | None = None
    class_labels: tuple[int, ...] | None = None
    description: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VersionState:
    """Where a version is on its way: a word of TensorFlow Serving, and what went wrong if its loading failed."""

    name: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.problem})" if self.problem else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's outputs for a batch of n beats: n labels, n numbers, n rows of one probability per class."""

    version: int
    predicted_class: list[int]
    probability: list[float]
    probabilities: list[list[float]]

    def rows(self, start: int, end: int) -> "Answer":
        """The answer to some of the beats."""
        part = slice(start, end)
        return Answer(self.version, self.predicted_class[part], self.probability[part], self.probabilities[part])
