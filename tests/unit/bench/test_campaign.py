"""The order of a run: rounds, turns, batches last, and the rates of each contender."""

from dataclasses import dataclass, field

from bench.campaign import Plan, measure
from bench.figures import Figures
from bench.results import Results
from bench.scenarios import BATCH, BUSY, HALF, RATE, Scenario
from tests.unit.bench.figures import figures


@dataclass
class Steady:
    """A contender with a constant number of requests per second; it records the requested rates."""

    name: str
    per_second: float
    rates: dict[str, float | None] = field(default_factory=dict)

    def measure(self, scenario: Scenario, seconds: float, rate: float | None) -> Figures:
        self.rates[scenario.name] = rate
        return figures(self.name, scenario, self.per_second, rate=rate)


def run(contenders: list[Steady], scenarios: list[Scenario], rounds: int = 1) -> list[tuple[int, str, str]]:
    results = Results()
    plan = Plan(1.0, rounds, "steady", frozenset(), frozenset())
    measure([(each, scenarios) for each in contenders], scenarios, plan, results)
    return [(each.round, each.scenario, each.contender) for each in results.figures]


def test_batches_come_after_all_rounds_of_single_beats():
    order = run([Steady("gateway", 9000)], [BATCH[16], BUSY], rounds=2)
    names = [(number, scenario) for number, scenario, _ in order]
    assert names == [(0, BUSY.name), (1, BUSY.name), (0, BATCH[16].name), (1, BATCH[16].name)]


def test_another_contender_begins_in_each_round():
    order = run([Steady("gateway", 9000), Steady("ray", 5000)], [BUSY], rounds=2)
    assert [name for *_, name in order] == ["gateway", "ray", "ray", "gateway"]


def test_a_contender_that_is_too_slow_for_the_fixed_rate_is_not_asked_at_it():
    slow, fast = Steady("keras", 45), Steady("gateway", 9000)
    run([slow, fast], [BUSY, HALF, RATE])
    assert slow.rates == {BUSY.name: None, HALF.name: 22.5}
    assert fast.rates == {BUSY.name: None, HALF.name: 4500, RATE.name: 1000}


def test_without_other_measurements_every_contender_is_asked_at_the_fixed_rate():
    slow = Steady("keras", 45)
    run([slow], [RATE])
    assert slow.rates == {RATE.name: 1000}
