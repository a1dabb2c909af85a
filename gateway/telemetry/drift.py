"""Drift: where sampled beats lie in the distribution of the training beats.

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
from gateway.telemetry.metrics import TENTHS, Metrics

STATISTICS: Final = ("mean", "standard_deviation", "range", "probability")
EDGES: Final = TENTHS - 1
LARGEST: Final = 1e39  # no float32 is as large
VERSIONS: Final = 16  # whose references are kept
# Equality tolerances: beats are normalised by one formula or another, and rounded.
FINE: Final = 1e-2  # of a usual standard deviation
FINE_PROBABILITY: Final = 1e-3


@dataclass(frozen=True, slots=True)
class Reference:
    """The training distribution of a version: the decile edges of each statistic, and the share of each class.

    `beats` says how many beats each statistic, and the shares as `predicted_class`, come from.
    """

    edges: Mapping[str, list[float]]
    shares: Mapping[str, float]
    beats: Mapping[str, float]
    fine: Mapping[str, float]  # equality tolerance of each statistic

    @classmethod
    def of(cls, described: object) -> "Reference":
        """Read it from a description; malformed parts are left out, since no request depends on them."""
        statistics, classes, beats = (
            _object(_object(described).get(name)) for name in ("statistics", "classes", "beats")
        )
        edges = {name: statistics[name] for name in STATISTICS if _are_edges(statistics.get(name))}
        shares = {label: share for label, share in classes.items() if _is_number(share) and 0 <= share <= 1}
        numbers = {name: beats[name] for name in (*STATISTICS, "predicted_class") if _is_number(beats.get(name))}
        usual = edges["standard_deviation"][EDGES // 2] if "standard_deviation" in edges else 0.0
        return cls(edges, shares, numbers, dict.fromkeys(edges, FINE * usual) | {"probability": FINE_PROBABILITY})


class Drift:
    """Samples answered beats; for one event loop."""

    def __init__(self, metrics: Metrics, dice: Callable[[], float] = random.random) -> None:
        self._metrics = metrics
        self._dice = dice
        self._known: dict[int, tuple[object, Reference]] = {}

    def look_later(self, model: ServedModel, content: bytes, answer: Answer) -> None:
        """Look when the event loop turns next: the answer goes first."""
        asyncio.get_running_loop().call_soon(self.look, model, content, answer)

    def look(self, model: ServedModel, content: bytes, answer: Answer) -> None:
        """Count one of the packed beats that the model answered, in the tenth of each of its statistics."""
        reference = self._reference(model)
        if not reference.edges or len(content) != 4 * model.width * len(answer.probability):
            return
        number = int(self._dice() * len(answer.probability))
        values = struct.unpack_from(f"<{model.width}f", content, 4 * model.width * number)
        found = statistics_of(values) | {"probability": answer.probability[number]}
        tenths = {
            name: self._tenth(edges, found[name], reference.fine[name]) for name, edges in reference.edges.items()
        }
        self._metrics.looked(model.version, tenths)

    def _tenth(self, edges: list[float], value: float, fine: float) -> int:
        """Where the value lies, from 0 to 9; by chance where edges lie as close as if they were one.

        So rounding errors do not count as drift where a statistic does not vary, as the mean of normalised beats.
        """
        low, high = bisect_left(edges, value - fine), bisect_right(edges, value + fine)
        return low if low == high else low + int(self._dice() * (high - low + 1))

    def _reference(self, model: ServedModel) -> Reference:
        described, known = model.description.get("reference"), self._known.get(model.version)
        if known is not None and (known[0] is described or known[0] == described):
            return known[1]
        reference = Reference.of(described)
        self._known = dict([*self._known.items()][-VERSIONS:]) | {model.version: (described, reference)}
        self._metrics.expects(model.version, reference.edges, reference.shares, reference.beats)
        return reference


def statistics_of(values: tuple[float, ...]) -> dict[str, float]:
    """Mean, standard deviation (of the values, not of a sample) and range of one beat."""
    mean = sum(values) / len(values)
    deviation = dist(values, (mean,) * len(values)) / sqrt(len(values))
    return {"mean": mean, "standard_deviation": deviation, "range": max(values) - min(values)}


def _are_edges(value: object) -> bool:
    return isinstance(value, list) and len(value) == EDGES and all(map(_is_number, value)) and sorted(value) == value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and abs(value) < LARGEST


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
