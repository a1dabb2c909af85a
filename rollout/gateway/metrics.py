"""The gateway's counters, summed over its pods, since a given time."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from prometheus_client.parser import text_string_to_metric_families

from rollout.errors import NotAnswering, RolloutError
from rollout.gateway.client import Ask
from rollout.kubernetes.api import Cluster, Json

PORT = 5000  # of a gateway whose pod names no MANAGEMENT port
MANAGEMENT = "management"

Key = tuple[str, frozenset[tuple[str, str]]]
Sample = dict[Key, float]


def parse(text: str) -> Sample:
    """Parse Prometheus' text format; raise NotAnswering for anything else."""
    try:
        return {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }
    except ValueError as error:
        raise NotAnswering(f"a gateway's /metrics cannot be read: {error}") from error


def read_one(ask: Ask) -> dict[str, Sample]:
    """Read the metrics of one gateway."""
    answer = ask("/metrics", None, {})
    if answer.status == 404:
        raise NotAnswering(
            f"the gateway's /metrics answers 404: {answer.text}; if metrics have their own address "
            "(ECG_MANAGEMENT_LISTEN), give that as --gateway, with --version; or omit --gateway"
        )
    if answer.status != 200:
        raise NotAnswering(f"the gateway's /metrics answers {answer.status}: {answer.text}")
    return {"gateway": parse(answer.body.decode())}


def read(cluster: Cluster, instance: str) -> dict[str, Sample]:
    """Read the metrics of all gateway pods, without pods that do not answer."""
    samples = {}
    for pod in cluster.pods(instance, "gateway"):
        name = pod["metadata"]["name"]
        answer = cluster.ask("pods", f"{name}:{_port(pod)}", "/metrics")
        if answer.status == 200:
            samples[name] = parse(answer.body.decode())
        elif answer.status in (401, 403):
            raise RolloutError(f"the metrics of pod {name} may not be read: {answer.text}")
    return samples


def _port(pod: Json) -> int:
    """Return the port of a gateway pod's /metrics; pods of earlier releases have no MANAGEMENT port."""
    ports = [port for container in pod["spec"].get("containers", []) for port in container.get("ports", [])]
    return next((int(port["containerPort"]) for port in ports if port.get("name") == MANAGEMENT), PORT)


@dataclass(slots=True)
class Counters:
    """The counts since the first sample; pods may start, end and restart in between."""

    first: dict[str, Sample]
    last: dict[str, Sample] = field(default_factory=dict)

    @classmethod
    def since_start(cls, now: dict[str, Sample]) -> "Counters":
        """Return the counts of the current pods since their start."""
        return cls({pod: {} for pod in now}, now)

    def look(self, now: dict[str, Sample]) -> None:
        """Add the newest sample; the numbers of ended pods stay."""
        self.first = now | self.first  # the first sample of a pod is subtracted
        self.last |= now

    def total(self, name: str, fits: Callable[[dict[str, str]], bool]) -> float:
        """Return the sum of a counter over all pods and all labels that `fits` accepts."""
        return sum(self._grown(pod, sample, name, fits) for pod, sample in self.last.items())

    def by_label(self, name: str, label: str, **fixed: str) -> dict[str, float]:
        """Return the sum of a counter over all pods for each value of a label; other labels have the values `fixed`."""
        return {
            value: self.total(name, partial(_has, {**fixed, label: value}))
            for value in self.latest(name, label, **fixed)
        }

    def latest(self, name: str, label: str, **fixed: str) -> dict[str, float]:
        """Return the newest value of a gauge for each value of a label; pods may differ only for a short time."""
        return {
            dict(key[1])[label]: number
            for sample in self.last.values()
            for key, number in sample.items()
            if key[0] == name and _has(fixed, dict(key[1]))
        }

    def _grown(self, pod: str, sample: Sample, name: str, fits: Callable[[dict[str, str]], bool]) -> float:
        before = self.first.get(pod, {})
        return sum(
            _increase(before.get(key, 0.0), value)
            for key, value in sample.items()
            if key[0] == name and fits(dict(key[1]))
        )


def _has(wanted: dict[str, str], labels: dict[str, str]) -> bool:
    return wanted.items() <= labels.items()


def _increase(before: float, now: float) -> float:
    return now - before if now >= before else now  # a restarted container counts from 0 again
