"""The built images as a container engine alone runs them: confined as in compose.yaml, and no network for training."""

import gzip
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.conftest import Ingress, run
from tests.support.gateway.gateway_process import ROOT
from tests.support.waiting import until

pytestmark = pytest.mark.skipif(not shutil.which("docker"), reason="no container engine here")
TAG = os.environ.get("ECG_IMAGE_TAG", "dev")
BASE = "python:3.11-slim-bookworm"
PACKAGES = {"training": ["data", "training"], "serving": ["serving"], "gateway": ["gateway"], "rollout": ["rollout"]}
MAY_ADD = {"training": 1700, "serving": 1100, "gateway": 150, "rollout": 110}  # MB to the base image
CONFINED = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")

# Runs inside an image and tells what lies there.
LOOK = """
import importlib.metadata, importlib.util, json, os, pathlib, shutil, sys
files = [path for folder in ("/app", sys.prefix) for path in pathlib.Path(folder).rglob("*")]
sources = [path for path in files if path.suffix == ".py"]
print(json.dumps({
    "user": [os.getuid(), os.getgid()],
    "app": sorted(os.listdir("/app")),
    "installed": sorted(each.name.lower() for each in importlib.metadata.distributions(path=sys.path)),
    "tools": [tool for tool in ("cc", "gcc", "make", "git", "curl") if shutil.which(tool)],
    "texts": [str(path) for path in files if path.suffix == ".md" and "dist-info" not in str(path)],
    "not compiled": [str(path) for path in sources if path.parts[1] == "app"
                     and not os.path.exists(importlib.util.cache_from_source(path))],
}))
"""


@dataclass
class Engine:
    """The images under test on a network and a volume of their own."""

    name: str = f"ecg-test-{os.getpid()}"
    containers: list[str] = field(default_factory=list)

    def start(self, component: str, *options: str, arguments: tuple[str, ...] = ()) -> str:
        """Start a container in the background; its name."""
        name = f"{self.name}-{len(self.containers)}"
        self.containers.append(name)
        models = f"--volume={self.name}:/models{'' if component == 'training' else ':ro'}"
        run("docker", "run", "--detach", f"--name={name}", models, *CONFINED, *options, image(component), *arguments)
        return name

    def serve(self) -> str:
        """A model server that the gateway finds under the name `serving`, once it is healthy."""
        return self.healthy(self.start("serving", f"--network={self.name}", "--network-alias=serving"))

    def answer(self) -> str:
        """A gateway on a free port, once it is healthy."""
        options = ("--publish=127.0.0.1::5000", "--env=ECG_SERVING_TARGET=serving:8500")
        return self.healthy(self.start("gateway", f"--network={self.name}", *options))

    def healthy(self, container: str) -> str:
        until(lambda: inspect(container)["State"]["Health"]["Status"] == "healthy", seconds=60)
        return container

    def train(self, *arguments: str) -> str:
        """Run a training to its end; what it printed last."""
        container = self.start("training", "--network=none", arguments=("--models=/models/ecg", *arguments))
        code = run("docker", "wait", container).strip()
        assert code == "0", logs(container)
        return run("docker", "logs", container).splitlines()[-1]

    def remove(self) -> None:
        for container in self.containers:
            run("docker", "rm", "--force", "--volumes", container)
        run("docker", "network", "rm", self.name)
        run("docker", "volume", "rm", self.name)


def image(component: str) -> str:
    return f"ecg-{component}:{TAG}"


def inspect(name: str) -> Any:
    return json.loads(run("docker", "inspect", name))[0]


def logs(container: str) -> str:
    return run("sh", "-c", f"docker logs {container} 2>&1")


def stop(container: str) -> int:
    """SIGTERM as `docker stop` sends it, and SIGKILL (code 137) to what ignores it; the exit code."""
    run("docker", "stop", "-t", "40", container)
    code: int = inspect(container)["State"]["ExitCode"]
    return code


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = Engine()
    run("docker", "network", "create", engine.name)
    run("docker", "volume", "create", engine.name)
    yield engine
    engine.remove()


@pytest.mark.parametrize("component", PACKAGES)
def test_an_image_holds_its_component_and_nothing_to_build_with(component):
    found = json.loads(run("docker", "run", "--rm", *CONFINED, "--entrypoint=python", image(component), "-c", LOOK))
    assert found.pop("user") == [10001, 10001]
    assert found.pop("app") == sorted(["LICENSE", *PACKAGES[component]])
    installed = set(found.pop("installed"))
    assert not installed & {"pip", "setuptools", "wheel", "pytest"}
    assert any(name.startswith("tensorflow") for name in installed) == (component in ("training", "serving"))
    assert found == {"tools": [], "texts": [], "not compiled": []}


@pytest.mark.parametrize("component", PACKAGES)
def test_an_image_adds_no_more_than_it_must_to_its_base(component):
    run("sh", "-c", f"docker inspect {BASE} || docker pull {BASE}")
    added = inspect(image(component))["Size"] - inspect(BASE)["Size"]
    assert added / 1e6 < MAY_ADD[component]


def test_a_model_is_trained_once_and_served_and_each_server_stops_on_sigterm(engine):
    assert engine.train("--epochs=3") == "Published /models/ecg/1"
    assert engine.train("--unless-published") == "Nothing to do: /models/ecg/1 is published"
    serving, gateway = engine.serve(), engine.answer()
    beats = json.loads(run("docker", "exec", serving, "cat", "/models/ecg/1/assets.extra/beats.json"))
    address = run("docker", "port", gateway, "5000").strip()
    answer = Ingress(f"http://{address}", "localhost").ask(
        "POST", "/predict", {"instances": [beat["features"] for beat in beats]}
    )
    assert answer.headers["X-Model-Version"] == "1"
    assert [each["predicted_class"] for each in answer.json["predictions"]] == [
        beat["predicted_class"] for beat in beats
    ]
    assert [stop(gateway), stop(serving)] == [0, 0]


def test_a_stopped_training_ends_by_itself_and_leaves_nothing(engine):
    training = engine.start("training", "--network=none", arguments=("--models=/models/ecg",))
    until(lambda: "Downloading" in logs(training))
    assert stop(training) == 1
    assert "interrupted; nothing was published" in logs(training)
    left = run(
        "docker", "run", "--rm", f"--volume={engine.name}:/models", "--entrypoint=ls", image("training"), "/models/ecg"
    )
    assert left == ""


def test_a_model_server_without_a_model_is_not_healthy(engine):
    serving = engine.start("serving")
    until(lambda: inspect(serving)["State"]["Health"]["Log"])
    assert {check["ExitCode"] for check in inspect(serving)["State"]["Health"]["Log"]} == {1}
    assert inspect(serving)["State"]["Running"]


@pytest.fixture
def compose(beats: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., str]]:
    """`docker compose` on the project's file, with data and a port of the test's own."""
    if subprocess.run(["docker", "compose", "version"], capture_output=True, check=False).returncode:
        pytest.skip("docker has no compose here")
    data = tmp_path / "beats.csv"
    data.write_bytes(gzip.decompress(beats.read_bytes()))
    for name, value in {"DATA": str(data), "PORT": "0", "ECG_IMAGE_TAG": TAG}.items():
        monkeypatch.setenv(name, value)
    command = ("docker", "compose", f"--file={ROOT / 'compose.yaml'}", f"--project-name=ecg-test-{os.getpid()}")
    yield partial(run, *command)
    run(*command, "down", "--volumes")


def test_compose_trains_serves_and_answers(compose, bodies):
    compose("up", "--detach", "--no-build")
    gateway = compose("ps", "--quiet", "gateway").strip()
    until(lambda: inspect(gateway)["State"]["Health"]["Status"] == "healthy")
    address = compose("port", "gateway", "5000").strip()
    answer = Ingress(f"http://{address}", "localhost").ask("POST", "/predict", bodies[0])
    assert (answer.status_code, answer.headers["X-Model-Version"]) == (200, "1")
