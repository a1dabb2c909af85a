"""promote, finish, abort and undo against a scripted cluster."""

import json
import shutil
import socket
from dataclasses import asdict

import pytest

from rollout.errors import Refused
from rollout.kubernetes.deployment import Candidate
from rollout.kubernetes.patches import begin, go_back
from tests.support.kubernetes.fake_cluster import write_version
from tests.support.kubernetes.fake_deployment import Pod

PLACES = range(1, 20)  # looks at the clock in a whole promotion: at the begin of each step and around each wait


def test_the_first_version_is_promoted_without_a_gate(cluster, tool):
    tool("promote", "1")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert cluster.cause == "model version 1: promoted, accuracy 0.900"
    assert tool.said[-1] == "version 1 is served"


def test_a_better_version_replaces_the_served_one(cluster, tool):
    cluster.serve(1)
    tool("promote", "latest")
    assert (cluster.version, cluster.settled) == ("3", True)
    assert cluster.cause == "model version 3: promoted, accuracy 0.900 (version 1: 0.900)"
    assert set(cluster.weights) == {0}  # held back from traffic until it was proved
    assert cluster.environment["serving"]["ECG_MODEL_VERSION"] == "3"
    assert cluster.environment["model"]["ECG_MODEL_BASE_PATH"] == "/models/ecg"


def test_a_worse_version_is_refused_with_both_numbers_and_nothing_is_touched(cluster, tool):
    cluster.serve(1)
    write_version(tool.models, 4, 0.8, v1=0.9)
    with pytest.raises(Refused, match=r"accuracy 0\.8000 against 0\.9000, macro_f1 0\.8000 against 0\.9000"):
        tool("promote", "4")
    assert cluster.patches == []
    tool("promote", "4", "--tolerance", "0.11")
    assert cluster.version == "4"


def test_a_version_without_a_comparison_is_rejected_unless_forced(cluster, tool):
    cluster.serve(1)
    write_version(tool.models, 4)
    with pytest.raises(Refused, match="neither was evaluated on the other's test rows"):
        tool("promote", "4")
    tool("promote", "4", "--force")
    assert cluster.cause == "model version 4: promoted by force, accuracy 0.900"


def test_a_training_job_leaves_a_worse_version_and_succeeds(cluster, tool, capsys):
    cluster.serve(1)
    write_version(tool.models, 4, 0.8, v1=0.9)
    tool("promote", "4", "--or-leave")
    output = capsys.readouterr().out
    assert "version 4 is published, but not promoted: version 4 is worse than version 1" in output
    assert cluster.version == "1"


def test_a_training_job_leaves_its_version_where_another_is_on_its_way_and_succeeds(cluster, tool, capsys):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    tool("promote", "3", "--or-leave")
    assert "version 3 is published, but not promoted: version 2 is being promoted" in capsys.readouterr().out
    assert cluster.version == "2"


def test_the_version_of_a_training_is_read_from_its_file(cluster, tool, tmp_path, capsys):
    file = tmp_path / "version"
    tool("promote", "--version-file", str(file))  # the training found that one was published
    assert cluster.version == "3"
    tool("promote", "--version-file", str(file))
    assert "nothing to do" in capsys.readouterr().out
    file.write_text("2\n")
    cluster.serve(1)
    tool("promote", "--version-file", str(file))
    assert cluster.version == "2"
    file.write_text("two")
    assert "'two' is not a version" in tool.fails("promote", "--version-file", str(file))


@pytest.mark.parametrize("command", [("promote", "2"), ("canary", "2", "--weight", "10"), ("undo",)])
def test_missing_access_to_the_gateway_is_reported_before_a_pod_is_started(cluster, tool, command):
    cluster.serve(1)
    tool("promote", "3")
    patches = len(cluster.patches)
    cluster.forbidden.add("services")
    assert tool.fails(*command).endswith("give --gateway URL")
    assert len(cluster.patches) == patches


def test_the_first_version_is_started_before_any_gateway_answers(cluster, tool):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        nobody = f"http://127.0.0.1:{closed.getsockname()[1]}"
    assert "Connection refused" in tool.fails("--gateway", nobody, "promote", "3")
    assert "version 3: waiting for the recorded answers" in " ".join(tool.said)


@pytest.mark.parametrize("forbidden", [set(), {"pods", "replicasets"}])
def test_a_crashing_version_is_undone(cluster, tool, forbidden):
    cluster.serve(1)
    cluster.broken["2"] = "Data loss: saved_model.pb is corrupt"
    cluster.forbidden = forbidden
    reason = tool.fails("promote", "2")
    assert reason.endswith("; version 1 is served")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert cluster.cause.startswith("model version 1: back from 2, which failed: ")
    if not forbidden:  # otherwise nobody can know more than that nothing came
        assert "container serving ended with 1: Data loss: saved_model.pb is corrupt" in reason


def test_a_version_with_other_answers_than_recorded_is_undone(cluster, tool):
    cluster.serve(1)
    cluster.wrong["2"] = {"probability": 0.6255}
    assert "recorded beat 1; probability 0.625 was recorded" in tool.fails("promote", "2")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert set(cluster.weights) == {0}


def test_a_first_version_that_fails_leaves_the_pods_waiting_for_another(cluster, tool):
    cluster.broken["1"] = "corrupt"
    assert tool.fails("promote", "1").endswith("; nothing is served, as before")
    assert (cluster.version, cluster.candidate) == ("", None)
    assert json.loads(cluster.annotations["rollout.ecg/candidate"])["refused"], (
        "its ready pods stay, and must not answer"
    )
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_a_terminating_pod_does_not_count_for_the_check(cluster, tool):
    cluster.serve(1)
    cluster.leaving.add("2")  # of a candidate that was aborted a moment ago
    cluster.ending.append(Pod("ecg-serving-0", "2", ready=True))
    cluster.broken["2"] = "corrupt"
    assert "ended with 1: corrupt" in tool.fails("promote", "2")


def test_a_version_starts_again_only_after_its_former_pods_ended(cluster, tool):
    cluster.serve(1)
    cluster.ending.append(Pod("ecg-serving-0", "2", ready=True))
    assert "waiting until its former pods are gone" in tool.fails("promote", "2")
    cluster.ending.clear()
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_another_promotion_under_way_is_not_disturbed(cluster, tool):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    reason = tool.fails("promote", "3")
    assert reason.startswith("version 2 is being promoted since 2026-11-24T13:00:00+00:00 (weight 20): ")
    assert cluster.version == "2"


def test_of_two_promotions_at_once_one_wins(cluster, tool):
    cluster.serve(1)
    other = begin(Candidate(3, 1, 0, 0, "just now"), "model version 3: promoted")
    cluster.before_patch.append(lambda: cluster.change(other))
    assert tool.fails("promote", "2").startswith("version 3 is being promoted since just now (weight 0): wait,")
    tool("promote", "3")
    assert (cluster.version, cluster.settled) == ("3", True)


def test_a_conflict_with_the_controller_is_retried(cluster, tool):
    cluster.serve(1)
    cluster.before_patch.extend([cluster.step] * 3)
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_a_failing_api_server_is_retried(cluster, tool):
    cluster.serve(1)
    cluster.before_patch.append(lambda: cluster.failures.extend([500, 503, 429]))
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_a_superseded_promotion_changes_nothing(cluster, tool):
    cluster.serve(1)
    cluster.before_patch.extend([lambda: None, lambda: cluster.serve(3)])
    assert "version 2 is no longer the candidate" in tool.fails("promote", "2")
    assert (cluster.version, cluster.settled) == ("3", True)


def test_a_verdict_about_a_version_that_is_no_longer_served_does_not_count(cluster, tool):
    cluster.serve(1)
    cluster.before_patch.append(lambda: cluster.serve(3))
    assert tool.fails("promote", "2") == "version 3 is served by now, not 1; try again"
    assert (cluster.version, cluster.settled) == ("3", True)


def test_going_back_is_not_kept_by_what_the_served_pods_went_through(cluster, tool):
    cluster.serve(1)
    cluster.restarted.add("1")
    cluster.wrong["2"] = {"predicted_class": 1}
    assert tool.fails("promote", "2").endswith("class 0 was recorded; version 1 is served")


def test_the_served_version_is_left_alone(cluster, tool):
    cluster.serve(2)
    tool("promote", "2")
    assert cluster.patches == []
    assert tool.said == ["version 2 is served"]


def test_a_missing_version_is_named_with_the_existing_ones(cluster, tool):
    assert tool.fails("promote", "9") == "version 9 is not on the volume; existing versions: 1, 2, 3"


@pytest.mark.parametrize("served", [(), (1,)])
@pytest.mark.parametrize("place", PLACES)
def test_a_promotion_killed_anywhere_is_finished_by_the_next(cluster, tool, served, place):
    cluster.serve(*served)
    with tool.killed_at(place):
        tool("promote", "2")
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


@pytest.mark.parametrize("place", PLACES)
def test_a_promotion_killed_anywhere_is_taken_back_by_an_abort(cluster, tool, place):
    cluster.serve(1)
    with tool.killed_at(place):
        tool("promote", "2")
    finished = not cluster.candidate and cluster.version == "2"
    tool("abort")
    assert (cluster.version, cluster.settled) == ("2" if finished else "1", True)


@pytest.mark.parametrize("place", PLACES)
def test_an_abort_killed_anywhere_is_finished_by_the_next(cluster, tool, place):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    with tool.killed_at(place):
        tool("abort")
    tool("abort")
    assert (cluster.version, cluster.settled) == ("1", True)


@pytest.mark.parametrize("place", PLACES)
def test_an_undo_killed_anywhere_is_finished_by_the_next(cluster, tool, place):
    cluster.serve(1, 2)
    with tool.killed_at(place):
        tool("undo")
    if cluster.version == "2" or cluster.candidate:  # else it was at its end
        tool("undo")
    assert (cluster.version, cluster.settled) == ("1", True)


@pytest.mark.parametrize("place", PLACES)
def test_a_finish_killed_anywhere_is_finished_by_the_next(cluster, tool, place):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    with tool.killed_at(place):
        tool("finish")
    if cluster.candidate:
        tool("finish")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_a_candidate_is_finished_only_if_it_answers_as_recorded(cluster, tool):
    cluster.serve(1)
    cluster.change(begin(Candidate(2, 1, 0, 0, "just now"), "model version 2: candidate"))  # by a run that was killed
    cluster.wrong["2"] = {"predicted_class": 1}
    reached: list[str] = []
    cluster.before_patch.extend([lambda: None, lambda: reached.extend(pod.version for pod in cluster.pods)])
    assert "class 0 was recorded; version 1 is served" in tool.fails("finish")
    assert sorted(reached) == ["1", "1", "2"], "it got no further than its first pod"
    assert (cluster.version, cluster.settled) == ("1", True)


def test_a_version_that_fails_only_when_all_pods_have_it_was_never_served(cluster, tool):
    cluster.serve(1, 2)
    nothing = [lambda: None] * 2
    cluster.before_patch.extend([*nothing, lambda: cluster.wrong.update({"3": {"predicted_class": 1}})])
    assert tool.fails("promote", "3").endswith("version 2 is served")
    tool("undo")
    assert cluster.version == "1"


def test_leftovers_of_a_killed_run_do_not_stop_the_next(cluster, tool):
    cluster.serve(1, 2)
    left = Candidate(2, 1, 0, 0, "just now", finishing=True)
    cluster.annotations["rollout.ecg/candidate"] = json.dumps(asdict(left))
    tool("promote", "3")
    assert (cluster.version, cluster.settled) == ("3", True)
    assert cluster.annotations["rollout.ecg/candidate"] == '{"version": 2, "weight": 0}'


def test_a_stopped_job_undoes_its_version(cluster, tool, tmp_path):
    cluster.serve(1)
    file = tmp_path / "version"
    file.write_text("2\n")
    tool.kill_at, tool.kill_with = 8, KeyboardInterrupt
    assert tool.fails("promote", "--version-file", str(file)).startswith("interrupted")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert cluster.cause == "model version 1: back from 2, which was stopped with its Job"


def test_an_abort_ends_a_pause_that_belongs_to_no_candidate(cluster, tool):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    cluster.change(go_back(9, 1, "by hand") | {"metadata": {}})
    cluster.paused = True
    tool("abort")
    assert (cluster.version, cluster.paused, cluster.candidate) == ("1", False, None)


def test_evicted_pods_do_not_count(cluster, tool):
    cluster.serve(1)
    cluster.evicted.append(Pod("ecg-serving-0", "2"))
    tool("promote", "2")
    assert (cluster.version, cluster.settled) == ("2", True)


@pytest.mark.parametrize("place", PLACES)
def test_a_return_killed_anywhere_is_repeated_by_the_next_promotion(cluster, tool, place):
    cluster.serve(1)
    cluster.wrong["2"] = {"predicted_class": 1}
    with tool.killed_at(place):
        assert "class 0 was recorded" in tool.fails("promote", "2")
    assert "class 0 was recorded" in tool.fails("promote", "2")
    assert (cluster.version, cluster.settled) == ("1", True)


def test_an_interrupted_promotion_prints_how_to_continue(cluster, tool):
    cluster.serve(1)
    tool.kill_at, tool.kill_with = 4, KeyboardInterrupt
    assert tool.fails("promote", "2") == (
        "interrupted; `python -m rollout promote 2` continues, `python -m rollout abort` goes back"
    )


def test_a_promotion_is_aborted_and_aborting_again_does_nothing(cluster, tool):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    tool("abort")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert cluster.cause == "model version 1: back from 2, which was aborted"
    changes = len(cluster.patches)
    tool("abort")
    assert len(cluster.patches) == changes


def test_a_canary_is_finished(cluster, tool):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20", "--shadow", "0")
    assert cluster.paused
    tool("finish")
    assert (cluster.version, cluster.settled) == ("2", True)
    assert "nothing to finish" in tool.fails("finish")


def test_undo_returns_to_the_previous_version(cluster, tool):
    cluster.serve(1, 2)
    tool("undo")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert cluster.cause == "model version 1: back from 2"
    tool("undo")
    assert cluster.version == "2"


def test_undo_skips_versions_that_were_never_served(cluster, tool):
    cluster.serve(1, 2)
    tool("canary", "3", "--weight", "1")
    tool("undo")  # of a candidate is its end
    assert cluster.version == "2"
    tool("undo")
    assert cluster.version == "1"


def test_undo_needs_no_former_revision_for_promoted_versions(cluster, tool):
    tool("promote", "1")
    tool("promote", "2")
    cluster.forbidden.add("replicasets")
    tool("undo")
    tool("undo")
    assert (cluster.version, cluster.settled) == ("2", True)


@pytest.mark.parametrize("recorded", [True, False])
def test_undo_names_and_skips_a_version_that_is_no_longer_on_the_volume(cluster, tool, recorded):
    if recorded:
        for version in ("1", "2", "3"):
            tool("promote", version)
    else:
        cluster.serve(1, 2, 3)
    shutil.rmtree(tool.models / "2")
    tool("undo")
    assert (cluster.version, cluster.settled) == ("1", True)
    assert "version 2 is skipped: it is not on the volume" in tool.said


def test_undo_of_a_version_set_by_hand_that_does_not_load_returns_to_the_served_one(cluster, tool):
    tool("promote", "1")
    tool("promote", "2")
    cluster.broken["3"] = "corrupt"
    cluster.set_by_hand(3)
    tool("undo")
    assert (cluster.version, cluster.settled) == ("2", True)
    assert cluster.cause == "model version 2: back from 3, which never became available"
    tool("undo")
    assert (cluster.version, cluster.settled) == ("1", True)  # and not 3, the last revision


@pytest.mark.parametrize("command", [("promote", "3"), ("finish",), ("abort",)])
def test_a_version_set_by_hand_that_does_not_load_is_not_waited_for(cluster, tool, command):
    tool("promote", "1")
    cluster.broken["3"] = "corrupt"
    cluster.set_by_hand(3)
    assert tool.fails(*command).endswith("container serving ended with 1: corrupt")


def test_undo_skips_a_version_that_was_set_by_hand_and_never_served(cluster, tool):
    tool("promote", "1")
    cluster.broken["3"] = "corrupt"
    cluster.set_by_hand(3)
    cluster.set_by_hand(1)  # as by `kubectl rollout undo`
    assert tool.fails("undo").startswith("no version is left from before version 1; ")
    assert "version 3 is skipped: it was never served" in tool.said


@pytest.mark.parametrize("wanted", ["1", "2"])
def test_a_promotion_after_a_broken_manual_change_is_compared_with_the_served_version(cluster, tool, wanted):
    tool("promote", "1")
    cluster.broken["3"] = "corrupt"
    cluster.set_by_hand(3)
    tool("promote", wanted)
    assert (cluster.version, cluster.settled) == (wanted, True)


def test_an_upgrade_during_a_canary_does_not_keep_it_from_its_finish(cluster, tool):
    cluster.serve(1)
    tool("canary", "2", "--weight", "20")
    cluster.upgrade()
    tool("canary", "2", "--weight", "40")
    assert cluster.candidate.weight == 40
    tool("finish")
    assert (cluster.version, cluster.settled) == ("2", True)


def test_undo_without_an_earlier_version_fails_with_the_reason(cluster, tool):
    assert "nothing is served" in tool.fails("undo")
    cluster.serve(1)
    assert "no version is left from before version 1" in tool.fails("undo")
    cluster.forbidden.add("replicasets")
    assert tool.fails("undo").endswith("say which version instead: `python -m rollout promote VERSION --force`")
