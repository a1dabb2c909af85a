"""Draws the figures as one SVG."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.goals import worker_after_large, worker_after_single
from bench.results import Results, Value
from bench.scenarios import BATCH, HALF, RATE, SINGLE, Scenario


def draw(results: Results, contenders: Sequence[str], path: Path) -> None:
    """Write an SVG with six panels, each with a line or bars for every contender."""
    figure = Figure(figsize=(12, 13.5), layout="constrained")
    (requests, cpu), (batches, memory), (half, rate) = figure.subplots(3, 2)
    _lines(requests, results, contenders, SINGLE, lambda figures: figures.requests_per_second)
    _named(requests, "One beat a request: requests a second", "connections")
    _lines(cpu, results, contenders, SINGLE, lambda figures: figures.cpu_per_1000)
    _named(cpu, "One beat a request: CPU seconds of the servers for 1000 beats", "connections")
    _lines(batches, results, contenders, {1: SINGLE[64]} | BATCH, lambda figures: figures.samples_per_second)
    _named(batches, "Batches: beats a second", "beats a request")
    _memory(memory, results, contenders)
    _latencies(half, results, contenders, HALF, "Half load, open loop")
    _latencies(rate, results, contenders, RATE, f"{RATE.rate:g} requests/s, open loop")
    figure.legend(*requests.get_legend_handles_labels(), loc="outside lower center", ncols=5)
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "bench"}):
        figure.savefig(path, metadata={"Date": None})


def _lines(
    axes: Axes, results: Results, contenders: Sequence[str], scenarios: dict[int, Scenario], value: Value
) -> None:
    for place, name in enumerate(contenders):
        points = {each: results.median(name, scenario, value) for each, scenario in scenarios.items()}
        known = {each: height for each, height in points.items() if height and isfinite(height)}
        if known:
            axes.plot(list(known), list(known.values()), marker="o", label=name, color=f"C{place}")
    axes.set_xscale("log")
    axes.set_xticks(list(scenarios), [str(each) for each in scenarios])
    axes.set_xticks([], minor=True)


def _named(axes: Axes, title: str, across: str) -> None:
    axes.set(title=title, xlabel=across)
    _logarithmic(axes)


def _latencies(axes: Axes, results: Results, contenders: Sequence[str], scenario: Scenario, title: str) -> None:
    """Draw the median and the p99 of each contender that holds the rate."""
    bars = {
        name: (middle * 1e3, high * 1e3)
        for name in contenders
        if not results.unable(name, scenario)
        and (middle := results.median(name, scenario, lambda figures: figures.p50))
        and (high := results.median(name, scenario, lambda figures: figures.p99))
    }
    _bars(axes, contenders, bars, f"{title}: median (full) and p99 (pale) in ms")


def _memory(axes: Axes, results: Results, contenders: Sequence[str]) -> None:
    """Draw the largest worker of each contender before and after large batches."""
    bars = {}
    for name in contenders:
        single, large = worker_after_single(results, name), worker_after_large(results, name)
        if single or large:
            bars[name] = ((single or 0) / 1e6, (large or 0) / 1e6)
    _bars(axes, contenders, bars, "Largest worker: single beats (full), large batches (pale), MB")


def _bars(axes: Axes, contenders: Sequence[str], bars: dict[str, tuple[float, float]], title: str) -> None:
    """Draw two overlapping bars for each name, the second one pale."""
    for place, (name, (full, pale)) in enumerate(bars.items()):
        color = f"C{contenders.index(name)}"
        axes.bar(place, pale, color=color, alpha=0.35)
        axes.bar(place, full, color=color)
    axes.set_xticks(range(len(bars)), list(bars), rotation=30, ha="right")
    axes.set(title=title)
    _logarithmic(axes)


def _logarithmic(axes: Axes) -> None:
    if axes.has_data():  # without data the scale must not be logarithmic
        axes.set_yscale("log")
    axes.grid(alpha=0.3, axis="y")
