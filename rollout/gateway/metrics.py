"""The gateway's counters, summed over its pods since a moment."""

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
    """Read the text format; NotAnswering for anything else."""
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
            f"the gateway's /metrics answers 404: {answer.text}; where metrics have an address of their own "
            "(ECG_MANAGEMENT_LISTEN), give that as --gateway, and --version; or leave --gateway out"
        )
    if answer.status != 200:
        raise NotAnswering(f"the gateway's /metrics answers {answer.status}: {answer.text}")
    return {"gateway": parse(answer.body.decode())}


def read(cluster: Cluster, instance: str) -> dict[str, Sample]:
    """Read every gateway pod's metrics; one that does not answer is left out."""
    found = {}
    for pod in cluster.pods(instance, "gateway"):
        name = pod["metadata"]["name"]
        answer = cluster.ask("pods", f"{name}:{_port(pod)}", "/metrics")
        if answer.status == 200:
            found[name] = parse(answer.body.decode())
        elif answer.status in (401, 403):
            raise RolloutError(f"the metrics of pod {name} may not be read: {answer.text}")
    return found


def _port(pod: Json) -> int:
    """Give the port of a gateway pod's /metrics, also while pods of an earlier release, without a MANAGEMENT, run."""
    ports = [port for container in pod["spec"].get("containers", []) for port in container.get("ports", [])]
    return next((int(port["containerPort"]) for port in ports if port.get("name") == MANAGEMENT), PORT)


@dataclass(slots=True)
class Counters:
    """What was counted since the first look; pods may come, go and restart in between."""

    first: dict[str, Sample]
    last: dict[str, Sample] = field(default_factory=dict)

    @classmethod
    def since_start(cls, now: dict[str, Sample]) -> "Counters":
        """All that the pods that there are have ever counted."""
        return cls({pod: {} for pod in now}, now)

    def look(self, now: dict[str, Sample]) -> None:
        """Take over the newest numbers; those of a pod that is gone stay as they were."""
        self.first = now | self.first  # what a pod had counted before is subtracted
        self.last |= now

    def total(self, name: str, fits: Callable[[dict[str, str]], bool]) -> float:
        """Sum a counter over all pods and all labels that fit."""
        return sum(self._grown(pod, sample, name, fits) for pod, sample in self.last.items())

    def by_label(self, name: str, label: str, **fixed: str) -> dict[str, float]:
        """Sum a counter over all pods for each value of a label, where other labels have these values."""
        return {
            value: self.total(name, partial(_has, {**fixed, label: value}))
            for value in self.latest(name, label, **fixed)
        }

    def latest(self, name: str, label: str, **fixed: str) -> dict[str, float]:
        """The newest number of a gauge for each value of a label; pods that differ are on their way to the same."""
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
    return now - before if now >= before else now  # a container that was restarted counts from 0
