"""All figures of a run: what they come to over the rounds, and the ratios between contenders."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from statistics import median

from bench.figures import Figures
from bench.scenarios import Scenario

Value = Callable[[Figures], float]


@dataclass(slots=True)
class Results:
    """Figures in the order in which they were measured, and contenders that did not run with the reason."""

    figures: list[Figures] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)

    def of(self, contender: str, scenario: Scenario) -> list[Figures]:
        """One for each round."""
        return [each for each in self.figures if (each.contender, each.scenario) == (contender, scenario.name)]

    def median(self, contender: str, scenario: Scenario, value: Value) -> float | None:
        """The middle of the rounds; None if it was not measured."""
        values = [value(each) for each in self.of(contender, scenario)]
        return median(values) if values else None

    def best(self, contenders: Iterable[str], scenario: Scenario, value: Value) -> str | None:
        """Which of the contenders has the highest median."""
        medians = {name: middle for name in contenders if (middle := self.median(name, scenario, value)) is not None}
        return max(medians, key=lambda name: medians[name]) if medians else None

    def ratio(self, above: str, below: str | None, scenario: Scenario, value: Value) -> float | None:
        """`above` by `below` in each round, as a round is measured in one go, and the middle of that."""
        under = {each.round: value(each) for each in self.of(below, scenario)} if below else {}
        ratios = [value(each) / under[each.round] for each in self.of(above, scenario) if under.get(each.round)]
        return median(ratios) if ratios else None

    @property
    def broken(self) -> list[str]:
        """What makes the run a failure, whatever the speed: who did not run, or answered wrongly or not at all."""
        missing = [f"{name} is not measured: {reason}" for name, reason in self.missing.items()]
        wrong = [f"{each.contender} answered wrongly: {each.scenario}" for each in self.figures if each.wrong]
        silent = [f"{each.contender} gave no answer: {each.scenario}" for each in self.figures if not each.answered]
        return [*missing, *dict.fromkeys(wrong), *dict.fromkeys(silent)]
