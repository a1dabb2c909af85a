"""The figures as one picture."""

from collections.abc import Sequence
from math import isfinite
from pathlib import Path

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from bench.results import Results, Value
from bench.scenarios import BATCH, HALF, SINGLE, Scenario


def draw(results: Results, contenders: Sequence[str], path: Path) -> None:
    """Write an SVG with four panels: a line, or a bar, for each contender."""
    figure = Figure(figsize=(12, 9), layout="constrained")
    (requests, cpu), (batches, half) = figure.subplots(2, 2)
    _lines(requests, results, contenders, SINGLE, lambda figures: figures.requests_per_second)
    _named(requests, "One beat a request: requests a second", "connections")
    _lines(cpu, results, contenders, SINGLE, lambda figures: figures.cpu_per_1000)
    _named(cpu, "One beat a request: CPU seconds of the servers for 1000 beats", "connections")
    _lines(batches, results, contenders, {1: SINGLE[64]} | BATCH, lambda figures: figures.samples_per_second)
    _named(batches, "Batches: beats a second", "beats a request")
    _bars(half, results, contenders)
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


def _bars(axes: Axes, results: Results, contenders: Sequence[str]) -> None:
    measured = [name for name in contenders if results.of(name, HALF)]
    for place, name in enumerate(measured):
        middle = results.median(name, HALF, lambda figures: figures.p50) or 0.0
        high = results.median(name, HALF, lambda figures: figures.p99) or 0.0
        axes.bar(place, high * 1e3, color=f"C{contenders.index(name)}", alpha=0.35)
        axes.bar(place, middle * 1e3, color=f"C{contenders.index(name)}")
    axes.set_xticks(range(len(measured)), measured, rotation=30, ha="right")
    axes.set(title="Half load, open loop: median (full) and p99 (pale) in ms")
    _logarithmic(axes)


def _logarithmic(axes: Axes) -> None:
    if axes.has_data():  # of nothing there is no logarithm
        axes.set_yscale("log")
    axes.grid(alpha=0.3, axis="y")
