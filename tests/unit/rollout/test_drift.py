"""drift: the index, and the command's output for a gateway with scripted counters."""

import json
import random
import re
from bisect import bisect
from collections import Counter
from math import ceil
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.decisions.drift import DRIFTED, LOOK, STATISTICS, findings, needed, stability
from rollout.gateway.metrics import Counters, parse
from tests.support.kubernetes.fake_cluster import FakeCluster

TENTHS = dict.fromkeys(map(str, range(10)), 0.1)
USUAL = {"0": 0.4, "1": 0.6}
shares = st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50), min_size=2)


def count(cluster: FakeCluster, beats: int = 1000, version: int = 2, **moved: int) -> None:
    """Let the gateway count beats spread evenly over the deciles, except for `moved` ones in the last."""
    for statistic in STATISTICS:
        moves = moved.get(statistic, 0)
        for tenth in range(10):
            amount = (beats - moves) // 10 + (moves if tenth == 9 else 0)
            cluster.count("ecg_gateway_inputs_total", amount, version=version, statistic=statistic, decile=tenth)
    for label, share in USUAL.items():
        cluster.counters[f'ecg_gateway_expected_share{{version="{version}",predicted_class="{label}"}}'] = share
        amount = round(beats * share) + (moved.get("predicted_class", 0) if label == "1" else 0)
        cluster.count("ecg_gateway_predictions_total", amount, version=version, predicted_class=label)


@pytest.fixture
def served(cluster):
    """Version 2 is served."""
    cluster.serve(2)
    return cluster


def verdicts(tool, capsys, *arguments: str) -> dict[str, str]:
    capsys.readouterr()
    tool("drift", "--json", *arguments)
    return {each["what"]: each["verdict"] for each in json.loads(capsys.readouterr().out)}


def test_beats_like_those_of_the_training_are_stable(served, tool, capsys):
    count(served)
    tool("drift", "--fail")
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["WHAT", "BEATS", "INDEX", "VERDICT", "MOST"]
    assert [line.split()[:4] for line in lines[1:]] == [
        [what, "1000", "0.000", "stable"] for what in (*STATISTICS, "predicted_class")
    ]


def test_a_gateway_without_a_management_port_is_read_too(served, tool, capsys):
    """Pods of an earlier release, and pods without a management port."""
    del served.ports["management"]
    count(served)
    assert set(verdicts(tool, capsys).values()) == {"stable"}


def test_the_error_names_the_management_listener(served, tool):
    url = f"{served.url}/services/ecg-gateway:http/proxy"
    said = tool.fails("--gateway", url, "drift", "--version", "2")
    assert "answers 404" in said
    assert "ECG_MANAGEMENT_LISTEN" in said


def test_drifted_statistics_are_named_and_fail_with_the_option(served, tool, capsys):
    count(served, mean=900, range=200)
    tool("drift")
    output = capsys.readouterr().out
    assert "tenth 10: 91.0% where 10.0% are usual" in output
    assert tool.fails("drift", "--fail") == "version 2: the beats differ from the training beats: mean"
    assert verdicts(tool, capsys) == {
        "mean": "drifted",
        "standard_deviation": "stable",
        "range": "look",
        "probability": "stable",
        "predicted_class": "stable",
    }


def test_other_classes_than_in_training_are_drift(served, tool, capsys):
    count(served, predicted_class=9000)
    tool("drift")
    assert "class 0: 4.0% where 40.0% are usual" in capsys.readouterr().out
    assert "predicted_class" in tool.fails("drift", "--fail")


def test_too_few_beats_are_no_verdict_and_no_failure(served, tool, capsys):
    count(served, beats=190, mean=190)
    tool("drift", "--fail")
    assert re.search("mean +190 +too few beats +200 are needed", capsys.readouterr().out)
    count(served, beats=10)
    assert verdicts(tool, capsys)["range"] == "stable"


@pytest.mark.parametrize(
    ("reference", "verdict", "missing"),
    [
        (200, "too few beats", "its training had too few"),
        (201, "too few beats", "40200 are needed"),
        (1000, "stable", ""),
    ],
)
def test_a_small_training_needs_more_beats(served, tool, capsys, reference, verdict, missing):
    count(served, beats=250)
    for what in (*STATISTICS, "predicted_class"):
        served.counters[f'ecg_gateway_reference_beats{{version="2",statistic="{what}"}}'] = reference
    assert set(verdicts(tool, capsys).values()) == {verdict}
    tool("drift")
    assert missing in capsys.readouterr().out


def test_a_version_without_a_reference_is_reported(served, tool, capsys):
    count(served, version=1)
    tool("drift", "--fail")
    assert "version 2: no beats were counted yet, or its training recorded no reference" in capsys.readouterr().out
    assert verdicts(tool, capsys, "--version", "1")["mean"] == "stable"


def test_a_window_counts_only_its_own_beats(served, tool, capsys, monkeypatch):
    count(served, beats=100_000)
    assert verdicts(tool, capsys, "--seconds", "300")["mean"] == "too few beats"
    sleep = tool._sleep

    def sleep_while_beats_come(seconds: float) -> None:
        sleep(seconds)
        count(served, mean=900)

    monkeypatch.setattr(tool, "_sleep", sleep_while_beats_come)
    assert verdicts(tool, capsys, "--seconds", "300")["mean"] == "drifted"
    assert tool.now == 600
    assert verdicts(tool, capsys)["mean"] == "stable"


def test_pods_are_summed(served):
    one = FakeCluster()
    count(one, beats=150)
    both = Counters.since_start({"a": parse(one.metrics()), "b": parse(one.metrics())})
    assert next((each.what, each.beats, each.verdict) for each in findings(both, 2)) == ("mean", 300, "stable")


@given(shares, shares)
def test_the_index_is_symmetric_and_0_for_equal_shares(one, other):
    def share(counts: dict[str, int]) -> dict[str, float]:
        return {name: amount / sum(counts.values()) for name, amount in counts.items()}

    many: dict[str, float] = {name: amount * 10**9 for name, amount in one.items()}
    assert sum(stability(many, share(one)).values()) == pytest.approx(0, abs=1e-6)
    others: dict[str, float] = {name: amount * 10**9 for name, amount in other.items()}
    if one.keys() == other.keys():
        there, back = sum(stability(many, share(other)).values()), sum(stability(others, share(one)).values())
        assert there == pytest.approx(back, abs=1e-6)
    assert all(part >= 0 for part in stability(many, share(other)).values())


@pytest.mark.parametrize("reference", [400, 1000, 100_000])
def test_with_enough_beats_chance_rarely_exceeds_the_limits(reference):
    dice = random.Random(0)

    def index() -> float:
        edges = quantiles((dice.random() for _ in range(reference)), n=10)
        beats = Counter(str(bisect(edges, dice.random())) for _ in range(ceil(needed(reference))))
        return sum(stability(beats, TENTHS).values())

    indices = [index() for _ in range(40 if reference > 1000 else 400)]
    assert sum(index > LOOK for index in indices) < len(indices) / 20
    assert max(indices) < DRIFTED
