"""A model version with the description of its training, from metrics.json. Pure."""

from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Version:
    """A version with the description of its training."""

    number: int
    created: str = ""
    metrics: Json = field(default_factory=dict)
    compared: Json = field(default_factory=dict)  # scores of other versions on this version's test rows
    people: object = None  # number of people in its test rows, if it is known

    @classmethod
    def parse(cls, number: int, description: object) -> "Version":
        """Read metrics.json; missing or malformed parts count as unknown."""
        parts = {
            name: as_object(as_object(description).get(name)) for name in ("training", "metrics", "compared", "data")
        }
        created, people = str(parts["training"].get("created", "")), as_object(parts["data"].get("groups")).get("test")
        return cls(number, created, parts["metrics"], parts["compared"], people)


def as_object(value: object) -> Json:
    """Return a JSON object unchanged, and an empty one for any other value."""
    return value if isinstance(value, dict) else {}
