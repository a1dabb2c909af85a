"""The plain manifests are the chart with its default values."""

import subprocess

import pytest

from tests.unit.chart.conftest import ROOT, Object

COMPONENTS = ["gateway", "models", "serving", "training"]


@pytest.fixture(scope="module")
def rendered(helm, tmp_path_factory):
    folder = tmp_path_factory.mktemp("k8s")
    subprocess.run([ROOT / "scripts" / "manifests", folder], check=True)
    return folder


def test_there_is_one_file_for_each_component(rendered):
    assert sorted(path.stem for path in rendered.iterdir()) == COMPONENTS
    assert sorted(path.stem for path in (ROOT / "k8s").iterdir()) == COMPONENTS


@pytest.mark.parametrize("component", COMPONENTS)
def test_they_are_what_the_chart_renders(rendered, component):
    name = f"{component}.yaml"
    assert (ROOT / "k8s" / name).read_text() == (rendered / name).read_text(), "the chart changed: make manifests"


def test_they_are_the_charts_objects_without_helms_marks(render, read_yaml):
    def bare(each: Object) -> tuple[str, str, Object]:
        metadata = dict(each["metadata"])
        marks = {"helm.sh/chart", "app.kubernetes.io/managed-by"}
        metadata["labels"] = {key: value for key, value in metadata["labels"].items() if key not in marks}
        if metadata.get("annotations") == {"helm.sh/resource-policy": "keep"}:
            del metadata["annotations"]
        return each["kind"], metadata["name"], each | {"metadata": metadata}

    plain = [each for path in sorted((ROOT / "k8s").iterdir()) for each in read_yaml(path.read_text())]
    chart = [bare(each) for each in render() if "helm.sh/hook" not in each["metadata"].get("annotations", {})]
    assert sorted(map(bare, plain), key=lambda each: each[:2]) == sorted(chart, key=lambda each: each[:2])
    assert "helm.sh" not in "".join(path.read_text() for path in (ROOT / "k8s").iterdir())
