"""The server under test: at $ECG_SERVING_TARGET, or one that is started here.

A foreign server is `tensorflow_model_server --enable_grpc_healthcheck_service --max_num_load_retries=0
--num_load_threads=2 --allow_version_labels_for_unavailable_models=false --model_config_file=F`, where F holds
`model_config_list {}` and, for its metrics, --monitoring_config_file. Variables:

* ECG_SERVING_TARGET: host:port of its gRPC;
* ECG_SERVING_REST: host:port of its REST, else the cases over REST are skipped;
* ECG_SERVING_BASE_PATH: a folder that it sees under the same path; cases put their models there. Without it only the
  cases run that need no control of the models, against the model named by ECG_SERVING_MODEL (ecg).

Each case that changes the server's configuration asks for `folder`, which restores it; at the end it is empty again.
"""

import itertools
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tensorflow_serving.apis.model_management_pb2 import ReloadConfigRequest
from tensorflow_serving.config.model_server_config_pb2 import ModelConfig

from tests.golden.kit import Client, export
from tests.golden.process import running
from tests.support.waiting import until


@dataclass
class Target:
    """A server, its properties, and the models that the cases loaded."""

    client: Client
    rest: str | None
    base: Path | None
    foreign: bool
    models: dict[str, ModelConfig] = field(default_factory=dict)
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def request(self, *changed: ModelConfig) -> ReloadConfigRequest:
        """Return the request that keeps all models and adds or changes some."""
        if self.base is None:
            pytest.skip("ECG_SERVING_BASE_PATH is not set")
        models = {**self.models, **{model.name: model for model in changed}}
        request = ReloadConfigRequest()
        request.config.model_config_list.config.extend(models.values())
        return request

    def serve(self, *changed: ModelConfig) -> None:
        """Add these models to the server's configuration."""
        self.client.reload(self.request(*changed))
        self.models.update((model.name, model) for model in changed)

    def restore(self) -> None:
        """Reset the server's configuration to `models`."""
        self.client.reload(self.request())


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    address = os.environ.get("ECG_SERVING_TARGET")
    if address:
        base = os.environ.get("ECG_SERVING_BASE_PATH")
        foreign = Target(
            Client(address), os.environ.get("ECG_SERVING_REST"), Path(base) if base else None, foreign=True
        )
        yield foreign
        if base:
            foreign.models.clear()
            foreign.restore()
        return
    base_path = tmp_path_factory.mktemp("models")
    config, monitoring = base_path / "models.config", base_path / "monitoring.config"
    config.write_text("model_config_list {}")
    monitoring.write_text("prometheus_config { enable: true }")
    flags = (
        "--port=0",
        "--rest_api_port=0",
        f"--model_config_file={config}",
        f"--monitoring_config_file={monitoring}",
        "--enable_grpc_healthcheck_service",
        "--max_num_load_retries=0",
    )
    with running(base_path / "server.log", *flags) as server:
        yield Target(Client(server.target), server.rest, base_path, foreign=False)


@pytest.fixture(scope="session")
def client(target: Target) -> Client:
    return target.client


@pytest.fixture
def differs_from_tfs(target: Target) -> None:
    """Marks a case in which this project's server differs on purpose; its README says why."""
    if target.foreign:
        pytest.skip("tensorflow_model_server behaves otherwise here")


@pytest.fixture
def rest(target: Target) -> str:
    if target.rest is None:
        pytest.skip("ECG_SERVING_REST is not set")
    return f"http://{target.rest}"


def _new_model(target: Target, name: str) -> ModelConfig:
    if target.base is None:
        pytest.skip("ECG_SERVING_BASE_PATH is not set")
    name = f"{name}-{os.getpid()}-{next(target.numbers)}"
    (target.base / name).mkdir()
    return ModelConfig(name=name, base_path=str(target.base / name), model_platform="tensorflow")


@pytest.fixture
def folder(target: Target) -> Iterator[ModelConfig]:
    """A model that is not served yet: a new name and an empty base path. The case may change the configuration."""
    model = _new_model(target, "case")
    name = model.name
    yield model
    target.models.pop(name, None)
    target.restore()


@pytest.fixture
def served(target: Target, folder: ModelConfig) -> ModelConfig:
    """A model of its own for a case, with version 1."""
    export(Path(folder.base_path, "1"))
    target.serve(folder)
    return folder


@dataclass
class Witness:
    """A model that shows that the server has polled its folders."""

    client: Client
    model: ModelConfig
    version: int = 1

    def sees_another_poll(self) -> None:
        """Return after a whole round of looking at base paths that began after this call."""
        for _ in range(2):  # the first one found may have begun before
            first = Path(self.model.base_path, str(self.version))
            self.version += 1
            shutil.copytree(first, first.with_name(".staging")).rename(first.with_name(str(self.version)))
            until(lambda: self.client.states(self.model.name).get(self.version) == "AVAILABLE")


@pytest.fixture(scope="session")
def witness(target: Target) -> Witness:
    model = _new_model(target, "witness")
    export(Path(model.base_path, "1"))
    target.serve(model)
    return Witness(target.client, model)


@pytest.fixture(scope="session")
def model(target: Target) -> str:
    """The name of a model that is served and that no case changes."""
    if target.base is None:
        return os.environ.get("ECG_SERVING_MODEL", "ecg")
    model = _new_model(target, "standing")
    export(Path(model.base_path, "1"))
    target.serve(model)
    return str(model.name)
