"""The output of status, list and served, for people and for programs."""

import json
from collections.abc import Callable

import pytest

from tests.support.kubernetes.fake_cluster import write_version
from tests.support.kubernetes.fake_deployment import Pod


@pytest.fixture
def printed(tool, capsys) -> Callable[..., str]:
    def printed(*arguments: str) -> str:
        capsys.readouterr()
        tool(*arguments)
        return str(capsys.readouterr().out)

    return printed


def test_nothing_is_served_at_first(printed):
    assert printed("status") == "nothing is served\n"
    assert printed("served") == ""


def test_status_of_a_served_version(cluster, printed):
    cluster.serve(2)
    assert printed("status") == "version 2 is served since 2026-11-24T13:00:00Z, 2 of 2 pods ready\n"
    assert json.loads(printed("status", "--json")) == {
        "served": 2,
        "since": "2026-11-24T13:00:00Z",
        "complete": True,
        "candidate": None,
        "arriving": None,
        "trouble": None,
        "upgrade_waits": False,
        "pods": {"2": {"ready": 2, "all": 2}},
    }


def test_a_pod_that_is_about_to_end_is_not_counted(cluster, printed):
    cluster.serve(2)
    cluster.ending.append(Pod("ecg-serving-0", "1", ready=True))
    assert json.loads(printed("status", "--json"))["pods"] == {"2": {"ready": 2, "all": 2}}


def test_status_of_a_candidate(cluster, tool, printed):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    assert printed("status").splitlines() == [
        "version 1 is served, 2 of 2 pods ready",
        "version 2 is the candidate since 2026-11-24T13:00:00+00:00: weight 20 %, shadow 10 %, 1 of 1 pods ready",
    ]
    found = json.loads(printed("status", "--json"))
    assert (found["served"], found["complete"]) == (1, False)
    assert found["candidate"] == {"version": 2, "weight": 20, "shadow": 10, "since": "2026-11-24T13:00:00+00:00"}


def test_status_of_an_upgrade_that_a_candidate_holds_back(cluster, tool, printed):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    assert not json.loads(printed("status", "--json"))["upgrade_waits"]
    cluster.upgrade()
    assert printed("status").splitlines()[-1] == (
        "an upgrade has changed the Deployment's template since; version 2 holds it back "
        "until `python -m rollout finish` or `python -m rollout abort`"
    )
    assert json.loads(printed("status", "--json"))["upgrade_waits"]


def test_status_of_a_version_set_by_hand_that_does_not_load(cluster, tool, printed):
    tool("promote", "1")
    cluster.broken["3"] = "Data loss: saved_model.pb is corrupt"
    cluster.set_by_hand(3)
    broken = "pod ecg-serving-5, container serving ended with 1: Data loss: saved_model.pb is corrupt"
    assert printed("status").splitlines() == [
        "version 1 is served, 2 of 2 pods ready",
        "version 3 was set by hand and has not been available so far, 0 of 1 pods ready; "
        "`python -m rollout undo` goes back",
        broken,
    ]
    found = json.loads(printed("status", "--json"))
    assert (found["served"], found["arriving"], found["complete"], found["trouble"]) == (1, 3, False, broken)
    assert printed("served") == "1\n3\n"  # a training spares both


def test_status_without_the_right_to_see_pods(cluster, printed):
    cluster.serve(2)
    cluster.forbidden.add("pods")
    assert printed("status") == "version 2 is served since 2026-11-24T13:00:00Z\n"


def test_versions_in_use(cluster, tool, printed, tmp_path):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    assert printed("served") == "1\n2\n"
    assert printed("served", "--into", str(tmp_path / "file")) == ""
    assert (tmp_path / "file").read_text() == "1\n2\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["ecg", "file", "kubeconfig"]


def test_a_list_is_newest_first_and_compares_with_the_served_version(cluster, tool, printed):
    cluster.serve(1)
    (tool.models / "10").mkdir()  # by hand, without a description
    tool("canary", "3", "--weight", "20")
    lines = printed("list").splitlines()
    assert lines[0].split() == ["VERSION", "CREATED", "ACCURACY", "MACRO-F1", "STATE", "NOTE"]
    assert [line.split()[0] for line in lines[1:]] == ["10", "3", "2", "1"]
    assert "candidate 20 %" in lines[2]
    assert lines[3].endswith("accuracy 0.9000, version 1 0.9000; macro_f1 0.9000, version 1 0.9000")
    assert lines[4].endswith("served")
    newest = json.loads(printed("list", "--json"))[1]
    assert (newest["version"], newest["accuracy"], newest["state"]) == (3, 0.9, "candidate 20 %")


def test_a_version_with_a_broken_description_is_listed_all_the_same(tool, printed):
    write_version(tool.models, 4)
    (tool.models / "4" / "assets.extra" / "metrics.json").write_text("{")
    assert "4" in printed("list")


def test_a_missing_volume_is_named(tool):
    tool.models = tool.models / "nowhere"
    assert "nowhere: No such file or directory; --models says where" in tool.fails("list")
