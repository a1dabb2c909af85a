"""What the gateway is to reach, as ratios within one run."""

from collections.abc import Callable
from dataclasses import dataclass

from bench.contenders import RIVALS
from bench.figures import Figures
from bench.results import Results
from bench.scenarios import BATCH, BUSY, HALF, SINGLE


@dataclass(frozen=True, slots=True)
class Goal:
    """A value, and how large it must be at least, or may be at most."""

    text: str
    wanted: float
    value: Callable[[Results], float | None]
    most: bool = False

    def verdict(self, results: Results) -> str:
        """One line: reached, MISSED or not measured, with the figure."""
        value = self.value(results)
        wanted = f"{'at most' if self.most else 'at least'} {self.wanted:g}"
        if value is None:
            return f"not measured  {self.text}: {wanted}"
        reached = value <= self.wanted if self.most else value >= self.wanted
        return f"{'reached' if reached else 'MISSED':12}  {self.text}: {value:.3g}, {wanted}"


def _throughput(figures: Figures) -> float:
    return figures.samples_per_second


def _median_latency(figures: Figures) -> float:
    return figures.p50


def _best_rival(results: Results) -> float | None:
    best = results.best([rival.name for rival in RIVALS], BUSY, _throughput)
    return results.ratio("gateway", best, BUSY, _throughput)


def _worker_megabytes(results: Results) -> float | None:
    workers = [each.worker_memory for each in results.figures if each.contender == "gateway"]
    return max(workers) / 1e6 if workers else None


GOALS = (
    Goal(
        "1 beat, 64 connections: the gateway's requests by bare gRPC's",
        2.5,
        lambda results: results.ratio("gateway", "grpc", BUSY, _throughput),
    ),
    Goal(
        "1 beat, 64 connections: the gateway's requests by its own without a model",
        0.75,
        lambda results: results.ratio("gateway", "parse-and-reply", BUSY, _throughput),
    ),
    Goal("1 beat, 64 connections: the gateway's requests by the best other server's", 3, _best_rival),
    Goal(
        "1 beat, 64 connections: the gateway's requests by those of Flask with keras.Model.predict",
        80,
        lambda results: results.ratio("gateway", "keras", BUSY, _throughput),
    ),
    Goal(
        "1 beat, 1 connection: the gateway's median latency by bare gRPC's",
        1.6,
        lambda results: results.ratio("gateway", "grpc", SINGLE[1], _median_latency),
        most=True,
    ),
    Goal(
        "1 beat, half load: the gateway's p99 by its median",
        2,
        lambda results: results.median("gateway", HALF, lambda figures: figures.p99 / figures.p50),
        most=True,
    ),
    Goal(
        "4096 beats, 4 connections: the gateway's beats by bare gRPC's",
        0.8,
        lambda results: results.ratio("gateway", "grpc", BATCH[4096], _throughput),
    ),
    Goal(
        "4096 beats as bytes, 4 connections: the gateway's beats by bare gRPC's",
        0.8,
        lambda results: results.ratio("bytes", "grpc", BATCH[4096], _throughput),
    ),
    Goal(
        "1 beat, 64 connections: the model server's requests by its own with a model of zeros",
        0.6,
        lambda results: results.ratio("grpc", "zeros", BUSY, _throughput),
    ),
    Goal("the gateway's largest worker in MB, batches included", 100, _worker_megabytes, most=True),
)
