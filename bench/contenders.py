"""The contenders and their commands, which follow their own documentation."""

import socket
import sys
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bench.contracts import Batches, Contract, Json, OpenInference, Packed, TensorFlowServing
from bench.processes import Command
from bench.scenarios import AS_A_LIMIT, BATCH, Scenario

PYTHON = sys.executable
CONSTANT = (0, 0.5)  # the answer of the gateway without a model
ZEROS = (0, 0.0)


@dataclass(frozen=True, slots=True)
class Place:
    """The paths of a run: model base path, base path of a model of zeros, the version, and a folder for results and
    logs.

    `tensorflow_serving` is the path of a tensorflow_model_server binary, if one is measured.
    """

    models: Path
    zeros: Path
    version: Path
    out: Path
    tensorflow_serving: Path | None = None

    def binary(self, rival: str, name: str) -> str:
        """Return the path of a program in a rival's virtual environment."""
        return str(self.out / rival / "bin" / name)


@dataclass(frozen=True, slots=True)
class Contender:
    """A server: its commands for a place and a port, and its contract."""

    name: str
    title: str
    contract: Contract
    commands: Callable[[Place, int], list[Command]]
    patient: bool = False  # so slow that a measurement must be longer
    asked: tuple[Scenario, ...] = ()  # the only scenarios; empty for all
    rival: str = ""  # the folder under bench/rivals whose virtual environment it needs

    def measured_in(self, scenarios: Iterable[Scenario]) -> bool:
        """Return whether it is measured in any of these scenarios."""
        return not self.asked or any(scenario in self.asked for scenario in scenarios)


def free_ports(count: int) -> list[int]:
    """Return ports on which no process listens."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]


def model_server(base: Path, port: int, program: Sequence[str] = (PYTHON, "-m", "serving")) -> Command:
    """Return the command of a model server with default settings; another `program` must have the same flags."""
    return Command([*program, "--model_name=ecg", f"--model_base_path={base}", f"--port={port}"])


def _tensorflow_serving(place: Place, port: int) -> list[Command]:
    return [model_server(place.models, port, [str(place.tensorflow_serving)])]


def _grpc(place: Place, port: int) -> list[Command]:
    return [model_server(place.models, port)]


def _zeros(place: Place, port: int) -> list[Command]:
    return [model_server(place.zeros, port)]


def _gateway(place: Place, port: int) -> list[Command]:
    (serving,) = free_ports(1)
    return [model_server(place.models, serving), _before(serving, port)]


def _gateway_tensorflow_serving(place: Place, port: int) -> list[Command]:
    (serving,) = free_ports(1)
    return [*_tensorflow_serving(place, serving), _before(serving, port)]


def _before(serving: int, port: int) -> Command:
    """Return the command of the gateway for the model server at the port `serving`, with default settings."""
    settings = {"ECG_LISTEN": f"127.0.0.1:{port}", "ECG_SERVING_TARGET": f"127.0.0.1:{serving}"}
    return Command([PYTHON, "-m", "gateway"], settings)


def _parse_and_reply(place: Place, port: int) -> list[Command]:
    return [Command([PYTHON, "-m", "bench.parse_and_reply"], {"ECG_LISTEN": f"127.0.0.1:{port}"})]


def _keras(place: Place, port: int) -> list[Command]:
    # two processes of 16 threads, like the gateway
    options = ["--worker-class", "gthread", "--workers", "2", "--threads", "16", "--keep-alive", "75"]
    application = f"bench.flask_keras:create_app({str(place.version)!r})"
    return [Command([PYTHON, "-m", "gunicorn", "--bind", f"127.0.0.1:{port}", *options, application])]


def _bentoml(place: Place, port: int) -> list[Command]:
    settings = {"ECG_BENCH_VERSION": str(place.version), "BENTOML_DO_NOT_TRACK": "true", "PYTHONPATH": "."}
    address = ["--host", "127.0.0.1", "--port", str(port)]
    service = "bench.rivals.bentoml.service:Ecg"
    return [Command([place.binary("bentoml", "bentoml"), "serve", service, *address], settings)]


def _mlserver(place: Place, port: int) -> list[Command]:
    grpc, metrics = free_ports(2)
    settings = {
        "ECG_BENCH_VERSION": str(place.version),
        "MLSERVER_HTTP_PORT": str(port),
        "MLSERVER_GRPC_PORT": str(grpc),
        "MLSERVER_METRICS_PORT": str(metrics),
        "MLSERVER_METRICS_DIR": str(place.out / "mlserver-metrics"),
        "MLSERVER_ENVIRONMENTS_DIR": str(place.out / "mlserver-environments"),
    }
    return [Command([place.binary("mlserver", "mlserver"), "start", "bench/rivals/mlserver"], settings)]


def _ray(place: Place, port: int) -> list[Command]:
    settings = {
        "ECG_BENCH_VERSION": str(place.version),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_SERVE_THROUGHPUT_OPTIMIZED": "1",
        "RAY_SERVE_ENABLE_HA_PROXY": "1",
    }
    return [Command([place.binary("ray", "python"), "-m", "bench.rivals.ray.app", str(port)], settings)]


def _fastapi(place: Place, port: int) -> list[Command]:
    (serving,) = free_ports(1)
    options = ["--host", "127.0.0.1", "--port", str(port), "--workers", "2", "--no-access-log"]
    command = [place.binary("fastapi", "uvicorn"), "bench.rivals.fastapi.app:app", *options]
    settings = {"ECG_SERVING_TARGET": f"127.0.0.1:{serving}"}
    return [model_server(place.models, serving), Command(command, settings)]


KERAS = Contender("keras", "Flask and keras.Model.predict", Json(), _keras, patient=True)
OWN = (
    Contender("grpc", "bare gRPC to the model server", TensorFlowServing(), _grpc),
    Contender("gateway", "the gateway", Json(), _gateway),
    Contender("parse-and-reply", "the gateway without a model", Json(CONSTANT), _parse_and_reply),
    KERAS,
)
RIVALS = (
    Contender("bentoml", "BentoML", Batches(), _bentoml, rival="bentoml"),
    Contender("mlserver", "MLServer", OpenInference(), _mlserver, rival="mlserver"),
    Contender("ray", "Ray Serve", Json(), _ray, rival="ray"),
    Contender("fastapi", "FastAPI over gRPC", Json(), _fastapi, rival="fastapi"),
)
OTHERS = (*RIVALS, KERAS)  # servers that a user could choose instead of the gateway
BYTES = Contender("bytes", "the gateway, beats as float32 bytes", Packed(), _gateway, asked=tuple(BATCH.values()))
ZERO = Contender("zeros", "bare gRPC, a model of zeros", TensorFlowServing(ZEROS), _zeros, asked=AS_A_LIMIT)

# need a tensorflow_model_server binary
BINARY = (
    Contender("tensorflow-serving", "bare gRPC to tensorflow_model_server", TensorFlowServing(), _tensorflow_serving),
    Contender(
        "gateway-tensorflow-serving",
        "the gateway with tensorflow_model_server",
        Json(),
        _gateway_tensorflow_serving,
    ),
)

ALL = (*OWN, BYTES, *RIVALS, ZERO, *BINARY)
DIRECT = "direct"  # no server: the SavedModel called in a loop
