"""The Deployment in a rollout: reading its state, and patches."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.errors import Faulty
from rollout.kubernetes.deployment import CANDIDATE, SERVED, Candidate, State
from rollout.kubernetes.patches import begin, finish, go_back, hold, resume, retire, weigh
from rollout.kubernetes.pod_status import raise_if_broken
from rollout.kubernetes.revisions import versions_by_age

CANDIDATES = st.builds(
    Candidate, st.integers(0), st.none() | st.integers(0), st.integers(0, 99), st.integers(0, 100), st.text(max_size=9)
)


def deployment(version: str = "", annotation: str = "", **status: Any) -> dict[str, Any]:
    env = [{"name": "ECG_MODEL_VERSION", "value": version}, {"name": "SECRET", "valueFrom": {}}]
    return {
        "metadata": {"resourceVersion": "7", "generation": 2, "annotations": {CANDIDATE: annotation}},
        "spec": {"replicas": 2, "template": {"spec": {"initContainers": [{"name": "model", "env": env}]}}},
        "status": status,
    }


@given(CANDIDATES)
def test_a_candidate_is_read_as_it_was_written(candidate):
    annotation = weigh(candidate)["metadata"]["annotations"][CANDIDATE]
    assert Candidate.parse(annotation) == candidate
    assert State.of(deployment(str(candidate.version), annotation)).candidate == candidate


@given(st.text() | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_a_malformed_candidate_is_none(annotation):
    assert State.of(deployment("1", annotation)).candidate is None


@given(CANDIDATES)
def test_a_candidate_of_another_template_is_ignored(candidate):
    annotation = weigh(candidate)["metadata"]["annotations"][CANDIDATE]
    state = State.of(deployment(str(candidate.version + 1), annotation))
    assert (state.candidate, state.served) == (None, candidate.version + 1)


def test_a_deployment_that_the_controller_has_not_observed_is_not_complete():
    bare = {"metadata": {"resourceVersion": "1", "generation": 1}, "spec": {"template": {"spec": {}}}}
    state = State.of(bare)
    assert (state.version, state.served, state.paused, state.progress.complete) == (None, None, False, False)


@pytest.mark.parametrize(
    ("seen", "total", "updated", "available", "complete"),
    [
        (2, 2, 2, 2, True),
        (1, 2, 2, 2, False),  # of the change before
        (2, 3, 2, 2, False),  # an old pod is left
        (2, 2, 1, 2, False),
        (2, 2, 2, 1, False),
    ],
)
def test_complete_is_when_every_pod_is_new_and_available(seen, total, updated, available, complete):
    status = {
        "observedGeneration": seen,
        "replicas": total,
        "updatedReplicas": updated,
        "availableReplicas": available,
    }
    assert State.of(deployment("1", **status)).progress.complete is complete


@pytest.mark.parametrize(("seen", "stuck"), [(1, False), (2, True)])
def test_a_missed_deadline_of_the_former_change_does_not_count(seen, stuck):
    conditions = [{"type": "Progressing", "reason": "ProgressDeadlineExceeded"}]
    assert State.of(deployment("1", observedGeneration=seen, conditions=conditions)).progress.stuck is stuck


def test_a_patch_names_only_what_it_changes():
    variable = [{"name": "ECG_MODEL_VERSION", "value": "2"}]
    template = {
        "initContainers": [{"name": "model", "env": variable}],
        "containers": [{"name": "serving", "env": variable}],
    }
    assert begin(Candidate(2, 1, 0, 0, "now"), "why")["spec"] == {"paused": False, "template": {"spec": template}}
    assert hold() == {"spec": {"paused": True}}
    assert resume() == {"metadata": {"annotations": {CANDIDATE: ""}}, "spec": {"paused": False}}
    finished = finish(Candidate(2, 1, 20, 10, "now"), "model version 2: candidate, accuracy 0.900 (version 1: 0.900)")
    assert finished["spec"] == {"paused": False}
    annotations = finished["metadata"]["annotations"]
    assert annotations["kubernetes.io/change-cause"].startswith("model version 2: promoted, accuracy 0.900 (version")
    assert Candidate.parse(annotations[CANDIDATE]) == Candidate(2, 1, 20, 10, "now", finishing=True)
    deleted = go_back(2, None, "why")["spec"]["template"]["spec"]["containers"][0]["env"]
    assert deleted == [{"name": "ECG_MODEL_VERSION", "$patch": "delete"}]


def test_an_undone_version_is_no_candidate_and_gets_no_traffic():
    change = go_back(2, 1, "why")["metadata"]["annotations"]
    assert change == {CANDIDATE: '{"version": 2, "weight": 0}', "kubernetes.io/change-cause": "why"}
    assert State.of(deployment("1", change[CANDIDATE])).candidate is None
    assert State.of(deployment("2", change[CANDIDATE])).candidate is None


def replica_set(revision: int, version: str, annotation: str = "", served: str = "") -> dict[str, Any]:
    found = deployment(version, annotation)
    found["metadata"]["annotations"] |= {"deployment.kubernetes.io/revision": str(revision), SERVED: served}
    return found


def test_replica_sets_say_whether_their_version_may_have_been_served():
    aborted = json.dumps({"version": 3, "served": 2, "weight": 5, "shadow": 0, "started": ""})
    sets = [
        replica_set(1, ""),
        replica_set(9, "1"),
        replica_set(10, "3", aborted),
        replica_set(11, "4", served="1,2"),  # set by hand, and never recorded
        replica_set(12, "2", served="1,2"),
    ]
    assert versions_by_age(sets) == [(2, True), (4, False), (3, False), (1, True)]


def test_served_versions_are_recorded_once_up_to_a_limit():
    change = retire(None, (1, 2, 1, *range(3, 30), 2))
    assert change["metadata"]["annotations"][SERVED] == ",".join(map(str, (*range(11, 30), 2)))


def test_a_version_set_by_hand_is_served_once_its_pods_were_available():
    found = deployment("3")
    found["metadata"]["annotations"][SERVED] = "1,2"
    assert (State.of(found).served, State.of(found).arriving) == (2, 3)
    found["status"]["conditions"] = [{"type": "Progressing", "reason": "NewReplicaSetAvailable", "lastUpdateTime": "x"}]
    assert (State.of(found).served, State.of(found).arriving) == (3, None)


LOG = """the middle of a line that was cut off"}
{"level": "ERROR", "message": "Failed to start server.\\nError: DATA_LOSS"}
{"level": "INFO", "message": "stopped"}
"""


@pytest.mark.parametrize(
    ("statuses", "words"),
    [
        ({"initContainerStatuses": [{"name": "model", "state": {"terminated": {"exitCode": 1}}}]}, "no reason given"),
        (
            {
                "containerStatuses": [
                    {"name": "serving", "lastState": {"terminated": {"exitCode": 9, "reason": "OOMKilled"}}}
                ]
            },
            "container serving ended with 9: OOMKilled",
        ),
        (
            {
                "containerStatuses": [
                    {"name": "serving", "state": {"terminated": {"exitCode": 1, "message": LOG, "reason": "Error"}}}
                ]
            },
            "container serving ended with 1: Failed to start server. Error: DATA_LOSS$",
        ),
    ],
)
def test_a_broken_pod_is_reported_with_its_last_message(statuses, words):
    pod = {"metadata": {"name": "p"}, "spec": deployment("2")["spec"]["template"]["spec"], "status": statuses}
    raise_if_broken([pod], version=1)
    with pytest.raises(Faulty, match=words):
        raise_if_broken([pod], version=2)
