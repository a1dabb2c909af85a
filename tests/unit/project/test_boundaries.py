"""What the components may import and what they install, held to what pyproject.toml and ARCHITECTURE.md say."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAY_IMPORT = {"data": set(), "training": {"data"}, "serving": set(), "gateway": set(), "rollout": set()}
EXTRAS = {
    "data": {"data"},
    "training": {"data", "training", "cpu"},
    "serving": {"serving", "cpu"},
    "gateway": {"gateway"},
    "rollout": {"rollout"},
}
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


def imported(component: str) -> set[str]:
    """Top-level names of everything that the component's modules import, wherever in the module."""
    names: set[str] = set()
    for path in (ROOT / component).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    return names


def distribution(requirement: str) -> str:
    return re.split(r"[^\w.-]", requirement, maxsplit=1)[0]


def pins(lock: Path) -> dict[str, set[str]]:
    """Versions by distribution; a lock may have one for each release of Python."""
    found: dict[str, set[str]] = {}
    for name, version in re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", lock.read_text(), re.MULTILINE):
        found.setdefault(name, set()).add(version)
    return found


@pytest.mark.parametrize("component", MAY_IMPORT)
def test_a_component_imports_only_the_components_that_it_may(component):
    assert imported(component) & MAY_IMPORT.keys() - {component} <= MAY_IMPORT[component]


@pytest.mark.parametrize("component", EXTRAS)
def test_a_component_declares_what_it_imports(component):
    extras = PROJECT["optional-dependencies"]
    declared = {distribution(requirement) for extra in EXTRAS[component] for requirement in extras[extra]}
    owners = packages_distributions()
    outside = imported(component) - sys.stdlib_module_names - MAY_IMPORT.keys()
    undeclared = {
        name for name in outside if not declared & {owner.lower().replace("_", "-") for owner in owners[name]}
    }
    assert undeclared == set()


@pytest.mark.parametrize("component", ["training", "serving", "gateway", "rollout"])
def test_an_image_installs_what_the_tests_ran_with(component):
    tested, shipped = pins(ROOT / "requirements.txt"), pins(ROOT / component / "requirements.txt")
    assert {name: tested[name] for name in shipped} == shipped


def test_the_exporter_is_not_newer_than_its_server():
    releases = {
        version.rsplit(".", 1)[0]
        for lock in ROOT.glob("**/requirements*.txt")
        if ".venv" not in lock.parts
        for name, versions in pins(lock).items()
        if name in {"tensorflow", "tensorflow-cpu", "tensorflow-serving-api"}
        for version in versions
    }
    assert releases == {"2.20"}


@pytest.mark.parametrize("component", ["gateway", "rollout"])
def test_an_image_that_needs_no_tensorflow_has_none(component):
    assert not [name for name in pins(ROOT / component / "requirements.txt") if name.startswith("tensorflow")]
