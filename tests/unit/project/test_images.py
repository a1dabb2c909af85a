"""What the image files and compose.yaml must say alike, and what any builder and any cluster must find in them."""

import json
import re
import shlex
import tomllib
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


def instructions(component: str) -> list[tuple[str, str]]:
    """Each instruction of a Dockerfile with its arguments on one line."""
    lines = (ROOT / component / "Dockerfile").read_text().replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines) if word and word != "#"]


def last(component: str, instruction: str) -> str:
    return [rest for word, rest in instructions(component) if word == instruction][-1]


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_runs_its_component_first_and_as_nobody_that_is_named(component):
    assert json.loads(last(component, "ENTRYPOINT")) == ["python", "-m", component]
    assert last(component, "USER") == "10001:10001"


@pytest.mark.parametrize("component", COMPONENTS)
def test_every_stage_stands_on_the_chosen_base(component):
    assert [rest.split(" AS ")[0] for word, rest in instructions(component) if word == "FROM"] == ["${BASE}", "${BASE}"]


@pytest.mark.parametrize("component", COMPONENTS)
def test_an_image_says_what_it_is(component):
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert ("ARG", f"VERSION={version}") in instructions(component)
    assert f'org.opencontainers.image.title="ecg-{component}"' in last(component, "LABEL")


@pytest.mark.parametrize("component", COMPONENTS)
def test_what_is_installed_is_locked(component):
    installs = [rest for word, rest in instructions(component) if word == "RUN" and "pip " in rest]
    assert [{"--require-hashes", "--no-deps"} <= set(rest.split()) for rest in installs] == [True]


@pytest.mark.parametrize("component", COMPONENTS)
def test_the_classic_builder_understands_every_instruction(component):
    text = (ROOT / component / "Dockerfile").read_text()
    assert re.findall(r"^#\s*syntax|--mount|--link|--chmod|--start-interval|<<", text, re.MULTILINE) == []


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
def test_compose_trains_where_the_server_looks_and_only_if_need_be(data):
    command = re.search(r"command: (.*)", COMPOSE)
    assert command
    options = parse_options(shlex.split(re.sub(r"\$\{DATA:\+(.*)\}", r"\1" if data else "", command[1])))
    assert (options.data, options.unless_published) == (data, True)
    assert options.models == Path(Flags.parse(json.loads(last("serving", "CMD"))).model_base_path)


def test_compose_builds_what_it_names():
    named = re.findall(r"image: ecg-(\w+):\S+\n *build: {context: \., dockerfile: (\w+)/Dockerfile}", COMPOSE)
    assert named == [(component, component) for component in IN_COMPOSE]


def test_compose_sets_only_what_the_gateway_knows():
    known = {f"ECG_{field.name.upper()}" for field in fields(Settings)}
    assert set(re.findall(r"^ +(ECG_\w+):", COMPOSE, re.MULTILINE)) <= known
