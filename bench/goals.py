"""The goals of the gateway, as ratios within one run."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import inf

from bench.contenders import OTHERS
from bench.figures import Figures
from bench.results import Results, Value
from bench.scenarios import BATCH, BUSY, HALF, RATE, SINGLE, Scenario

NAMES = [other.name for other in OTHERS]
LARGE = (BATCH[256], BATCH[4096])
GATEWAYS = ("gateway", "bytes")  # the same gateway with JSON and with binary requests


@dataclass(frozen=True, slots=True)
class Reached:
    """A measured value with a note, such as the best other server."""

    value: float
    note: str = ""


@dataclass(frozen=True, slots=True)
class Goal:
    """A value with its minimum, or with `most` its maximum."""

    text: str
    wanted: float
    measured: Callable[[Results], Reached | None]
    most: bool = False

    def verdict(self, results: Results) -> str:
        """Return one line: reached, MISSED or not measured, with the figure."""
        measured = self.measured(results)
        wanted = f"{'at most' if self.most else 'at least'} {self.wanted:g}"
        if measured is None:
            return f"not measured  {self.text}: {wanted}"
        reached = measured.value <= self.wanted if self.most else measured.value >= self.wanted
        note = f" ({measured.note})" if measured.note else ""
        return f"{'reached' if reached else 'MISSED':12}  {self.text}: {measured.value:.3g}, {wanted}{note}"


def _throughput(figures: Figures) -> float:
    return figures.samples_per_second


def _median_latency(figures: Figures) -> float:
    return figures.p50


def _high_latency(figures: Figures) -> float:
    return figures.p99


def _best_other(scenario: Scenario, wanted: float) -> Goal:
    """The gateway's beats per second divided by those of the best other server in the same round."""

    def measured(results: Results) -> Reached | None:
        ratio = results.ratio_to_best("gateway", NAMES, scenario, _throughput)
        return Reached(ratio.value, _named(ratio.best)) if ratio else None

    return Goal(f"{scenario.name}: the gateway's beats by the best other server's", wanted, measured)


def _lowest(title: str, value: Value) -> Goal:
    """The gateway's latency divided by the lowest of the other servers that hold the same rate."""

    def measured(results: Results) -> Reached | None:
        if reason := results.unable("gateway", RATE):
            return Reached(inf, f"the gateway does not hold the rate: {reason}")
        ratio = results.ratio_to_best("gateway", NAMES, RATE, value, min)
        if ratio is None:
            return None
        bare = results.ratio("gateway", "grpc", RATE, value)
        note = _named(ratio.best) + (f"; by bare gRPC's {bare:.3g}" if bare is not None else "")
        return Reached(ratio.value, note)

    return Goal(f"{RATE.name}: the gateway's {title} by the lowest other server's", 1, measured, most=True)


def _named(best: Counter[str]) -> str:
    """Return the name of the best other server, or several names with their numbers of rounds."""
    if len(best) == 1:
        return f"best: {next(iter(best))}"
    return "best: " + ", ".join(f"{name} in {count} of {best.total()} rounds" for name, count in best.most_common())


def _by(text: str, wanted: float, above: str, below: str, scenario: Scenario) -> Goal:
    """The beats per second of one contender divided by those of another."""

    def measured(results: Results) -> Reached | None:
        ratio = results.ratio(above, below, scenario, _throughput)
        return None if ratio is None else Reached(ratio)

    return Goal(f"{scenario.name}: {text}", wanted, measured)


def _latency_by_grpc(results: Results) -> Reached | None:
    ratio = results.ratio("gateway", "grpc", SINGLE[1], _median_latency)
    return None if ratio is None else Reached(ratio)


def _p99_by_median(results: Results) -> Reached | None:
    ratio = results.median("gateway", HALF, lambda figures: figures.p99 / figures.p50)
    return None if ratio is None else Reached(ratio)


def worker_after_single(results: Results, contender: str) -> int | None:
    """Return the bytes of the contender's largest worker after single beats, before any batch; None if not measured."""
    return results.largest_worker(contender, (*SINGLE.values(), HALF, RATE))


def worker_after_large(results: Results, contender: str) -> int | None:
    """Return the bytes of the contender's largest worker after large batches; None if not measured."""
    return results.largest_worker(contender, LARGE)


def _worker_single(results: Results) -> Reached | None:
    size = worker_after_single(results, "gateway")
    return None if size is None else Reached(size / 1e6)


def _worker_large(results: Results) -> Reached | None:
    sizes = {size: name for name in GATEWAYS if (size := worker_after_large(results, name)) is not None}
    return Reached(max(sizes) / 1e6, sizes[max(sizes)]) if sizes else None


# The ratios that changes must not make worse, each within one run on two cores.
GOALS = (
    _best_other(SINGLE[1], 1.1),
    Goal("1 beat, 1 connection: the gateway's median latency by bare gRPC's", 1.4, _latency_by_grpc, most=True),
    _best_other(SINGLE[8], 1.1),
    _best_other(SINGLE[64], 3),
    _best_other(SINGLE[256], 3),
    _by("the gateway's requests by its own without a model", 0.75, "gateway", "parse-and-reply", BUSY),
    _by("the gateway's requests by bare gRPC's", 2.5, "gateway", "grpc", BUSY),
    _by("the gateway's requests by those of Flask with keras.Model.predict", 80, "gateway", "keras", BUSY),
    Goal("1 beat, half load: the gateway's p99 by its median", 2, _p99_by_median, most=True),
    _lowest("median latency", _median_latency),
    _lowest("p99 latency", _high_latency),
    _best_other(BATCH[16], 1.5),
    _best_other(BATCH[256], 2),
    _best_other(BATCH[4096], 2),
    _by("the gateway's beats as bytes by bare gRPC's", 0.6, "bytes", "grpc", BATCH[4096]),
    _by("the model server's requests by its own with a model of zeros", 0.6, "grpc", "zeros", BUSY),
    Goal("the gateway's largest worker in MB, single beats", 100, _worker_single, most=True),
    Goal("the gateway's largest worker in MB, large batches too", 160, _worker_large, most=True),
)
