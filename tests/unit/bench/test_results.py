"""What a run comes to: medians, ratios within rounds, goals, remarks, and when it has failed."""

import pytest

from bench.figures import Figures
from bench.goals import GOALS
from bench.report import aligned, tables, verdicts
from bench.results import Results
from bench.scenarios import BATCH, BUSY, HALF, SINGLE, Scenario
from tests.unit.bench.figures import figures


def rounds(contender: str, scenario: Scenario, *speeds: float) -> list[Figures]:
    return [figures(contender, scenario, speed, number) for number, speed in enumerate(speeds)]


def speed(each):
    return each.requests_per_second


def test_a_ratio_is_taken_within_rounds_so_that_a_slow_minute_hits_both():
    results = Results([*rounds("gateway", BUSY, 300, 30, 3000), *rounds("grpc", BUSY, 100, 10, 1000)])
    assert results.ratio("gateway", "grpc", BUSY, speed) == 3
    assert results.median("gateway", BUSY, speed) == 300


def test_a_round_without_the_other_is_left_out():
    results = Results([*rounds("gateway", BUSY, 300, 500), *rounds("grpc", BUSY, 100)])
    assert results.ratio("gateway", "grpc", BUSY, speed) == 3


def test_what_was_not_measured_has_no_ratio():
    results = Results(rounds("gateway", BUSY, 300))
    assert results.ratio("gateway", "grpc", BUSY, speed) is None
    assert results.ratio("gateway", None, BUSY, speed) is None
    assert results.median("grpc", BUSY, speed) is None
    assert results.best(["ray"], BUSY, speed) is None


def all_measured(gateway: float) -> Results:
    """The gateway does so many requests a second on 64 connections, and everything else fits the goals exactly."""
    return Results(
        [
            figures("gateway", BUSY, gateway, worker_memory=10**8),
            figures("grpc", BUSY, 1000),
            figures("zeros", BUSY, 1000 / 0.6),
            figures("parse-and-reply", BUSY, 3000 / 0.75),
            figures("ray", BUSY, 1000),
            figures("bentoml", BUSY, 10),
            figures("keras", BUSY, 3000 / 80),
            figures("gateway", SINGLE[1], p50=0.0016),
            figures("grpc", SINGLE[1], p50=0.001),
            figures("gateway", HALF, p50=0.001, p99=0.002),
            figures("gateway", BATCH[4096], 80),
            figures("bytes", BATCH[4096], 80),
            figures("grpc", BATCH[4096], 100),
        ]
    )


def test_every_goal_can_be_reached_and_the_best_of_the_others_counts():
    assert verdicts(all_measured(3000)).count("reached ") == len(GOALS)


def test_a_goal_that_is_missed_is_told_with_its_figure():
    lines = verdicts(all_measured(2000)).splitlines()
    missed = [line for line in lines if line.startswith("MISSED")]
    # bare gRPC times 2, three quarters, the best other server and Keras
    assert len(missed) == 4
    assert "bare gRPC's: 2, at least 2.5" in missed[0]


def test_goals_of_what_was_not_measured_are_neither():
    assert verdicts(Results()).count("not measured") == len(GOALS)


def test_a_run_fails_by_wrong_or_missing_answers_and_not_by_slowness():
    assert not all_measured(1).broken
    assert not Results([figures("gateway", BUSY, faults={"503": 3})]).broken
    wrong = Results([figures("gateway", BUSY, faults={"wrong answer": 1})], {"ray": "no network"})
    assert wrong.broken == ["ray is not measured: no network", f"gateway answered wrongly: {BUSY.name}"]
    assert Results([figures("gateway", BUSY, 0)]).broken == [f"gateway gave no answer: {BUSY.name}"]


@pytest.mark.parametrize(
    ("more", "remark"),
    [
        ({"faults": {"503": 3}}, "3 x 503"),
        ({"generator_cores": 0.95}, "the generator was the limit"),
        ({"rate": 200.0, "delay": 0.0}, "the rate was not held"),
        ({"rate": 100.0, "delay": 0.0019}, "requests left late"),
        ({"rate": 100.0, "delay": 0.0001}, "100 50"),  # bytes in MB: no remark
    ],
)
def test_a_table_says_what_makes_a_line_doubtful(more, remark):
    (line,) = tables(Results([figures("gateway", HALF, **more)]), ["gateway"], [HALF]).splitlines()[1:]
    assert " ".join(line.split()).endswith(remark)


def test_a_table_has_only_who_was_measured():
    text = tables(Results([figures("gateway", BUSY)]), ["grpc", "gateway"], [BUSY])
    assert [line.split()[0] for line in text.splitlines()] == ["1", "gateway"]


def test_columns_are_aligned():
    assert aligned([["a", "value", ""], ["long", "1", "remark"]]) == "a     value\nlong      1  remark"
