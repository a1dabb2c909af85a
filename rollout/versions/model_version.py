"""A model version as its training described it in metrics.json. Pure."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """A version on the volume, as its training described it."""

    number: int
    created: str = ""
    metrics: Json = field(default_factory=dict)
    compared: Json = field(default_factory=dict)  # other versions, judged on the rows of this one
    people: object = None  # groups of its held-back beats, if they have any

    @classmethod
    def parse(cls, number: int, description: object) -> "Version":
        """Read metrics.json; what is missing or of another kind counts as unknown."""
        parts = {
            name: as_object(as_object(description).get(name)) for name in ("training", "metrics", "compared", "data")
        }
        created, people = str(parts["training"].get("created", "")), as_object(parts["data"].get("groups")).get("test")
        return cls(number, created, parts["metrics"], parts["compared"], people)


def as_object(value: object) -> Json:
    """Return a JSON object as it is, an empty one for any other value."""
    return value if isinstance(value, dict) else {}
