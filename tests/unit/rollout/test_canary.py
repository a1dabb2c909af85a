"""canary with a weight, and --auto with a gateway whose counters are scripted."""

import pytest

from rollout.kubernetes.deployment import Candidate
from tests.support.kubernetes.fake_cluster import FakeCluster


def traffic(errors: int = 0, disagreeing: int = 0, slowdown: float = 1.0, amount: int = 60):
    """A gateway's counts between two readings, with errors among the candidate's requests and shadowed beats."""

    def count(cluster: FakeCluster, candidate: Candidate) -> None:
        mine, theirs = candidate.version, candidate.served
        name = "ecg_gateway_requests_total"
        cluster.count(name, amount - errors, path="/predict", status=200, version=mine)
        cluster.count(name, amount * 4, path="/predict", status=200, version=theirs)
        cluster.count(name, amount, path="/ready", status=200, version="")
        cluster.count("ecg_gateway_errors_total", errors, kind="model_failed", version=mine)
        cluster.count("ecg_gateway_errors_total", amount, kind="invalid_request", version=mine)
        shadowed = "ecg_gateway_shadowed_beats_total"
        cluster.count(shadowed, disagreeing, version=mine, against=theirs, agree="false")
        cluster.count(shadowed, amount - disagreeing, version=mine, against=theirs, agree="true")
        for version, seconds in ((mine, 0.01 * slowdown), (theirs, 0.01)):
            cluster.count("ecg_gateway_candidate_seconds_count", amount, version=version)
            cluster.count("ecg_gateway_candidate_seconds_sum", amount * seconds, version=version)

    return count


@pytest.fixture
def served(cluster):
    """Version 1 is served."""
    cluster.serve(1)
    return cluster


def test_a_canary_gets_its_weight_after_its_check(served, tool):
    tool("canary", "2", "--weight", "20")
    assert served.weights == [0, 0, 20]
    assert (served.candidate.shadow, served.paused, served.version) == (10, True, "2")
    assert sorted(pod.version for pod in served.pods) == ["1", "1", "2"]
    tool("canary", "2", "--weight", "40", "--shadow", "0")
    assert (served.candidate.weight, served.candidate.shadow) == (40, 0)


def test_the_served_version_cannot_be_a_canary(served, tool):
    assert tool.fails("canary", "1", "--weight", "20") == "version 1 is served already"


def test_without_a_served_version_there_is_no_canary(cluster, tool):
    assert tool.fails("canary", "1", "--auto").startswith("nothing is served, so version 1 cannot be a canary")


def test_a_weight_beyond_all_steps_is_still_watched(served, tool):
    tool("canary", "2", "--weight", "60")
    served.traffic = traffic(errors=30)
    assert "failed on 30 of 60 requests" in tool.fails("canary", "2", "--auto")


def test_a_good_candidate_is_raised_step_by_step_and_finished(served, tool):
    served.traffic = traffic()
    tool("canary", "2", "--auto")
    assert list(dict.fromkeys(served.weights)) == [0, 5, 20, 50]
    assert (served.version, served.settled) == ("2", True)


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (traffic(errors=30), "failed on 30 of 60 requests (--max-errors 0.01)"),
        (traffic(disagreeing=40), "disagreed on 40 of 60 shadowed beats (--max-disagreement 0.05)"),
        (traffic(slowdown=5), "takes 5.0 times as long as the served version (--max-slowdown 2)"),
    ],
)
def test_a_clearly_bad_candidate_is_dropped_at_once(served, tool, harm, message):
    served.traffic = harm
    assert tool.fails("canary", "2", "--auto") == f"version 2 {message}; version 1 is served"
    assert (served.version, served.settled) == ("1", True)
    assert served.weights[-1] == 5
    assert served.cause == f"model version 1: back from 2, which {message}"


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        (traffic(errors=1), "failed on 4 of 240 requests"),
        (traffic(disagreeing=4), "disagreed on 36 of 540 shadowed beats"),
        (traffic(slowdown=2.5), "takes 2.5 times as long"),
    ],
)
def test_a_candidate_just_beyond_a_limit_is_judged_after_enough_observations(served, tool, harm, message):
    served.traffic = harm
    assert message in tool.fails("canary", "2", "--auto")
    assert served.version == "1"


def test_without_traffic_the_candidate_stays_where_it_is(served, tool):
    reason = tool.fails("canary", "2", "--auto", "--patience", "60")
    assert reason.startswith(
        "version 2 at 5 %: only 0 of 200 requests and 0 shadowed beats (0 disagree) in 60 s; it stays at 5 %"
    )
    assert (served.candidate.weight, served.version) == (5, "2")


def test_an_aborted_candidate_is_dropped(served, tool):
    served.traffic = lambda cluster, _: cluster.serve(1)
    assert "version 2 is no longer the candidate" in tool.fails("canary", "2", "--auto")
    assert (served.version, served.settled) == ("1", True)


def test_metrics_that_may_not_be_read_end_it(served, tool):
    served.forbidden.add("proxy/metrics")
    assert "the metrics of pod ecg-gateway-1 may not be read" in tool.fails("canary", "2", "--auto")


@pytest.mark.parametrize("place", range(1, 45, 4))
def test_a_killed_canary_resumes(served, tool, place):
    served.traffic = traffic()
    with tool.killed_at(place):
        tool("canary", "2", "--auto")
    if served.version == "1" or not served.settled:
        tool("canary", "2", "--auto")
    assert (served.version, served.settled) == ("2", True)
    assert served.weights == sorted(served.weights)
