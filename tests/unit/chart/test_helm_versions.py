"""Helm 3 and Helm 4 make the same of the chart."""

import shutil
import subprocess

import pytest

from tests.unit.chart.conftest import CHART

VALUES = [None, *sorted(CHART.glob("values-*.yaml")), *sorted((CHART / "ci").glob("*.yaml"))]


@pytest.mark.skipif(shutil.which("helm3") is None, reason="helm3 is not on PATH")
@pytest.mark.parametrize("values", VALUES, ids=lambda path: path.stem if path else "default")
def test_helm_3_and_helm_4_render_the_same(render, read_yaml, values):
    given = ("--values", str(values)) if values else ()
    command = ["helm3", "template", "ecg", str(CHART), "--namespace=default", *given]
    text = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert read_yaml(text) == render(*given)
