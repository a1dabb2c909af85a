"""The versions on the volume, as a shell in a pod finds them."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from rollout.commands import Commands
from rollout.errors import RolloutError
from rollout.options import parse_options
from rollout.versions.volume import InPods
from rollout.workflow.clock import Clock


@pytest.fixture
def remotely(cluster, tool):
    """The tool without --models, on a cluster whose pods have the test's folder."""
    cluster.environment["model"]["ECG_MODEL_BASE_PATH"] = str(tool.models)

    def remotely(*arguments: str) -> str:
        options = parse_options(list(arguments))
        try:
            Commands(options, str(tool.kubeconfig), Clock(sleep=lambda _: None), tool.said.append).run()
        except RolloutError as error:
            return str(error)
        return ""

    return remotely


def test_versions_are_read_in_a_pod_that_has_them(cluster, tool, remotely, capsys):
    cluster.serve(1)
    (tool.models / "staging-x").mkdir()
    (tool.models / "4").mkdir()
    broken = tool.models / "3" / "assets.extra" / "metrics.json"
    broken.write_text(json.dumps({"history": ["x" * 70_000], **json.loads(broken.read_text())}))  # more than a frame
    assert remotely("list", "--json") == ""
    found = json.loads(capsys.readouterr().out)
    assert [(each["version"], each["accuracy"]) for each in found] == [(4, None), (3, 0.9), (2, 0.9), (1, 0.9)]


def test_a_promotion_needs_no_folder(cluster, remotely):
    cluster.serve(1)
    assert remotely("promote", "2") == ""
    assert (cluster.version, cluster.settled) == ("2", True)


def test_a_version_without_recorded_beats_is_not_begun(cluster, tool, remotely):
    cluster.serve(1)
    (tool.models / "2" / "assets.extra" / "beats.json").unlink()
    assert "version 2 has no recorded beats" in remotely("promote", "2")
    assert cluster.patches == []


def test_a_missing_base_path_has_no_versions(cluster, tool, remotely):
    cluster.environment["model"]["ECG_MODEL_BASE_PATH"] = str(tool.models / "it's not there")
    assert remotely("promote", "latest") == "there is no model version yet; train one first"


def test_missing_access_to_pods_is_reported_with_the_remedy(cluster, remotely):
    cluster.forbidden.add("pods/exec")
    assert remotely("list").endswith("give --models instead")
    cluster.forbidden.add("pods")
    assert remotely("list").endswith("--models says where the versions are without asking a pod")


def test_without_a_pod_the_volume_cannot_be_read(cluster, remotely):
    cluster.pods.clear()
    cluster.paused = True
    assert "no serving pod runs yet" in remotely("list")


def test_a_pod_with_a_running_model_server_is_preferred_to_one_with_an_init_container():
    runs: dict[str, dict[str, str]] = {"running": {}}
    starting = {"initContainerStatuses": [{"name": "model", "state": runs}]}
    serving = {"containerStatuses": [{"name": "serving", "state": runs}]}
    pods = [
        {"metadata": {"name": name}, "status": status} for name, status in (("first", starting), ("second", serving))
    ]
    asked: list[tuple[str, str]] = []

    def execute(pod: str, container: str, script: str) -> str:
        asked.append((pod, container))
        return '{"no": "version"}'

    cluster: Any = SimpleNamespace(pods=lambda *_: pods, execute=execute)
    state: Any = SimpleNamespace(instance="ecg", base="/models/ecg")
    InPods(cluster, lambda: state).beats(1)
    assert asked == [("second", "serving")]
