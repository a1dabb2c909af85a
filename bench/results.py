"""All figures of a run, with medians over the rounds and ratios between contenders."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from math import isfinite
from statistics import median

from bench.figures import Figures
from bench.scenarios import BUSY, Scenario

Value = Callable[[Figures], float]


@dataclass(frozen=True, slots=True)
class Ratio:
    """The median of the ratios of all rounds, and the number of rounds in which each other contender was the best."""

    value: float
    best: Counter[str]


@dataclass(slots=True)
class Results:
    """Figures in the order of measurement, and the reasons of contenders that did not run."""

    figures: list[Figures] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, contender: str, scenario: Scenario) -> list[Figures]:
        """Return the figures of each round."""
        return [each for each in self.figures if (each.contender, each.scenario) == (contender, scenario.name)]

    def median(self, contender: str, scenario: Scenario, value: Value) -> float | None:
        """Return the median of the rounds; None if it was not measured."""
        values = [value(each) for each in self.of(contender, scenario)]
        return median(values) if values else None

    def ratio(self, above: str, below: str, scenario: Scenario, value: Value) -> float | None:
        """Return the median over the rounds of `above` divided by `below` in the same round."""
        ratio = self.ratio_to_best(above, [below], scenario, value)
        return ratio.value if ratio else None

    def ratio_to_best(
        self, above: str, others: Iterable[str], scenario: Scenario, value: Value, best: Callable[..., float] = max
    ) -> Ratio | None:
        """Return the median over the rounds of `above` divided by the best of `others`; None without a common round.

        `best` is max, or min if less is better. A contender that does not hold the scenario's rate, or gave no answer,
        counts as not measured.
        """
        rounds: dict[int, dict[float, str]] = {}
        for name in others:
            for number, other in self._comparable(name, scenario, value).items():
                if other > 0:
                    rounds.setdefault(number, {})[other] = name
        ratios, names = [], Counter[str]()
        for number, own in self._comparable(above, scenario, value).items():
            if number in rounds:
                chosen = best(rounds[number])
                names[rounds[number][chosen]] += 1
                ratios.append(own / chosen)
        return Ratio(median(ratios), names) if ratios else None

    def _comparable(self, contender: str, scenario: Scenario, value: Value) -> dict[int, float]:
        if self.unable(contender, scenario):
            return {}
        values = {each.round: value(each) for each in self.of(contender, scenario)}
        return {number: each for number, each in values.items() if isfinite(each)}

    def within_reach(self, contender: str, scenario: Scenario) -> bool:
        """Return whether the contender's requests per second on 64 connections reach the scenario's rate.

        True without a fixed rate or without a measurement.
        """
        most = self._most(contender)
        return scenario.rate is None or most is None or most >= scenario.rate

    def _most(self, contender: str) -> float | None:
        return self.median(contender, BUSY, lambda figures: figures.requests_per_second)

    def unable(self, contender: str, scenario: Scenario) -> str:
        """Return why the contender's latencies at the fixed rate are not compared; "" if they are."""
        if scenario.rate is None:
            return ""
        rounds = self.of(contender, scenario)
        most = self._most(contender)
        if not rounds and most is not None and most < scenario.rate:
            return f"it answers {most:.0f} requests/s in a closed loop on {BUSY.connections} connections"
        if rounds and sum(each.held for each in rounds) * 2 < len(rounds):
            achieved = median(each.achieved_rate or 0.0 for each in rounds)
            return f"it answered {achieved:.0f} requests/s"
        return ""

    def largest_worker(self, contender: str, scenarios: Iterable[Scenario]) -> int | None:
        """Return the maximum bytes of the largest worker in these scenarios; None if none was measured."""
        names = {scenario.name for scenario in scenarios}
        sizes = [each.worker_memory for each in self.figures if each.contender == contender and each.scenario in names]
        return max(sizes, default=None)

    @property
    def broken(self) -> list[str]:
        """The reasons why the run failed, apart from speed: contenders that did not run or gave wrong or no answers."""
        missing = [f"{name} is not measured: {reason}" for name, reason in self.missing.items()]
        wrong = [f"{each.contender} answered wrongly: {each.scenario}" for each in self.figures if each.wrong]
        silent = [f"{each.contender} gave no answer: {each.scenario}" for each in self.figures if not each.answered]
        return [*missing, *dict.fromkeys(wrong), *dict.fromkeys(silent)]
