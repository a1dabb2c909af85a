"""Counters and histograms with tensorflow_model_server's names, and their text format for Prometheus."""

import threading
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

REQUEST_COUNT: Final = ":tensorflow:serving:request_count"
REQUEST_LATENCY: Final = ":tensorflow:serving:request_latency"
RUNTIME_LATENCY: Final = ":tensorflow:serving:runtime_latency"
WARMUP_LATENCY: Final = ":tensorflow:serving:model_warmup_latency"
WARMUP_RECORDS: Final = ":tensorflow:serving:model_warmup_records_read"
LOAD_ATTEMPTS: Final = ":tensorflow:cc:saved_model:load_attempt_count"
LOAD_LATENCY: Final = ":tensorflow:cc:saved_model:load_latency"
UNKNOWN_MODEL: Final = "(unknown)"  # the label model_name of requests for models that were never configured

_BOUNDS: Final = tuple(10 * 1.8**power for power in range(33))

Labels = tuple[tuple[str, str], ...]


class Metrics:
    """Values by metric and labels; a metric is absent until it has a value."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counters: dict[str, dict[Labels, float]] = {}
        self._histograms: dict[str, dict[Labels, list[float]]] = {}

    def add(self, name: str, amount: float = 1, **labels: str) -> None:
        """Increase a counter."""
        key = tuple(labels.items())
        with self._lock:
            series = self._counters.setdefault(name, {})
            series[key] = series.get(key, 0) + amount

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Add `value` to a histogram; latencies are in microseconds."""
        key = tuple(labels.items())
        with self._lock:
            series = self._histograms.setdefault(name, {})
            # one count per bucket, and the sum of the values at the end
            row = series.setdefault(key, [0.0] * (len(_BOUNDS) + 2))
            row[bisect_left(_BOUNDS, value)] += 1
            row[-1] += value

    def total(self, name: str) -> int:
        """Return a counter's sum over all labels; 0 for an unknown counter."""
        with self._lock:
            return int(sum(self._counters.get(name, {}).values()))

    def exposition(self) -> str:
        """Return all metrics in Prometheus' text format."""
        with self._lock:
            return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        for name, series in self._counters.items():
            yield f"# TYPE {name} counter"
            for labels, value in series.items():
                yield f"{name}{_braced(labels)} {value:.0f}"
        for name, histogram in self._histograms.items():
            yield f"# TYPE {name} histogram"
            for labels, row in histogram.items():
                yield from _histogram_lines(name, labels, row)


def _histogram_lines(name: str, labels: Labels, row: list[float]) -> Iterator[str]:
    count = 0.0
    for bound, inside in zip((*(f"{bound:g}" for bound in _BOUNDS), "+Inf"), row[:-1], strict=True):
        count += inside
        yield f"{name}_bucket{_braced((*labels, ('le', bound)))} {count:.0f}"
    yield f"{name}_sum{_braced(labels)} {row[-1]:g}"
    yield f"{name}_count{_braced(labels)} {count:.0f}"


def _braced(labels: Labels) -> str:
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
