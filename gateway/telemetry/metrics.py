"""The gateway's Prometheus metrics, summed over all workers, including those that have ended."""

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

OTHER: Final = "other"  # replaces further values of a label when it has too many
MOST_VERSIONS: Final = 200  # chosen by hand
MOST_CLASSES: Final = 100  # chosen by hand
DECILES: Final = 10
BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class _Bounded:
    """Limits the values of a label: the first `most` values stay, every further value becomes OTHER."""

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
    """Adds up the files of all workers in a folder, like MultiProcessCollector.

    MultiProcessCollector fails if a worker has created a file but not written it yet.
    """

    def __init__(self, folder: str) -> None:
        self._folder = Path(folder)

    def collect(self) -> Iterable[Metric]:
        """Return the metrics of all workers."""
        written = [str(file) for file in self._folder.glob("*.db") if file.stat().st_size]
        metrics: Iterable[Metric] = MultiProcessCollector.merge(written)  # type: ignore[no-untyped-call]
        return metrics


class Metrics:
    """All metrics; thread-safe. Workers share them through `folder`, which is also PROMETHEUS_MULTIPROC_DIR."""

    def __init__(self, folder: str = "") -> None:
        self._registry = CollectorRegistry()
        if folder:
            self._registry.register(_Workers(folder))
        own = None if folder else self._registry  # with a folder, _Workers reports all metrics
        self._version, self._class = _Bounded(MOST_VERSIONS), _Bounded(MOST_CLASSES)
        self._requests = Counter(
            "ecg_gateway_requests_total", "Answers over HTTP", ["path", "status", "version"], registry=own
        )
        self._seconds = Histogram(
            "ecg_gateway_request_seconds", "Whole HTTP requests", ["path", "version"], registry=own, buckets=BUCKETS
        )
        self._errors = Counter(
            "ecg_gateway_errors_total", "Errors by code and called model version", ["kind", "version"], registry=own
        )
        self._predictions = Counter(
            "ecg_gateway_predictions_total", "Beats answered", ["version", "predicted_class"], registry=own
        )
        # cached, because finding a metric by its labels takes longer than counting
        self._predicted = cache(self._predictions.labels)
        self._answered = cache(
            lambda path, status, version: (
                self._requests.labels(path, status, version),
                self._seconds.labels(path, version),
            )
        )
        self._shadowed = Counter(
            "ecg_gateway_shadowed_beats_total",
            "Beats also sent to the candidate, by whether its class agrees",
            ["version", "against", "agree"],
            registry=own,
        )
        self._rounds = Counter(
            "ecg_gateway_candidate_rounds_total", "Seconds during which a candidate existed", ["version"], registry=own
        )
        self._inputs = Counter(
            "ecg_gateway_inputs_total",
            "Sampled beats by training decile, one of each call to the model server",
            ["version", "statistic", "decile"],
            registry=own,
        )
        self._sampled = cache(self._inputs.labels)
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
        """Count an error by its code and the called model version, if any."""
        self._errors.labels(kind, self._version(version)).inc()

    def predicted(self, answer: Answer) -> None:
        """Count the beats of an answer by predicted class."""
        for predicted_class, beats in Tally(answer.predicted_class).items():
            self._predicted(self._version(answer.version), self._class(predicted_class)).inc(beats)

    def shadowed(self, version: int, against: int, agreements: Iterable[bool]) -> None:
        """Count beats by whether the candidate `version` agrees with the version `against`, which answered."""
        for agree, beats in Tally(agreements).items():
            self._shadowed.labels(self._version(version), self._version(against), str(agree).lower()).inc(beats)

    def candidate_existed(self, version: int) -> None:
        """Count a second during which this version was the candidate, with requests or without."""
        self._rounds.labels(self._version(version)).inc()

    def called(self, version: int, seconds: float) -> None:
        """Record the duration of a call to the model server while there is a candidate."""
        self._calls.labels(self._version(version)).observe(seconds)

    def publish_reference(
        self, version: int, statistics: Iterable[str], shares: Mapping[str, float], beats: Mapping[str, float]
    ) -> None:
        """Publish the training distribution of a version, and start the count of each decile at 0."""
        for statistic in statistics:
            for decile in range(DECILES):
                self._sampled(self._version(version), statistic, decile)
        for predicted_class, share in shares.items():
            self._expected.labels(self._version(version), self._class(predicted_class)).set(share)
        for statistic, number in beats.items():
            self._beats.labels(self._version(version), statistic).set(number)

    def beat_sampled(self, version: int, deciles: Mapping[str, int]) -> None:
        """Count a sampled beat by the training decile, 0 to 9, of each of its statistics."""
        label = self._version(version)
        for statistic, decile in deciles.items():
            self._sampled(label, statistic, decile).inc()

    def text(self) -> bytes:
        """Return all metrics in Prometheus' text format."""
        return generate_latest(self._registry)
