"""The candidate: a model version that is tried beside the served one, as the Deployment's annotation describes it."""

import json
import zlib
from dataclasses import dataclass
from typing import Any, Final

ANNOTATION: Final = "rollout.ecg/candidate"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version, the percentage of requests that it answers, and of those that it is asked besides, unseen."""

    version: int
    weight: int = 0
    shadow: int = 0

    @property
    def tried(self) -> bool:
        """Whether it gets requests at all; one without is on its way in, or out."""
        return self.weight > 0 or self.shadow > 0

    def takes(self, client: str | None, dice: float) -> bool:
        """Whether it answers: for a client always the same, kept by growing weights; else by `dice` in [0, 1)."""
        bucket = zlib.crc32(client.encode()) % 100 if client else dice * 100
        return bucket < self.weight


def candidate_of(metadata: bytes) -> Candidate | None:
    """Read the candidate in a Kubernetes object's JSON; raise ValueError for what cannot be one."""
    annotations = _object(_object(_load(metadata), "answer").get("metadata"), "metadata").get("annotations")
    text = _object(annotations or {}, "annotations").get(ANNOTATION) or "{}"
    if not isinstance(text, str):
        raise ValueError(f"the annotation {ANNOTATION} is not text")
    content = _object(_load(text), f"annotation {ANNOTATION}")
    if not content:
        return None
    percentages = {name: _number(content, name, 0, 100) for name in ("weight", "shadow") if name in content}
    return Candidate(_number(content, "version", 0, 2**63 - 1), **percentages)


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
