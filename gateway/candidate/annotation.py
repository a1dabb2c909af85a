"""Parses the annotation of the serving Deployment that describes a candidate or a leaving version.

A candidate is a version that is tried beside the served version. A leaving version was replaced or undone, and its pods
are still ending.
"""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

ANNOTATION: Final = "rollout.ecg/candidate"
_CONTAINER, _VARIABLE = "model", "ECG_MODEL_VERSION"  # init container and variable of the pod template's version


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version, the percentage `weight` of requests that it answers, and the percentage `shadow` of the others."""

    version: int
    weight: int = 0
    shadow: int = 0
    leaving: bool = False
    refused: bool = False  # must not answer even if no other version can

    @property
    def tried(self) -> bool:
        """Whether it gets any requests."""
        return self.weight > 0 or self.shadow > 0

    def takes(self, client: str | None, random_number: float) -> bool:
        """Return whether it answers a request.

        The result depends on the client's name if there is one, and stays True when the weight grows; otherwise it
        depends on `random_number` from [0, 1).
        """
        bucket = zlib.crc32(client.encode()) % 100 if client else random_number * 100
        return bucket < self.weight


def candidate_of(deployment: bytes) -> Candidate | None:
    """Read the candidate, or None, from the Deployment's JSON.

    Manual changes win: a candidate counts only while the pod template has its version, a leaving version only while the
    template has another one.

    Raises:
        ValueError: The JSON or the annotation is malformed.
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
