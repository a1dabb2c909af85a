"""A served model version as it describes itself: the only source of lengths, names and class labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SERVING: Final = "serving_default"
FEATURES: Final = "features"  # the only input of every signature
UNUSUAL_SCORE: Final = "unusual_score"
ATTRIBUTIONS: Final = "attributions"
LARGEST: Final = 3.4028234663852886e38  # float32

# Long parts of a description: they have a path of their own, or are internal.
LONG: Final = frozenset({"examples", "baseline", "reference"})


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model version; names and labels are None for a model without metadata."""

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
    def class_names(self) -> dict[int, str] | None:
        """Class names by class label, without malformed ones; None if the model has no name for any of its classes."""
        names = self.description.get("class_names")
        if not isinstance(names, dict):
            return None
        found = {label: names.get(str(label)) for label in self.class_labels or ()}
        return {label: name for label, name in found.items() if isinstance(name, str) and name} or None

    @property
    def examples(self) -> list[dict[str, Any]]:
        """Example beats of the model's description, without malformed ones."""
        examples = self.description.get("examples")
        return [
            each
            for each in (examples if isinstance(examples, list) else [])
            if isinstance(each, dict) and self._is_beat(each.get("features"))
        ]

    @property
    def baseline(self) -> list[float] | None:
        """The mean of the training beats, from which explanations start."""
        baseline = self.description.get("baseline")
        return baseline if self._is_beat(baseline) else None

    def _is_beat(self, value: object) -> bool:
        return (
            isinstance(value, list) and len(value) == self.width and all(type(each) in (int, float) for each in value)
        )


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version's state in TensorFlow Serving's words, and the error message if its loading failed."""

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


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked about beats: a signature that takes `features`, and its outputs that only some have."""

    signature: str = SERVING
    probabilities: bool = False  # the answer needs one for each class
    labelled: bool = False  # and the class labels that they belong to
    named: bool = False  # and the name of the predicted class, where the model has one
    predicts: bool = True  # the answer counts as a prediction
    more: tuple[str, ...] = ()


PLAIN: Final = Question()
ALL_OUTPUTS: Final = Question(probabilities=True)
LABELLED: Final = Question(probabilities=True, labelled=True, named=True)
DETAILS: Final = Question("details", probabilities=True, labelled=True, named=True, more=(UNUSUAL_SCORE,))
EXPLAIN: Final = Question("explain", named=True, predicts=False, more=(ATTRIBUTIONS, "score", "baseline_score"))
