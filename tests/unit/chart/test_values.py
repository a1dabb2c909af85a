"""The values: a closed schema, a README that lists all of them, and names that the programs know."""

import json
import re
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from math import inf
from typing import Any

import pytest

from gateway.settings import Settings
from serving.flags import Flags
from tests.unit.chart.conftest import CHART, ROOT
from training.options import Options, parse_options
from training.recipe import Recipe

SCHEMA = json.loads((CHART / "values.schema.json").read_text())
README = (CHART / "README.md").read_text()
COMMON_VALUES = README.partition("\n## Values of every component\n")[2].partition("\n## ")[0]
VALUES = README.partition("\n## Values\n")[2]
EXAMPLES = sorted((CHART / "ci").glob("*.yaml"))
MADE_BY_THE_CHART = {
    "serving_target",
    "model_name",
    "listen",
    "management_listen",
    "keep_alive_seconds",
    "rollout_url",
    "api_keys_file",
}


def closed(schema: dict[str, Any]) -> bool:
    return schema.get("additionalProperties") is False


def leaves(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Each value that can be set, by its path, with what its definition adds."""
    for name, part in schema["properties"].items():
        whole = definition(part) | part
        if "properties" in whole:
            yield from leaves(whole, f"{path}{name}.")
        else:
            yield f"{path}{name}", whole


def definition(part: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = SCHEMA if "$ref" in part else {}
    for name in part.get("$ref", "").split("/")[1:]:
        found = found[name]
    return found


LEAVES = dict(leaves(SCHEMA))
OF_COMPONENTS = dict(leaves({"properties": SCHEMA["$defs"]["component"]}))


def of_components(path: str) -> bool:
    """Whether a value is one that components have in common."""
    return path.partition(".")[2] in OF_COMPONENTS


def kinds(path: str) -> set[str]:
    kind = LEAVES[path].get("type", [])
    return {kind} if isinstance(kind, str) else set(kind)


def value_at(values: dict[str, Any], path: str) -> Any:
    for name in path.split("."):
        values = values.get(name, {}) if isinstance(values, dict) else {}
    return values


def objects_of(schema: Any) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        if "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects_of(part)


@pytest.fixture(scope="module")
def defaults(helm, read_yaml):
    (values,) = read_yaml(helm("show", "values", CHART))
    return values


def test_every_object_is_closed_but_what_other_charts_share():
    opened = [each for each in objects_of(SCHEMA["properties"]) if not closed(each)]
    assert opened == [SCHEMA["properties"]["global"]]
    assert closed(SCHEMA)


@pytest.mark.parametrize("path", LEAVES)
def test_every_value_is_described(path):
    assert len(LEAVES[path]["description"]) > 5


@pytest.mark.parametrize("wrong", ["trainig", "training.options.epoch", "gateway.settings.port", "models.sice"])
def test_a_misspelt_value_is_refused(helm, wrong):
    refused = helm("template", "ecg", CHART, "--set", f"{wrong}=1", failing=True)
    assert f"'{wrong.rsplit('.', 1)[-1]}' not allowed" in refused


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("serving.flags.port=1", "serving.flags.port: the chart sets this flag itself"),
        ("data.content=x,data.url=http://a/b.csv", "set only one of content"),
        ("data.existingClaim=x", "data.path: which file"),
        ("httpRoute.enabled=true", "httpRoute.parentRefs: name the Gateway"),
        ("models.accessMode=ReadWriteOncePod", "one of 'ReadWriteOnce', 'ReadWriteMany'"),
        ("data.url=ftp://a/b.csv", "/data/url"),
        ("data.url=http://a/", "/data/url"),
        ("gateway.managementPort=5000", "/gateway/managementPort"),
        ("gateway.managementPort=65536", "/gateway/managementPort"),
        ("gateway.keepAliveSeconds=0", "/gateway/keepAliveSeconds"),
        ("serving.podDisruptionBudget=true", "use a ReadWriteMany claim"),
        ("training.options.crossValidate=5,training.workers=2", "needs training.workers=1"),
    ],
)
def test_values_that_cannot_work_are_refused(helm, wrong, message):
    assert message in helm("template", "ecg", CHART, "--set", wrong, failing=True)


def test_the_examples_set_every_value(read_yaml):
    examples = [read_yaml(path.read_text())[0] for path in EXAMPLES]
    assert [path for path in LEAVES if all(value_at(each, path) == {} for each in examples)] == []


def test_every_option_differs_from_its_default(read_yaml, defaults):
    """So that the example covers the parts that a value switches on."""
    (example,) = read_yaml((CHART / "ci" / "every-option-values.yaml").read_text())
    needs_no_change = {"models.existingClaim", "training.enabled", "ingress.enabled"}
    same = {path for path in LEAVES if value_at(example, path) == value_at(defaults, path) != {}}
    assert same == needs_no_change


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_lint_finds_nothing(helm, path):
    assert "0 chart(s) failed" in helm("lint", "--strict", CHART, "--values", path)


def test_the_readme_lists_every_value_with_its_default(defaults):
    def row(path: str) -> str:
        default = value_at(defaults, path)
        shown = json.dumps(default).replace('"', "") if default not in ("", [], {}) else ""
        return f"| `{path}` | {f'`{shown}`' if shown else ''} | {LEAVES[path]['description']} |"

    expected = [row(path) for path in LEAVES if not of_components(path)]
    assert re.findall(r"^\| `[a-z][\w.]*` \|.*$", VALUES, re.MULTILINE) == expected, "\n".join(expected)


def test_the_readme_lists_once_what_components_have_in_common():
    def row(name: str, part: dict[str, Any]) -> str:
        components = [path.partition(".")[0] for path in LEAVES if path.partition(".")[2] == name]
        return f"| `{name}` | {'' if len(components) == 4 else ', '.join(components)} | {part['description']} |"

    expected = [row(name, part) for name, part in OF_COMPONENTS.items()]
    assert re.findall(r"^\| `[a-z][\w.]*` \|.*$", COMMON_VALUES, re.MULTILINE) == expected, "\n".join(expected)


def test_training_options_are_those_of_the_program():
    known = {field.name for field in (*fields(Options), *fields(Recipe))} - {
        "recipe",
        "data",
        "models",
        "spare_file",
        "version_file",
        "run",
        "command",
    }
    offered = {path.rsplit(".", 1)[1] for path in LEAVES if path.startswith("training.options.")}
    assert {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in offered} == known


def fits(schema: dict[str, Any], value: float | str) -> bool:
    """Whether a schema of numbers, also as text, allows a value."""
    if isinstance(value, str):
        return bool(re.search(schema["pattern"], value))
    least, above = schema.get("minimum", -inf), schema.get("exclusiveMinimum", -inf)
    most, below = schema.get("maximum", inf), schema.get("exclusiveMaximum", inf)
    return least <= value <= most and above < value < below and (schema["type"] != "integer" or value == int(value))


def takes(option: str) -> bool:
    try:
        parse_options([option])
    except SystemExit:
        return False
    return True


NUMBERS = [path for path in LEAVES if path.startswith("training.options.") and {"integer", "number"} & kinds(path)]


@pytest.mark.parametrize("path", NUMBERS)
def test_a_number_for_training_is_allowed_by_the_chart_if_the_program_takes_it(path):
    option = re.sub("[A-Z]", lambda letter: f"-{letter[0].lower()}", path.rsplit(".", 1)[1])
    texts = ("none", "balanced", "0.25", "1e-3", "many", "") if "string" in kinds(path) else ()
    values = (-1, 0, 0.1, 0.5, 0.75, 1, 2, 11, 1_000_000, *texts)
    known = {value: takes(f"--{option}={value}") for value in values}
    assert {value: fits(LEAVES[path], value) for value in values} == known


def test_gateway_settings_are_those_of_the_program():
    known = {field.name for field in fields(Settings)} - MADE_BY_THE_CHART
    offered = {path.rsplit(".", 1)[1] for path in LEAVES if path.startswith("gateway.settings.")}
    assert {re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name) for name in offered} == known


def test_default_flags_are_the_model_servers_own(defaults):
    assert defaults["serving"]["flags"].keys() <= {field.name for field in fields(Flags)}


def test_the_chart_is_of_the_projects_version(helm, read_yaml):
    (chart,) = read_yaml(helm("show", "chart", CHART))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])


def test_the_official_image_reads_what_training_exports(defaults):
    lock = (ROOT / "training" / "requirements.txt").read_text()
    pinned = re.findall(r"^tensorflow-cpu==(\d+\.\d+)\.", lock, re.MULTILINE)
    image = defaults["serving"]["image"]
    assert (image["repository"], [image["tag"].rsplit(".", 1)[0]]) == ("tensorflow/serving", pinned)
