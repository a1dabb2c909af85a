"""A model version that is not treated as the others, as an annotation of the serving Deployment describes it.

A candidate is tried beside the served version. One that was replaced or taken back leaves; its pods take their time.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

ANNOTATION: Final = "rollout.ecg/candidate"
_CONTAINER, _VARIABLE = "model", "ECG_MODEL_VERSION"  # where the pods' template names the version


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version, the percentage of requests that it answers, and the percentage that it shadows."""

    version: int
    weight: int = 0
    shadow: int = 0
    leaving: bool = False
    refused: bool = False  # must not answer even where no other version can

    @property
    def tried(self) -> bool:
        """Whether it gets requests at all."""
        return self.weight > 0 or self.shadow > 0

    def takes(self, client: str | None, dice: float) -> bool:
        """Whether it answers: for a client always the same, kept by growing weights; else by `dice` in [0, 1)."""
        bucket = zlib.crc32(client.encode()) % 100 if client else dice * 100
        return bucket < self.weight


def candidate_of(deployment: bytes) -> Candidate | None:
    """Read the Deployment's JSON; raise ValueError for an annotation that cannot be one.

    What was done by hand since stands: a candidate counts while it is the template's version, a leaving one while not.
    """
    content = _object(_load(deployment), "answer")
    annotations = _object(content.get("metadata"), "metadata").get("annotations")
    text = _object(annotations or {}, "annotations").get(ANNOTATION) or "{}"
    if not isinstance(text, str):
        raise ValueError(f"the annotation {ANNOTATION} is not text")
    mark = _object(_load(text), f"annotation {ANNOTATION}")
    if not mark or mark.get("finishing") is True:
        return None
    version, leaving = _number(mark, "version", 0, 2**63 - 1), "served" not in mark
    percentages = {name: _number(mark, name, 0, 100) for name in ("weight", "shadow") if name in mark}
    if leaving == (_template_version(content) == str(version)):
        return None
    return Candidate(version, **percentages, leaving=leaving, refused=mark.get("refused") is True)


def _template_version(deployment: dict[str, Any]) -> str | None:
    try:
        containers = deployment["spec"]["template"]["spec"]["initContainers"]
        variables = next(each for each in containers if each["name"] == _CONTAINER)["env"]
        return next(str(each["value"]) for each in variables if each["name"] == _VARIABLE)
    except (KeyError, TypeError, StopIteration):
        return None


def _load(text: str | bytes) -> object:
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("its JSON is nested too deeply") from None


def _object(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f"its {name} is not a JSON object")
    return value


def _number(content: dict[str, Any], name: str, low: int, high: int) -> int:
    value = content.get(name)
    if type(value) is not int or not low <= value <= high:
        raise ValueError(f"the annotation {ANNOTATION} has no whole number from {low} to {high} as '{name}'")
    return value
