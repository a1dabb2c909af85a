"""What a served model version says of itself: the only source of lengths, names and class labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

# What of a description is told at a path of its own, or to nobody: it is long.
LONG: Final = frozenset({"examples", "baseline", "reference"})


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model version; names and labels are None for a model that does not tell them."""

    version: int
    width: int
    feature_names: tuple[str, ...] | None = None
    class_labels: tuple[int, ...] | None = None
    description: Mapping[str, Any] = field(default_factory=dict)
    signatures: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """The description without what is long."""
        return {name: value for name, value in self.description.items() if name not in LONG}

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Beats that came with the model and what it says of them, those that fit it."""
        told = self.description.get("examples")
        return [
            each
            for each in (told if isinstance(told, list) else [])
            if isinstance(each, dict) and self._is_beat(each.get("features"))
        ]

    @property
    def baseline(self) -> list[float] | None:
        """The mean of the training beats, from which explanations start."""
        told = self.description.get("baseline")
        return told if self._is_beat(told) else None

    def _is_beat(self, value: object) -> bool:
        return (
            isinstance(value, list) and len(value) == self.width and all(type(each) in (int, float) for each in value)
        )


@dataclass(frozen=True, slots=True)
class VersionState:
    """Where a version is on its way: a word of TensorFlow Serving, and what went wrong if its loading failed."""

    name: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.problem})" if self.problem else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's outputs for a batch of n beats: n labels, n numbers, n rows of one probability per class.

    `more` has by name what only some signatures give, n values of each.
    """

    version: int
    predicted_class: list[int]
    probability: list[float]
    probabilities: list[list[float]]
    more: Mapping[str, list[Any]] = field(default_factory=dict)

    def rows(self, start: int, end: int) -> "Answer":
        """The answer to some of the beats."""
        part = slice(start, end)
        return Answer(self.version, self.predicted_class[part], self.probability[part], self.probabilities[part])
