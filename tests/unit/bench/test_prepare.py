"""Rivals: locked versions, and the error if one cannot be installed."""

import pytest

from bench.campaign import installed
from bench.contenders import RIVALS
from bench.machine import OF_RIVALS, cores, facts
from bench.prepare import NotPrepared, pinned, place
from bench.processes import ROOT
from bench.results import Results

NAMES = [contender.rival for contender in RIVALS]


@pytest.mark.parametrize("rival", NAMES)
def test_every_other_server_is_pinned_with_hashes(rival):
    lock = (ROOT / "bench" / "rivals" / rival / "requirements.txt").read_text()
    requirements = [line for line in lock.splitlines() if line and not line.startswith((" ", "#"))]
    assert all(line.endswith("\\") and "==" in line for line in requirements)
    assert lock.count("--hash=sha256:") >= len(requirements)
    assert rival in pinned(rival, OF_RIVALS)


def test_the_installed_version_of_each_is_reported():
    assert facts(*cores())["rivals"].keys() == set(NAMES)


def test_a_server_that_cannot_be_installed_is_missing_and_the_others_are_measured(tmp_path):
    (tmp_path / "ray").write_text("in the way of the virtual environment")
    results = Results()
    chosen = [each for each in RIVALS if each.name == "ray"]
    assert installed(chosen, tmp_path, results) == []
    assert list(results.missing) == ["ray"]
    assert f"{tmp_path}/ray-install.log" in results.missing["ray"]
    assert results.broken


def test_a_model_base_path_without_a_version_is_refused(tmp_path):
    with pytest.raises(NotPrepared, match="no version exists"):
        place(tmp_path, tmp_path, zeros=False)
