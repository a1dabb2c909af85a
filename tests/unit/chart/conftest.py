"""The chart as helm renders it."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.support.kubernetes.helm import yaml_reader

ROOT = Path(__file__).parents[3]
CHART = ROOT / "helm" / "ecg"

Object = dict[str, Any]
Render = Callable[..., list[Object]]


@pytest.fixture(scope="session")
def helm() -> Callable[..., str]:
    """Run helm; its errors fail the test, unless it is `failing`, which returns them."""
    if shutil.which("helm") is None:
        pytest.skip("helm is not on PATH")

    def run(*arguments: object, failing: bool = False) -> str:
        done = subprocess.run(["helm", *map(str, arguments)], capture_output=True, text=True, check=False)
        assert (done.returncode != 0) == failing, done.stdout + done.stderr
        return done.stderr if failing else done.stdout

    return run


@pytest.fixture(scope="session")
def read_yaml(helm: Callable[..., str], tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], list[Object]]:
    """Parse the documents of a YAML text."""
    return yaml_reader(helm, tmp_path_factory.mktemp("reader"))


@pytest.fixture(scope="session")
def render(helm: Callable[..., str], read_yaml: Callable[[str], list[Object]]) -> Render:
    """The objects of a release `ecg`, with values as helm's command line takes them."""

    @cache
    def objects(*values: object) -> list[Object]:
        return read_yaml(helm("template", "ecg", CHART, "--namespace=default", *values))

    return objects


@pytest.fixture(scope="session")
def every_option(render: Render) -> list[Object]:
    return render("--values", CHART / "ci" / "every-option-values.yaml")


def one(objects: list[Object], kind: str, component: str = "") -> Object:
    """The only object of a kind, or the only one that a component has of it."""
    (found,) = [
        each
        for each in objects
        if each["kind"] == kind and component in ("", each["metadata"]["labels"]["app.kubernetes.io/component"])
    ]
    return found


def pods(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Name and specification of each pod that the objects describe."""
    for each in objects:
        spec = each.get("spec", {})
        template = spec.get("jobTemplate", each)["spec"].get("template", each) if spec else {}
        if "containers" in template.get("spec", {}):
            yield f"{each['kind']} {each['metadata']['name']}", template["spec"]


def containers(objects: list[Object]) -> Iterator[tuple[str, Object]]:
    """Name and specification of each container, init containers included."""
    for name, pod in pods(objects):
        for container in pod["containers"] + pod.get("initContainers", []):
            yield f"{name}: {container['name']}", container


def container_of(objects: list[Object], kind: str, name: str) -> Object:
    """The container of that name in the only object of a kind that has one; init containers included."""
    (found,) = [
        each for where, each in containers(objects) if where.startswith(kind + " ") and where.endswith(f": {name}")
    ]
    return found
