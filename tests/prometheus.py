"""Starts Debian's Prometheus on a free port, with the scrape configurations and rules of a chart."""

import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from tests.waiting import until

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


def scrape(monitor: Object, namespace: str, kubeconfig: str) -> Object:
    """What the Prometheus operator makes of a ServiceMonitor, as far as the chart uses it."""
    (endpoint,) = monitor["spec"]["endpoints"]
    labels = monitor["spec"]["selector"]["matchLabels"]
    kept = {f"service_label_{re.sub('[^a-zA-Z0-9]', '_', name)}": value for name, value in labels.items()}
    if "port" in endpoint:
        kept["endpoint_port_name"] = endpoint["port"]
    else:
        kept["pod_container_port_name"] = endpoint["targetPort"]
    renamed = {"namespace": "namespace", "service_name": "service", "pod_name": "pod"}
    return {
        "job_name": monitor["metadata"]["name"],
        "metrics_path": endpoint["path"],
        "scrape_interval": "5s",
        "kubernetes_sd_configs": [
            {"role": "endpoints", "kubeconfig_file": kubeconfig, "namespaces": {"names": [namespace]}}
        ],
        "relabel_configs": [
            {"source_labels": [f"__meta_kubernetes_{name}"], "regex": re.escape(value), "action": "keep"}
            for name, value in kept.items()
        ]
        + [{"source_labels": [f"__meta_kubernetes_{name}"], "target_label": label} for name, label in renamed.items()],
    }


@contextmanager
def running(folder: Path, scrapes: list[Object], rules: Object) -> Iterator[Prometheus]:
    """A Prometheus for as long as the block lasts; its files are in the folder."""
    (folder / "rules.yml").write_text(json.dumps(rules))
    settings = {"global": {"evaluation_interval": "5s"}, "rule_files": ["rules.yml"], "scrape_configs": scrapes}
    (folder / "prometheus.yml").write_text(json.dumps(settings))
    options = ["--web.listen-address=127.0.0.1:0", f"--storage.tsdb.path={folder / 'data'}"]
    log = folder / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={folder / 'prometheus.yml'}", *options], stderr=output
        )
    try:
        yield Prometheus(until(lambda: listening(log)))
    finally:
        process.terminate()
        process.wait(timeout=30)


def listening(log: Path) -> str:
    """The address that it listens on, once it does."""
    found = re.search(r'"Listening on" address=(\S+)', log.read_text())
    return found[1] if found else ""
