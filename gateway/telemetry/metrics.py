"""The gateway's metrics for Prometheus, summed over its workers, ended ones included."""

from collections import Counter as Tally
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from gateway.model import Answer

OTHER: Final = "other"  # a label once there are too many
MOST_VERSIONS: Final = 200
MOST_CLASSES: Final = 100
TENTHS: Final = 10
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Bounded:
    """Lets the first so many values be labels; every other value is the same one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: object) -> str:
        text = "" if value is None else str(value)
        if text and text not in self._known:
            if len(self._known) >= self._most:
                return OTHER
            self._known.add(text)
        return text


class _Workers(Collector):
    """Adds up the files in a folder where each worker writes, as MultiProcessCollector does.

    That one fails on a file that a worker has opened, and not written yet.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def collect(self) -> Iterable[Metric]:
        """Give the metrics of all workers."""
        begun = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
        metrics: Iterable[Metric] = MultiProcessCollector.merge(begun)  # type: ignore[no-untyped-call]
        return metrics


class Metrics:
    """Every metric; safe to share between threads. Workers share by `folder`, which prometheus_client knows too."""

    def __init__(self, folder: str = "") -> None:
        self._registry = CollectorRegistry()
        if folder:
            self._registry.register(_Workers(folder))
        own = None if folder else self._registry  # with a folder the registry has what all workers wrote there
        self._version, self._class = _Bounded(MOST_VERSIONS), _Bounded(MOST_CLASSES)
        self._requests = Counter(
            "ecg_gateway_requests_total", "Answers over HTTP", ["path", "status", "version"], registry=own
        )
        self._seconds = Histogram(
            "ecg_gateway_request_seconds", "Whole HTTP requests", ["path", "version"], registry=own, buckets=BUCKETS
        )
        self._errors = Counter(
            "ecg_gateway_errors_total", "Errors, and the model version asked", ["kind", "version"], registry=own
        )
        self._predictions = Counter(
            "ecg_gateway_predictions_total", "Beats answered", ["version", "predicted_class"], registry=own
        )
        # finding a metric by its labels takes longer than counting
        self._predicted = cache(self._predictions.labels)
        self._answered = cache(
            lambda path, status, version: (
                self._requests.labels(path, status, version),
                self._seconds.labels(path, version),
            )
        )
        self._shadowed = Counter(
            "ecg_gateway_shadowed_beats_total",
            "Beats that the candidate was asked besides, by whether it agrees",
            ["version", "against", "agree"],
            registry=own,
        )
        self._rounds = Counter(
            "ecg_gateway_candidate_rounds_total", "Seconds in which there was a candidate", ["version"], registry=own
        )
        self._inputs = Counter(
            "ecg_gateway_inputs_total",
            "Sampled beats by training decile, one of each call to the model server",
            ["version", "statistic", "decile"],
            registry=own,
        )
        self._looked = cache(self._inputs.labels)
        self._expected = Gauge(
            "ecg_gateway_expected_share",
            "Share of a class in the version's predictions for its test beats",
            ["version", "predicted_class"],
            registry=own,
            multiprocess_mode="mostrecent",
        )
        self._beats = Gauge(
            "ecg_gateway_reference_beats",
            "Training beats behind a statistic's deciles or the expected shares",
            ["version", "statistic"],
            registry=own,
            multiprocess_mode="mostrecent",
        )
        self._calls = Histogram(
            "ecg_gateway_candidate_seconds",
            "Calls to the model server for predictions while there is a candidate",
            ["version"],
            registry=own,
            buckets=BUCKETS,
        )

    def answered(self, path: str, status: int, version: str, seconds: float) -> None:
        """Count an answer over HTTP."""
        requests, duration = self._answered(path, status, self._version(version))
        requests.inc()
        duration.observe(seconds)

    def failed(self, kind: str, version: int | None) -> None:
        """Count an error, with the model version if one was asked."""
        self._errors.labels(kind, self._version(version)).inc()

    def predicted(self, answer: Answer) -> None:
        """Count the beats of an answer that the caller gets."""
        for predicted_class, beats in Tally(answer.predicted_class).items():
            self._predicted(self._version(answer.version), self._class(predicted_class)).inc(beats)

    def shadowed(self, version: int, against: int, agreements: Iterable[bool]) -> None:
        """Count beats on which the candidate `version` agrees, or not, with the version that answered."""
        for agree, beats in Tally(agreements).items():
            self._shadowed.labels(self._version(version), self._version(against), str(agree).lower()).inc(beats)

    def seen(self, version: int) -> None:
        """Count a round in which this version was the candidate, with requests or without."""
        self._rounds.labels(self._version(version)).inc()

    def called(self, version: int, seconds: float) -> None:
        """Count a model server's call while there is a candidate."""
        self._calls.labels(self._version(version)).observe(seconds)

    def expects(
        self, version: int, statistics: Iterable[str], shares: Mapping[str, float], beats: Mapping[str, float]
    ) -> None:
        """Publish the training distribution of a version; deciles without a beat count 0 from now on."""
        for statistic in statistics:
            for tenth in range(TENTHS):
                self._looked(self._version(version), statistic, tenth)
        for predicted_class, share in shares.items():
            self._expected.labels(self._version(version), self._class(predicted_class)).set(share)
        for statistic, number in beats.items():
            self._beats.labels(self._version(version), statistic).set(number)

    def looked(self, version: int, tenths: Mapping[str, int]) -> None:
        """Count a beat by the tenth of the training data, 0 to 9, that each of its statistics lies in."""
        label = self._version(version)
        for statistic, tenth in tenths.items():
            self._looked(label, statistic, tenth).inc()

    def text(self) -> bytes:
        """Write everything in Prometheus' text format."""
        return generate_latest(self._registry)
