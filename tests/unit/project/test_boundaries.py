"""The imports and dependencies of the components, compared with pyproject.toml and ARCHITECTURE.md."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
MAY_IMPORT = {"data": set(), "training": {"data"}, "serving": set(), "gateway": set(), "rollout": set()}
BASE = ("settings", "errors", "model", "deadline", "routes", "exchange")  # modules beside the packages
EVERYTHING = {
    "api",
    "candidate",
    "composition",
    "http",
    "inference",
    "model_server",
    "payload",
    "security",
    "telemetry",
}
# What of the gateway each of its packages and modules may import beside itself and the base.
GATEWAY_MAY_IMPORT = {
    **{module: set[str]() for module in BASE},
    "payload": set(),
    "telemetry": set(),
    "model_server": set(),
    "candidate": {"telemetry"},
    "security": set(),
    "inference": {"payload", "model_server", "candidate", "telemetry"},
    "api": {"payload", "inference", "telemetry"},
    "http": {"payload", "inference", "security", "telemetry"},
    "composition": EVERYTHING,
    "supervisor": set(),
    "server": {*EVERYTHING, "supervisor"},
    "__main__": {"server", "security", "telemetry"},
}
# What of data each of its packages may import beside itself, errors, http, program, progress and overwrite.
DATA_MAY_IMPORT = {"tables": set[str](), "recordings": {"tables"}, "sources": {"tables"}, "client": {"tables"}}
# What of training each of its packages may import beside itself and errors.
TRAINING_MAY_IMPORT = {
    "store": set[str](),
    "distributed": set(),
    "dataset": {"options"},
    "network": {"dataset", "distributed", "store", "recipe"},
    "ood": {"dataset"},
    "export": {"network", "ood"},
    "evaluation": {"dataset", "export", "store"},
    "tracking": set(),
    "report": {"dataset", "network", "evaluation", "outcome", "recipe"},
}
# What of the model server each of its packages may import beside itself, errors and logs.
SERVING_MAY_IMPORT = {
    "telemetry": set[str](),
    "lifecycle": set(),
    "runtime": {"flags", "telemetry"},
    "grpc": {"drain", "flags", "service", "telemetry"},
    "rest": {"runtime", "service"},
}
# What of the rollout tool each of its packages may import beside itself, errors, http and program.
ROLLOUT_MAY_IMPORT = {
    "kubernetes": set[str](),
    "gateway": {"kubernetes"},
    "registry": set(),
    "versions": {"kubernetes", "registry"},
    "decisions": {"gateway", "versions"},
    "workflow": {"kubernetes", "gateway", "versions", "decisions"},
}
HEAVY = {"numpy", "simdjson", "opentelemetry", "tensorflow"}  # loaded only by what needs them
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


def inside(part: str, component: str = "gateway") -> set[str]:
    """Packages and modules of a component that one of them imports, itself left out."""
    path = ROOT / component / part
    names: set[str] = set()
    for file in path.rglob("*.py") if path.is_dir() else [path.with_suffix(".py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                assert not node.level, f"{file}: give whole names"
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name.split(".")[1] for name in names if name.startswith(f"{component}.")} - {part}


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


@pytest.mark.parametrize("part", sorted(GATEWAY_MAY_IMPORT))
def test_a_part_of_the_gateway_imports_only_the_parts_that_it_may(part):
    assert inside(part) <= GATEWAY_MAY_IMPORT[part] | set(BASE)


@pytest.mark.parametrize("part", DATA_MAY_IMPORT)
def test_a_package_of_data_imports_only_the_packages_that_it_may(part):
    assert inside(part, "data") <= DATA_MAY_IMPORT[part] | {"errors", "http", "program", "progress", "overwrite"}


@pytest.mark.parametrize("part", TRAINING_MAY_IMPORT)
def test_a_package_of_training_imports_only_the_packages_that_it_may(part):
    assert inside(part, "training") <= TRAINING_MAY_IMPORT[part] | {"errors"}


def test_every_package_of_training_is_listed():
    packages = {path.parent.name for path in (ROOT / "training").glob("*/__init__.py")}
    assert packages == TRAINING_MAY_IMPORT.keys()


@pytest.mark.parametrize("part", SERVING_MAY_IMPORT)
def test_a_package_of_serving_imports_only_the_packages_that_it_may(part):
    assert inside(part, "serving") <= SERVING_MAY_IMPORT[part] | {"errors", "logs"}


def test_every_package_of_serving_is_listed():
    packages = {path.parent.name for path in (ROOT / "serving").glob("*/__init__.py")}
    assert packages == SERVING_MAY_IMPORT.keys()


@pytest.mark.parametrize("part", ROLLOUT_MAY_IMPORT)
def test_a_package_of_the_rollout_tool_imports_only_the_packages_that_it_may(part):
    assert inside(part, "rollout") <= ROLLOUT_MAY_IMPORT[part] | {"errors", "http", "program"}


def test_every_package_of_the_rollout_tool_is_listed():
    packages = {path.parent.name for path in (ROOT / "rollout").glob("*/__init__.py")}
    assert packages == ROLLOUT_MAY_IMPORT.keys()


def test_every_part_of_the_gateway_is_listed():
    parts = {
        path.stem for path in (ROOT / "gateway").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert parts - {"__init__"} == GATEWAY_MAY_IMPORT.keys()


def test_workers_start_without_what_only_some_requests_need():
    program = "import sys, gateway.composition; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert HEAVY & set(done.stdout.split()) == set()


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


def test_the_pages_scripts_name_existing_files():
    """They say which file of the command does the same, so that both are changed together."""
    scripts = [path for path in (ROOT / "gateway/static").rglob("*.js") if "vendor" not in path.parts]
    named = {name for script in scripts for name in re.findall(r"data/[a-z_/]+\.py", script.read_text())}
    assert named
    assert [name for name in sorted(named) if not (ROOT / name).is_file()] == []


def test_the_images_context_has_every_package_of_data():
    """Each by its name, as skaffold does not look below a pattern."""
    names = [path.parent.relative_to(ROOT / "data").parts for path in (ROOT / "data").rglob("__init__.py")]
    packages = {f"!data/{parts[0]}" for parts in names if parts}
    assert packages <= set((ROOT / ".dockerignore").read_text().splitlines())
