"""The common parts of the image files and compose.yaml, and their requirements for builders and clusters."""

import json
import re
import shlex
from dataclasses import fields
from pathlib import Path

import pytest

from gateway.settings import Settings
from serving.flags import Flags
from training.options import parse_options

ROOT = Path(__file__).parents[3]
COMPONENTS = ["training", "serving", "gateway", "rollout"]
IN_COMPOSE = COMPONENTS[:3]  # without Kubernetes there is nothing to roll out
COMPOSE = (ROOT / "compose.yaml").read_text()
DOCKERFILE = (ROOT / "Dockerfile").read_text()
IMAGES = (ROOT / "scripts" / "images").read_text()


def stages() -> dict[str, list[tuple[str, str]]]:
    """Each stage of the Dockerfile with its instructions, each with its arguments on one line."""
    lines = DOCKERFILE.replace("\\\n", " ").splitlines()
    found: dict[str, list[tuple[str, str]]] = {"": []}
    for word, _, rest in (line.partition(" ") for line in lines if line and line[0] != "#"):
        if word == "FROM":
            found[rest.split(" AS ")[1]] = []
        found[list(found)[-1]].append((word, rest))
    return found


def instructions(component: str) -> list[tuple[str, str]]:
    """All instructions of a component's image: of its stage and of its base stages."""
    [(_, below), *own] = stages()[component]
    parent = below.split(" AS ")[0]
    return [*(instructions(parent) if parent in stages() else []), *own]


def last(component: str, instruction: str) -> str:
    return [rest for word, rest in instructions(component) if word == instruction][-1]


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_runs_its_component_as_an_unprivileged_user(component):
    assert json.loads(last(component, "ENTRYPOINT")) == ["python", "-m", component]
    assert last(component, "USER") == "10001:10001"


def test_every_stage_stands_on_the_chosen_base():
    below = {name: words[0][1].split(" AS ")[0] for name, words in stages().items() if name}
    assert {name for name, parent in below.items() if parent == "${BASE}"} == {"build", "runtime"}
    assert {parent for parent in below.values() if parent != "${BASE}"} == {"build", "runtime"}


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_has_its_labels(component):
    assert f'org.opencontainers.image.title="ecg-{component}"' in last(component, "LABEL")
    for label in ("version", "revision"):
        assert f"--label org.opencontainers.image.{label}=" in IMAGES


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_installed_is_locked(component):
    build = dict(stages()[f"build-{component}"])
    assert "pip " not in build["RUN"]
    assert any(
        rest.startswith("image-stage packages") for word, rest in stages()[f"build-{component}"] if word == "RUN"
    )
    [install] = re.findall(r"pip .* install .*", (ROOT / "scripts" / "image-stage").read_text().replace("\\\n", " "))
    assert {"--require-hashes", "--no-deps"} <= set(install.split())


def test_the_classic_builder_understands_every_instruction():
    assert re.findall(r"^#\s*syntax|--mount|--link|--chmod|--start-interval|<<", DOCKERFILE, re.MULTILINE) == []


def test_the_server_in_its_image_is_the_one_that_its_health_check_and_the_gateway_ask():
    flags = Flags.parse(json.loads(last("serving", "CMD")))
    check = last("serving", "HEALTHCHECK")
    assert f"'127.0.0.1', {flags.rest_api_port}" in check
    assert f"/v1/models/{flags.model_name}/metadata" in check
    assert Settings().model_name == flags.model_name
    assert f"ECG_SERVING_TARGET: serving:{flags.port}\n" in COMPOSE


def test_the_gateways_health_check_asks_where_it_listens():
    port = Settings().listen.rpartition(":")[2]
    assert f"'127.0.0.1', {port}" in last("gateway", "HEALTHCHECK")
    assert f"${{PORT:-5000}}:{port}\n" in COMPOSE


@pytest.mark.parametrize("data", [None, Path("/beats")])
def test_compose_trains_into_the_servers_folder_and_only_if_needed(data):
    command = re.search(r"command: (.*)", COMPOSE)
    assert command
    options = parse_options(shlex.split(re.sub(r"\$\{DATA:\+(.*)\}", r"\1" if data else "", command[1])))
    assert (options.data, options.unless_published) == (data, True)
    assert options.models == Path(Flags.parse(json.loads(last("serving", "CMD"))).model_base_path)


def test_compose_builds_what_it_names():
    named = re.findall(r"image: ecg-(\w+):\S+\n *build: {context: \., target: (\w+)}", COMPOSE)
    assert named == [(component, component) for component in IN_COMPOSE]


def test_compose_sets_only_what_the_gateway_knows():
    known = {f"ECG_{field.name.upper()}" for field in fields(Settings)}
    assert set(re.findall(r"^ +(ECG_\w+):", COMPOSE, re.MULTILINE)) <= known
