"""Combining measurements of growth."""

from math import nan

from bench.growth import broken, row
from bench.load.record import WRONG
from bench.scenarios import Scenario
from tests.unit.bench.figures import figures

ONE = Scenario("1 beat", 1, 1)


def test_rounds_are_averaged_and_what_ran_side_by_side_is_added():
    both = [
        figures("a", ONE, 100, cpu_per_1000=1.0, p50=0.001, p99=0.01, worker_memory=5, faults={"503": 2}),
        figures("b", ONE, 300, cpu_per_1000=2.0, p50=0.003, p99=0.02, worker_memory=7, faults={"503": 1, "504": 1}),
    ]
    rounds, pair = row("rounds", both), row("pair", both, side_by_side=2)
    assert (rounds.requests_per_second, pair.requests_per_second) == (200, 400)
    # the cost of the requests that there were: 100 for 1 and 300 for 2
    assert rounds.cpu_per_1000 == pair.cpu_per_1000 == 1.75
    assert (pair.p50, pair.p99, pair.worker_memory) == (0.002, 0.02, 7)
    assert pair.faults == {"503": 3, "504": 1}


def test_a_measurement_without_answers_spoils_no_mean():
    both = [figures("a", ONE, 100, cpu_per_1000=2.0), figures("b", ONE, 0, cpu_per_1000=nan, p50=nan, p99=nan)]
    assert (row("a", both).cpu_per_1000, row("a", both).p50, row("a", both).requests_per_second) == (2.0, 0.001, 50)


def test_calls_are_shares_of_all():
    assert row("calls", [figures("a", ONE)], [30, 10]).shares == [0.75, 0.25]
    assert row("none", [figures("a", ONE)], [0, 0]).shares == []


def test_a_run_fails_for_wrong_answers_or_none_but_not_for_refused_requests():
    refused = row("a", [figures("a", ONE, faults={"503": 9})])
    assert not broken([refused])
    assert broken([refused, row("b", [figures("b", ONE, 0)])])
    assert broken([refused, row("b", [figures("b", ONE, faults={WRONG: 1})])])
