"""Starts Debian's Prometheus on a free port; it scrapes the pods that a chart's ServiceMonitors choose."""

import json
import re
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.support.waiting import until

SECONDS = 5  # between two scrapes, two evaluations of the rules, and two looks at the pods
Object = dict[str, Any]


class Prometheus:
    """A running Prometheus, by the address that it listens on."""

    def __init__(self, address: str) -> None:
        self._address = address

    def query(self, expression: str) -> list[Object]:
        """The result of an instant query: one item for each series."""
        return list(self._get("query", query=expression)["result"])

    def firing(self) -> set[str]:
        """The names of the alerts that fire."""
        return {each["labels"]["alertname"] for each in self._get("alerts")["alerts"] if each["state"] == "firing"}

    def _get(self, what: str, **arguments: str) -> Object:
        with urlopen(f"http://{self._address}/api/v1/{what}?{urlencode(arguments)}", timeout=30) as response:
            answer: Object = json.load(response)
        assert answer["status"] == "success", answer
        return dict(answer["data"])


@contextmanager
def running(
    folder: Path, monitors: list[Object], rules: Object, pods: Callable[[], list[Object]]
) -> Iterator[Prometheus]:
    """A Prometheus for as long as the block lasts; its files are in the folder. `pods` gives the namespace's pods.

    Debian's build knows no Kubernetes, so the pods are looked up here and written to files that it watches.
    """
    (folder / "rules.yml").write_text(json.dumps(rules))
    settings = {
        "global": {"scrape_interval": f"{SECONDS}s", "evaluation_interval": f"{SECONDS}s"},
        "rule_files": ["rules.yml"],
        "scrape_configs": [_scrape(monitor) for monitor in monitors],
    }
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    options = ["--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={folder / 'data'}"]
    options += [f"--config.file={folder / 'prometheus.yml'}"]
    log = folder / "log"
    enough = threading.Event()
    watch = threading.Thread(target=_watch, args=(folder, monitors, pods, enough))
    with log.open("w") as output:
        process = subprocess.Popen(["prometheus", *options], stderr=output)
    watch.start()
    try:
        yield Prometheus(until(lambda: _listening(log)))
    finally:
        enough.set()
        watch.join()
        process.terminate()
        process.wait(timeout=30)


def _scrape(monitor: Object) -> Object:
    (endpoint,) = monitor["spec"]["endpoints"]
    name = monitor["metadata"]["name"]
    return {"job_name": name, "metrics_path": endpoint["path"], "file_sd_configs": [{"files": [f"{name}.json"]}]}


def _watch(folder: Path, monitors: list[Object], pods: Callable[[], list[Object]], enough: threading.Event) -> None:
    while not enough.wait(SECONDS):
        found = pods()
        for monitor in monitors:
            path = folder / f"{monitor['metadata']['name']}.json"
            partial = path.with_suffix(".partial")
            partial.write_text(json.dumps(_targets(monitor, found)))
            partial.rename(path)


def _targets(monitor: Object, pods: list[Object]) -> list[Object]:
    """The chosen pods' addresses, and the labels that the Prometheus operator gives their series."""
    (endpoint,) = monitor["spec"]["endpoints"]
    port = endpoint.get("port") or endpoint["targetPort"]
    targets = []
    for pod in pods:
        chosen = monitor["spec"]["selector"]["matchLabels"].items() <= pod["metadata"]["labels"].items()
        if chosen and (address := pod["status"].get("podIP")):
            ports = [each for container in pod["spec"]["containers"] for each in container["ports"]]
            (number,) = [each["containerPort"] for each in ports if each["name"] == port]
            labels = {"service": monitor["metadata"]["name"], "pod": pod["metadata"]["name"]}
            labels["namespace"] = pod["metadata"]["namespace"]
            targets.append({"targets": [f"{address}:{number}"], "labels": labels})
    return targets


def _listening(log: Path) -> str:
    """The address that it listens on, once it does."""
    found = re.search(r'"Listening on" address=(\S+)', log.read_text())
    return found[1] if found else ""
