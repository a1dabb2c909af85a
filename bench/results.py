"""All figures of a run: their medians over the rounds, and the ratios between contenders."""

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
    """The median of the ratios of all rounds, and in how many of them each of the others was the best."""

    value: float
    best: Counter[str]


@dataclass(slots=True)
class Results:
    """Figures in the order in which they were measured, and contenders that did not run with the reason."""

    figures: list[Figures] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, contender: str, scenario: Scenario) -> list[Figures]:
        """One for each round."""
        return [each for each in self.figures if (each.contender, each.scenario) == (contender, scenario.name)]

    def median(self, contender: str, scenario: Scenario, value: Value) -> float | None:
        """The median of the rounds; None if it was not measured."""
        values = [value(each) for each in self.of(contender, scenario)]
        return median(values) if values else None

    def ratio(self, above: str, below: str, scenario: Scenario, value: Value) -> float | None:
        """`above` by `below` in each round, as a round is measured in one go, and the median of that."""
        ratio = self.ratio_to_best(above, [below], scenario, value)
        return ratio.value if ratio else None

    def ratio_to_best(
        self, above: str, others: Iterable[str], scenario: Scenario, value: Value, best: Callable[..., float] = max
    ) -> Ratio | None:
        """`above` by the best of `others` in the same round, and the median of that; None without a common round.

        `best` is max, or min where less is better. A contender that does not hold the scenario's rate, or
        gave no answer, counts as not measured.
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
        """Whether the contender answers as many requests a second on 64 connections as the scenario's rate asks for.

        True where there is no fixed rate, and where nothing is known yet.
        """
        most = self._most(contender)
        return scenario.rate is None or most is None or most >= scenario.rate

    def _most(self, contender: str) -> float | None:
        return self.median(contender, BUSY, lambda figures: figures.requests_per_second)

    def unable(self, contender: str, scenario: Scenario) -> str:
        """Why the contender's latencies at the scenario's fixed rate are not compared; empty if they are."""
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
        """The most bytes of its largest worker after any measurement of these; None if none was measured."""
        names = {scenario.name for scenario in scenarios}
        sizes = [each.worker_memory for each in self.figures if each.contender == contender and each.scenario in names]
        return max(sizes, default=None)

    @property
    def broken(self) -> list[str]:
        """What makes the run a failure, whatever the speed: a contender did not run, answered wrongly or not at all."""
        missing = [f"{name} is not measured: {reason}" for name, reason in self.missing.items()]
        wrong = [f"{each.contender} answered wrongly: {each.scenario}" for each in self.figures if each.wrong]
        silent = [f"{each.contender} gave no answer: {each.scenario}" for each in self.figures if not each.answered]
        return [*missing, *dict.fromkeys(wrong), *dict.fromkeys(silent)]
