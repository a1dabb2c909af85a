"""Model servers and gateways with one worker each, as in pods, for `bench.growth`."""

import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from bench.contenders import PYTHON, Contender, Place, free_ports, model_server
from bench.contracts import Beat, Json
from bench.figures import Figures
from bench.generator import Generator
from bench.measure import Running, started
from bench.processes import Command, Processes
from bench.scenarios import Scenario

MONITORING = 'prometheus_config { enable: true, path: "/metrics" }'
CALLS = ":tensorflow:serving:request_count"


@dataclass(frozen=True, slots=True)
class Pods:
    """The running gateways, each with its own load generator, and the metrics URLs of the model servers."""

    gateways: Sequence[Running]
    counts: Sequence[str]  # URLs

    def calls(self) -> list[float]:
        """Return the number of Predict calls that each model server has answered."""
        return [_sum(url) for url in self.counts]

    def measure(self, gateways: int, connections: int, seconds: float) -> list[Figures]:
        """Measure several gateways at once in closed loops, on `connections` each."""
        scenario = Scenario(f"{gateways} gateways", 1, connections)
        with ThreadPoolExecutor(gateways) as asking:
            return list(asking.map(lambda each: each.measure(scenario, seconds, None), self.gateways[:gateways]))


def start(
    gateways: int, servers: int, place: Place, beats: Sequence[Beat], cores: Sequence[frozenset[int]], stack: ExitStack
) -> Pods:
    """Start them on the first set of cores, and their load generators on the second. Raises NotStarted."""
    ports, counts = free_ports(servers), free_ports(servers)
    config = place.out / "monitoring.config"
    config.write_text(MONITORING)
    for number, (port, count) in enumerate(zip(ports, counts, strict=True), 1):
        command = model_server(place.models, port)
        flags = [f"--rest_api_port={count}", f"--monitoring_config_file={config}"]
        log = place.out / f"growth-serving-{number}.log"
        stack.enter_context(Processes([Command([*command.arguments, *flags])], log, cores[0]))
    target = "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports)
    running = [_gateway(number, target, place.out, beats, cores, stack) for number in range(1, gateways + 1)]
    return Pods(running, [f"http://127.0.0.1:{count}/metrics" for count in counts])


def _gateway(
    number: int, target: str, out: Path, beats: Sequence[Beat], cores: Sequence[frozenset[int]], stack: ExitStack
) -> Running:
    (port,) = free_ports(1)
    settings = {"ECG_LISTEN": f"127.0.0.1:{port}", "ECG_SERVING_TARGET": target, "ECG_WORKERS": "1"}
    command = Command([PYTHON, "-m", "gateway"], settings)
    processes = stack.enter_context(Processes([command], out / f"growth-gateway-{number}.log", cores[0]))
    contender = Contender(f"gateway {number}", "the gateway", Json(), lambda _, __: [command])
    return started(contender, processes, port, stack.enter_context(Generator(cores[1])), beats)


def _sum(url: str) -> float:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=10) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return sum(sample.value for family in families for sample in family.samples if sample.name.startswith(CALLS))
