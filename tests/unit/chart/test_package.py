"""The packaged chart: its files, and its metadata for chart catalogues."""

import tarfile
import tomllib

import pytest

from tests.unit.chart.conftest import CHART, ROOT

# https://artifacthub.io/docs/topics/annotations/helm
CATEGORIES = {
    "ai-machine-learning",
    "database",
    "integration-delivery",
    "monitoring-logging",
    "networking",
    "security",
    "storage",
    "streaming-messaging",
}


@pytest.fixture(scope="module")
def package(helm, tmp_path_factory) -> set[str]:
    """The paths of the files in the package."""
    folder = tmp_path_factory.mktemp("package")
    helm("package", CHART, "--destination", folder)
    (archive,) = folder.iterdir()
    with tarfile.open(archive) as files:
        return {name.removeprefix("ecg/") for name in files.getnames()}


def test_the_package_has_what_an_installation_and_its_reader_need(package):
    assert {"Chart.yaml", "README.md", "values.yaml", "values.schema.json"} <= package
    assert {path.name for path in CHART.glob("values-*.yaml")} <= package
    assert {f"files/{path.name}" for path in (CHART / "files").iterdir()} <= package


def test_the_package_has_no_values_of_tests(package):
    assert not [name for name in package if name.startswith("ci/")]


def test_a_catalogue_finds_category_and_licence(helm, read_yaml):
    (chart,) = read_yaml(helm("show", "chart", CHART))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert chart["annotations"]["artifacthub.io/category"] in CATEGORIES
    assert chart["annotations"]["artifacthub.io/license"] == project["license"]
    assert chart["keywords"]
