"""Drift: counts sampled beats by the training deciles of their statistics.

One beat of each Predict is sampled, so the cost does not grow with the size of batches.
"""

import asyncio
import random
import struct
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import dist, sqrt
from typing import Any, Final

from gateway.model import Answer, ServedModel
from gateway.telemetry.metrics import DECILES, Metrics

STATISTICS: Final = ("mean", "standard_deviation", "range", "probability")
EDGES: Final = DECILES - 1
LARGEST: Final = 1e39  # above every float32
VERSIONS: Final = 16  # most cached references; chosen by hand
# Equality tolerances, because clients normalise and round beats in different ways; chosen by hand.
TOLERANCE: Final = 1e-2  # as a share of the median standard deviation of the training beats
PROBABILITY_TOLERANCE: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Reference:
    """The training distribution of a version: the 9 decile edges of each statistic, and the share of each class.

    `beats` has the number of beats behind each statistic and, as `predicted_class`, behind the shares.
    """

    edges: Mapping[str, list[float]]
    shares: Mapping[str, float]
    beats: Mapping[str, float]
    tolerance: Mapping[str, float]  # equality tolerance of each statistic

    @classmethod
    def of(cls, described: object) -> "Reference":
        """Read the reference of a model's description; omit malformed parts, because no request depends on them."""
        statistics, classes, beats = (
            _object(_object(described).get(name)) for name in ("statistics", "classes", "beats")
        )
        edges = {name: statistics[name] for name in STATISTICS if _are_edges(statistics.get(name))}
        shares = {label: share for label, share in classes.items() if _is_number(share) and 0 <= share <= 1}
        numbers = {name: beats[name] for name in (*STATISTICS, "predicted_class") if _is_number(beats.get(name))}
        median = edges["standard_deviation"][EDGES // 2] if "standard_deviation" in edges else 0.0
        tolerance = dict.fromkeys(edges, TOLERANCE * median) | {"probability": PROBABILITY_TOLERANCE}
        return cls(edges, shares, numbers, tolerance)


class Drift:
    """Samples answered beats; for one event loop."""

    def __init__(self, metrics: Metrics, random_number: Callable[[], float] = random.random) -> None:
        self._metrics = metrics
        self._random_number = random_number
        self._references: dict[int, tuple[object, Reference]] = {}

    def sample_later(self, model: ServedModel, content: bytes, answer: Answer) -> None:
        """Sample in the next turn of the event loop, after the answer is sent."""
        asyncio.get_running_loop().call_soon(self.sample, model, content, answer)

    def sample(self, model: ServedModel, content: bytes, answer: Answer) -> None:
        """Count one random beat of `content`, float32 row after row, by the decile of each of its statistics."""
        reference = self._reference(model)
        if not reference.edges or len(content) != 4 * model.width * len(answer.probability):
            return
        number = int(self._random_number() * len(answer.probability))
        values = struct.unpack_from(f"<{model.width}f", content, 4 * model.width * number)
        found = statistics_of(values) | {"probability": answer.probability[number]}
        deciles = {
            name: self._decile(edges, found[name], reference.tolerance[name]) for name, edges in reference.edges.items()
        }
        self._metrics.beat_sampled(model.version, deciles)

    def _decile(self, edges: list[float], value: float, tolerance: float) -> int:
        """Return the decile of a value, 0 to 9; a random one if several edges are within the tolerance of the value.

        So rounding errors do not count as drift if a statistic hardly varies, like the mean of normalised beats.
        """
        low, high = bisect_left(edges, value - tolerance), bisect_right(edges, value + tolerance)
        return low if low == high else low + int(self._random_number() * (high - low + 1))

    def _reference(self, model: ServedModel) -> Reference:
        described, cached = model.description.get("reference"), self._references.get(model.version)
        if cached is not None and (cached[0] is described or cached[0] == described):
            return cached[1]
        reference = Reference.of(described)
        self._references = dict([*self._references.items()][-VERSIONS:]) | {model.version: (described, reference)}
        self._metrics.publish_reference(model.version, reference.edges, reference.shares, reference.beats)
        return reference


def statistics_of(values: tuple[float, ...]) -> dict[str, float]:
    """Return mean, population standard deviation and range of one beat's values."""
    mean = sum(values) / len(values)
    deviation = dist(values, (mean,) * len(values)) / sqrt(len(values))
    return {"mean": mean, "standard_deviation": deviation, "range": max(values) - min(values)}


def _are_edges(value: object) -> bool:
    return isinstance(value, list) and len(value) == EDGES and all(map(_is_number, value)) and sorted(value) == value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
