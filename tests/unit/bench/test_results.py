"""The results of a run: medians, ratios within rounds, goals, remarks and failures."""

from collections import Counter
from math import nan

import pytest

from bench.contenders import ALL, OTHERS
from bench.figures import Figures
from bench.goals import GOALS, worker_after_large, worker_after_single
from bench.report import aligned, tables, unable, verdicts
from bench.results import Ratio, Results
from bench.scenarios import BATCH, BUSY, HALF, RATE, SINGLE, Scenario
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


def test_unmeasured_values_have_no_ratio():
    results = Results(rounds("gateway", BUSY, 300))
    assert results.ratio("gateway", "grpc", BUSY, speed) is None
    assert results.ratio_to_best("gateway", ["ray"], BUSY, speed) is None
    assert results.median("grpc", BUSY, speed) is None
    assert results.largest_worker("grpc", [BUSY]) is None


def test_the_best_of_the_others_is_the_best_in_the_same_round():
    ray, fastapi = rounds("ray", BUSY, 100, 20), rounds("fastapi", BUSY, 50, 40)
    ratio = Results([*rounds("gateway", BUSY, 300, 160), *ray, *fastapi]).ratio_to_best(
        "gateway", ["ray", "fastapi"], BUSY, speed
    )
    assert ratio == Ratio(3.5, Counter(ray=1, fastapi=1))


def test_a_contender_without_answers_is_never_the_best():
    silent = figures("fastapi", BUSY, 0, p50=nan)
    results = Results([figures("gateway", BUSY, 300, p50=0.001), figures("ray", BUSY, 100, p50=0.002), silent])
    ratio = results.ratio_to_best("gateway", ["ray", "fastapi"], BUSY, lambda each: each.p50, min)
    assert ratio == Ratio(0.5, Counter(ray=1))


def at_rate(contender: str, achieved: float, p50: float, number: int = 0) -> Figures:
    return figures(contender, RATE, 1000, number, p50=p50, p99=2 * p50, rate=1000.0, achieved_rate=achieved)


def test_a_contender_that_falls_behind_a_fixed_rate_is_named_and_not_compared():
    own = [at_rate("gateway", 1000, 0.002), at_rate("ray", 990, 0.004), at_rate("fastapi", 900, 0.001)]
    results = Results([*own, figures("keras", BUSY, 45), figures("gateway", BUSY, 9000)])
    assert results.ratio_to_best("gateway", ["ray", "fastapi", "keras"], RATE, lambda each: each.p50, min) == Ratio(
        0.5, Counter(ray=1)
    )
    assert not results.within_reach("keras", RATE)
    assert results.within_reach("gateway", RATE)
    assert results.within_reach("ray", RATE)  # nothing is known of it
    assert results.within_reach("keras", HALF)
    lines = unable(results, ["gateway", "ray", "fastapi", "keras", "grpc"], [BUSY, RATE])
    assert [line.split()[0] for line in lines] == ["fastapi", "keras"]
    assert lines[0].endswith("it answered 900 requests/s")
    assert lines[1].endswith("it answers 45 requests/s in a closed loop on 64 connections")


def test_one_round_in_which_the_rate_is_not_held_excludes_no_contender():
    results = Results([at_rate("ray", achieved, 0.002, number) for number, achieved in enumerate([1000, 500, 1000])])
    assert results.unable("ray", RATE) == ""


def test_a_gateway_that_does_not_hold_the_rate_misses_the_goals_of_latency():
    lines = verdicts(Results([at_rate("gateway", 500, 0.001), at_rate("ray", 1000, 0.004)])).splitlines()
    missed = [line for line in lines if line.startswith("MISSED")]
    assert len(missed) == 2
    assert all("the gateway does not hold the rate: it answered 500 requests/s" in line for line in missed)


def test_memory_after_single_beats_and_after_large_batches_are_separate():
    after = {SINGLE[1]: 60, HALF: 90, BATCH[16]: 95, BATCH[256]: 150, BATCH[4096]: 120}
    results = Results([figures("gateway", each, worker_memory=size) for each, size in after.items()])
    assert worker_after_single(results, "gateway") == 90
    assert worker_after_large(results, "gateway") == 150
    assert worker_after_large(Results(results.figures[:3]), "gateway") is None


def all_measured(gateway: float) -> Results:
    """Results with the gateway's requests per second on 64 connections; all else meets the goals exactly."""
    return Results(
        [
            figures("gateway", BUSY, gateway, worker_memory=10**8),
            figures("grpc", BUSY, 1000),
            figures("zeros", BUSY, 1000 / 0.6),
            figures("parse-and-reply", BUSY, 3000 / 0.75),
            figures("ray", BUSY, 1000),
            figures("bentoml", BUSY, 10),
            figures("keras", BUSY, 3000 / 80),
            figures("gateway", SINGLE[1], 110, p50=0.0014),
            figures("grpc", SINGLE[1], p50=0.001),
            figures("fastapi", SINGLE[1], 100),
            figures("gateway", SINGLE[8], 110),
            figures("fastapi", SINGLE[8], 100),
            figures("gateway", SINGLE[256], 300),
            figures("ray", SINGLE[256], 100),
            figures("gateway", HALF, p50=0.001, p99=0.002),
            at_rate("gateway", 1000, 0.002),
            at_rate("ray", 1000, 0.002),
            at_rate("grpc", 1000, 0.001),
            figures("gateway", BATCH[16], 150),
            figures("mlserver", BATCH[16], 100),
            figures("gateway", BATCH[256], 200),
            figures("mlserver", BATCH[256], 100),
            figures("gateway", BATCH[4096], 80, worker_memory=15 * 10**7),
            figures("keras", BATCH[4096], 40),
            figures("bytes", BATCH[4096], 60, worker_memory=16 * 10**7),
            figures("grpc", BATCH[4096], 100),
        ]
    )


def test_every_goal_can_be_reached_and_the_best_of_the_others_counts():
    text = verdicts(all_measured(3000))
    assert text.count("reached ") == len(GOALS)
    best = "the gateway's beats by the best other server's"
    assert f"1 beat, 64 connections: {best}: 3, at least 3 (best: ray)" in text
    assert f"4096 beats, 4 connections: {best}: 2, at least 2 (best: keras)" in text
    assert "the lowest other server's: 1, at most 1 (best: ray; by bare gRPC's 2)" in text


def test_the_best_other_server_of_each_round_is_named():
    others = [*rounds("ray", BUSY, 100, 100, 20), *rounds("fastapi", BUSY, 50, 50, 40)]
    text = verdicts(Results([*rounds("gateway", BUSY, 300, 300, 120), *others]))
    assert "at least 3 (best: ray in 2 of 3 rounds, fastapi in 1 of 3 rounds)" in text


def test_neither_bare_grpc_nor_the_projects_own_is_an_other_server():
    own = ["grpc", "gateway", "bytes", "parse-and-reply", "zeros", "tensorflow-serving", "gateway-tensorflow-serving"]
    assert {other.name for other in OTHERS} == {each.name for each in ALL} - set(own)


def test_a_missed_goal_is_reported_with_its_figure():
    lines = verdicts(all_measured(2000)).splitlines()
    missed = [line for line in lines if line.startswith("MISSED")]
    # the best other server, three quarters of parse-and-reply, bare gRPC times 2.5 and Keras times 80
    assert len(missed) == 4
    assert "bare gRPC's: 2, at least 2.5" in missed[2]


def test_goals_without_a_measurement_are_neither_reached_nor_missed():
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
        ({"rate": 200.0, "delay": 0.0, "achieved_rate": 100.0}, "the rate was not held"),
        ({"rate": 100.0, "delay": 0.0019, "achieved_rate": 100.0}, "requests left late"),
        ({"rate": 100.0, "delay": 0.0001, "achieved_rate": 100.0}, "100 50"),  # bytes in MB: no remark
    ],
)
def test_a_table_says_what_makes_a_line_doubtful(more, remark):
    (line,) = tables(Results([figures("gateway", HALF, **more)]), ["gateway"], [HALF]).splitlines()[1:]
    assert " ".join(line.split()).endswith(remark)


def test_a_table_has_only_measured_contenders():
    text = tables(Results([figures("gateway", BUSY)]), ["grpc", "gateway"], [BUSY])
    assert [line.split()[0] for line in text.splitlines()] == ["1", "gateway"]


def test_columns_are_aligned():
    assert aligned([["a", "value", ""], ["long", "1", "remark"]]) == "a     value\nlong      1  remark"
