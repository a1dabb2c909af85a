"""A served model version: its own description is the only source of beat lengths, feature names and class labels."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

SERVING: Final = "serving_default"
FEATURES: Final = "features"  # the only input of every signature
UNUSUAL_SCORE: Final = "unusual_score"
ATTRIBUTIONS: Final = "attributions"
LARGEST: Final = 3.4028234663852886e38  # float32

# Long parts of a description: `/examples` serves the first two, and `reference` is internal.
LONG: Final = frozenset({"examples", "baseline", "reference"})


@dataclass(frozen=True, slots=True)
class ServedModel:
    """One model version; `width` is the number of features. Names and labels are None for a model without metadata."""

    version: int
    width: int
    feature_names: tuple[str, ...] | None = None
    class_labels: tuple[int, ...] | None = None
    description: Mapping[str, Any] = field(default_factory=dict)
    signatures: tuple[str, ...] = ()

    @property
    def facts(self) -> dict[str, Any]:
        """The description without its long parts."""
        return {name: value for name, value in self.description.items() if name not in LONG}

    @property
    def class_names(self) -> dict[int, str] | None:
        """Class names by class label, without malformed ones; None if the model names none of its classes."""
        names = self.description.get("class_names")
        if not isinstance(names, dict):
            return None
        texts = {label: names.get(str(label)) for label in self.class_labels or ()}
        return {label: name for label, name in texts.items() if isinstance(name, str) and name} or None

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
        """The mean training beat (`width` values), the baseline of explanations; None if absent or malformed."""
        baseline = self.description.get("baseline")
        return baseline if self._is_beat(baseline) else None

    def _is_beat(self, value: object) -> bool:
        return (
            isinstance(value, list) and len(value) == self.width and all(type(each) in (int, float) for each in value)
        )


@dataclass(frozen=True, slots=True)
class VersionState:
    """A version's state by TensorFlow Serving's name, and the error message if loading failed."""

    name: str
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.problem})" if self.problem else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """The model's outputs for a batch of n beats.

    `predicted_class` has n class labels, `probability` n numbers from 0 to 1, `probabilities` n rows with one
    probability per class. `more` has by name the outputs that only some signatures have, n values of each.
    """

    version: int
    predicted_class: list[int]
    probability: list[float]
    probabilities: list[list[float]]
    more: Mapping[str, list[Any]] = field(default_factory=dict)

    def rows(self, start: int, end: int) -> "Answer":
        """Return the answer for the beats from `start` up to, but without, `end`."""
        part = slice(start, end)
        return Answer(self.version, self.predicted_class[part], self.probability[part], self.probabilities[part])


@dataclass(frozen=True, slots=True)
class Question:
    """The signature to run on the beats, and the outputs that the answer needs."""

    signature: str = SERVING
    probabilities: bool = False  # the answer needs the probability of each class
    labelled: bool = False  # the answer needs the class labels of these probabilities
    named: bool = False  # the answer needs the name of the predicted class, if the model has one
    predicts: bool = True  # the answer counts as a prediction
    more: tuple[str, ...] = ()  # further outputs, which only some signatures have


PLAIN: Final = Question()
ALL_OUTPUTS: Final = Question(probabilities=True)
LABELLED: Final = Question(probabilities=True, labelled=True, named=True)
DETAILS: Final = Question("details", probabilities=True, labelled=True, named=True, more=(UNUSUAL_SCORE,))
EXPLAIN: Final = Question("explain", named=True, predicts=False, more=(ATTRIBUTIONS, "score", "baseline_score"))
