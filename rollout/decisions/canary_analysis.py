"""The canary analysis: the gateway's counts of the candidate against limits and the served version. Pure."""

from dataclasses import dataclass
from math import sqrt

from rollout.gateway.metrics import Counters

PLAIN = 20  # smallest number of observations for a conclusion; chosen by hand
CERTAIN = 2.33  # standard deviations, one-sided 1 %: chance drops 1 of 100 candidates at the limit early
SHADOWED = 50  # smallest number of shadowed beats in a step; chosen by hand
# Shadowed beats after which a disagreement above the limit always counts, even if it may be chance. So many beats
# distinguish a true 10 % from the default limit of 5 %, and 2.5 % passes much earlier.
SHADOWED_IN_DOUBT = 500
CALLERS_FAULT = "invalid_request"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits for a candidate: shares from 0 to 1, `slowdown` as a ratio, `requests` to observe in each step."""

    requests: int
    errors: float
    disagreement: float
    slowdown: float


@dataclass(frozen=True, slots=True)
class Observations:
    """The gateway's counts of a candidate and of the served version; times in seconds."""

    requests: float
    errors: float
    shadowed: float
    disagreeing: float
    calls: float
    seconds: float
    served_calls: float
    served_seconds: float

    @classmethod
    def of(cls, counters: Counters, candidate: int, served: int | None) -> "Observations":
        """Read the numbers from the gateway's counters."""
        mine, theirs = str(candidate), str(served)

        def failed(labels: dict[str, str]) -> bool:
            return labels["version"] == mine and labels["kind"] != CALLERS_FAULT

        def answered(labels: dict[str, str]) -> bool:
            return (labels["version"], labels["path"], labels["status"]) == (mine, "/predict", "200")

        errors = counters.total("ecg_gateway_errors_total", failed)
        timed = "ecg_gateway_candidate_seconds"
        return cls(
            # A request on which the candidate failed is counted for the version that answered instead.
            requests=counters.total("ecg_gateway_requests_total", answered) + errors,
            errors=errors,
            shadowed=counters.total("ecg_gateway_shadowed_beats_total", lambda it: it["version"] == mine),
            disagreeing=counters.total(
                "ecg_gateway_shadowed_beats_total", lambda it: it["version"] == mine and it["agree"] == "false"
            ),
            calls=counters.total(f"{timed}_count", lambda it: it["version"] == mine),
            seconds=counters.total(f"{timed}_sum", lambda it: it["version"] == mine),
            served_calls=counters.total(f"{timed}_count", lambda it: it["version"] == theirs),
            served_seconds=counters.total(f"{timed}_sum", lambda it: it["version"] == theirs),
        )

    @property
    def slowdown(self) -> float:
        """The ratio of the candidate's mean call duration to the served version's; 0 with too few observations."""
        if min(self.calls, self.served_calls) < PLAIN or not self.served_seconds:
            return 0.0
        return (self.seconds / self.calls) / (self.served_seconds / self.served_calls)

    def enough(self, limits: Limits, shadow: int) -> bool:
        """Return whether the step has enough observations; a disagreement above the limit needs more beats."""
        if self.requests < limits.requests:
            return False
        beats = SHADOWED_IN_DOUBT if _share(self.disagreeing, self.shadowed) > limits.disagreement else SHADOWED
        return shadow == 0 or self.shadowed >= beats


def complaint(observed: Observations, limits: Limits, *, early: bool) -> str:
    """Return which limit is exceeded, or ""; with `early` only if that is statistically certain already."""
    rate = _at_least if early else _share
    if rate(observed.errors, observed.requests) > limits.errors:
        return f"failed on {observed.errors:g} of {observed.requests:g} requests (--max-errors {limits.errors:g})"
    if rate(observed.disagreeing, observed.shadowed) > limits.disagreement:
        limit = f"--max-disagreement {limits.disagreement:g}"
        return f"disagreed on {observed.disagreeing:g} of {observed.shadowed:g} shadowed beats ({limit})"
    if observed.slowdown > limits.slowdown * (2 if early else 1):
        return f"takes {observed.slowdown:.1f} times as long as the served version (--max-slowdown {limits.slowdown:g})"
    return ""


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _at_least(part: float, whole: float) -> float:
    """Return the lower end of Wilson's interval for a share; 0 with too few observations."""
    if not part or whole < PLAIN:
        return 0.0
    share, square = min(part / whole, 1.0), CERTAIN**2
    spread = CERTAIN * sqrt(share * (1 - share) / whole + square / (4 * whole**2))
    return (share + square / (2 * whole) - spread) / (1 + square / whole)
