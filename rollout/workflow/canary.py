"""A candidate with a share of the requests, raised step by step by the gateway's counts."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rollout.decisions.canary_analysis import Limits, Observations, complaint
from rollout.errors import Faulty, RolloutError
from rollout.gateway.metrics import Counters, Sample
from rollout.kubernetes.deployment import Candidate
from rollout.program import PROGRAM
from rollout.workflow.promotion import Promotion
from rollout.workflow.waiting import Waiting

LOOK_SECONDS = 5  # between samples of the gateway's counts; chosen by hand

Look = Callable[[], dict[str, Sample]]


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of `canary --auto`: weights and shadow in percent, `patience` in seconds per step."""

    steps: Sequence[int]
    shadow: int
    limits: Limits
    patience: float


class Canary:
    """Raises the weight of one candidate."""

    def __init__(self, promotion: Promotion, waiting: Waiting, look: Look) -> None:
        self._promotion = promotion
        self._waiting = waiting
        self._look = look

    def raise_by_itself(self, candidate: Candidate, plan: Plan) -> None:
        """Go through the steps and finish.

        Raises:
            Faulty: A limit was exceeded; the served version is served again.
        """
        # After a killed run, the next run repeats the step where that one was, so no step is skipped.
        for weight in [step for step in plan.steps if step >= candidate.weight] or [candidate.weight]:
            self._promotion.operations.weigh(candidate, weight, plan.shadow)
            if reason := self._observe(candidate, weight, plan):
                self._promotion.drop(candidate, reason)
                raise Faulty(f"version {candidate.version} {reason}; version {candidate.served} is served")
        self._promotion.take_over(candidate)

    def _observe(self, candidate: Candidate, weight: int, plan: Plan) -> str:
        """Watch one step; return which limit is exceeded, or "" when there are enough observations."""
        clock = self._waiting.clock
        counters, deadline = Counters(self._counted(candidate)), clock.seconds() + plan.patience
        while True:
            counters.look(self._counted(candidate))
            observed = Observations.of(counters, candidate.version, candidate.served)
            enough = observed.enough(plan.limits, plan.shadow)
            if enough or complaint(observed, plan.limits, early=True):
                return complaint(observed, plan.limits, early=not enough)
            self._waiting.tell(_progress(candidate, weight, observed, plan.limits))
            if clock.seconds() >= deadline:
                raise RolloutError(_too_little(candidate, weight, observed, plan))
            clock.sleep(LOOK_SECONDS)

    def _counted(self, candidate: Candidate) -> dict[str, Sample]:
        def poll() -> dict[str, Sample]:
            self._promotion.operations.require(candidate)
            return self._look()

        return self._waiting.until("the gateway's metrics", poll)


def _progress(candidate: Candidate, weight: int, observed: Observations, limits: Limits) -> str:
    return (
        f"version {candidate.version} at {weight} %: {observed.requests:g} of {limits.requests} requests, "
        f"{observed.errors:g} errors, {observed.disagreeing:g} of {observed.shadowed:g} shadowed beats disagree"
    )


def _too_little(candidate: Candidate, weight: int, observed: Observations, plan: Plan) -> str:
    return (
        f"version {candidate.version} at {weight} %: only {observed.requests:g} of {plan.limits.requests} requests and "
        f"{observed.shadowed:g} shadowed beats ({observed.disagreeing:g} disagree) in {plan.patience:g} s; "
        f"it stays at {weight} %: `{PROGRAM} finish`, `{PROGRAM} abort`, or again with fewer --requests"
    )
