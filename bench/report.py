"""Formats the figures as text."""

from collections.abc import Iterable, Sequence

from bench.figures import Figures
from bench.goals import GOALS
from bench.results import Results, Value
from bench.scenarios import Scenario

# Title, format and value of each column; the median of the rounds.
COLUMNS: tuple[tuple[str, str, Value], ...] = (
    ("requests/s", "{:.0f}", lambda figures: figures.requests_per_second),
    ("beats/s", "{:.0f}", lambda figures: figures.samples_per_second),
    ("p50 ms", "{:.2f}", lambda figures: figures.p50 * 1e3),
    ("p99 ms", "{:.2f}", lambda figures: figures.p99 * 1e3),
    ("CPU s/1000", "{:.4f}", lambda figures: figures.cpu_per_1000),
    ("cores", "{:.2f}", lambda figures: figures.cores),
    ("generator", "{:.2f}", lambda figures: figures.generator_cores),
    ("MB", "{:.0f}", lambda figures: figures.memory / 1e6),
    ("worker MB", "{:.0f}", lambda figures: figures.worker_memory / 1e6),
)
BUSY_GENERATOR = 0.85  # of the one core that a Python process can use
LATE = 0.5  # share of the 99th percentile, above which it measures the generator rather than the contender


def tables(results: Results, contenders: Sequence[str], scenarios: Iterable[Scenario]) -> str:
    """Return a table for each scenario, with a line for each measured contender."""
    return "\n\n".join(_table(results, contenders, scenario) for scenario in scenarios)


def _table(results: Results, contenders: Sequence[str], scenario: Scenario) -> str:
    head = [scenario.name, *(title for title, _, _ in COLUMNS), ""]
    rows = [_row(results, name, scenario) for name in contenders if results.of(name, scenario)]
    return aligned([head, *rows])


def _row(results: Results, contender: str, scenario: Scenario) -> list[str]:
    cells = [_cell(results.median(contender, scenario, value), shape) for _, shape, value in COLUMNS]
    return [contender, *cells, "; ".join(_remarks(results.of(contender, scenario)))]


def _cell(value: float | None, shape: str) -> str:
    return "-" if value is None or value != value else shape.format(value)


def _remarks(rounds: Sequence[Figures]) -> list[str]:
    """Return remarks about the reliability of a line."""
    remarks = []
    faults: dict[str, int] = {}
    for each in rounds:
        for kind, count in each.faults.items():
            faults[kind] = faults.get(kind, 0) + count
    remarks += [f"{count} x {kind}" for kind, count in faults.items()]
    if any(each.generator_cores > BUSY_GENERATOR for each in rounds):
        remarks.append("the generator was the limit")
    if not all(each.held for each in rounds):
        remarks.append("the rate was not held")
    if any((each.delay or 0.0) > LATE * each.p99 for each in rounds):
        remarks.append("requests left late")
    return remarks


def unable(results: Results, contenders: Sequence[str], scenarios: Iterable[Scenario]) -> list[str]:
    """Return a line for each contender that does not hold a fixed rate, whose latencies are not compared."""
    return [
        f"{name} does not hold {scenario.rate:g} requests/s and is not compared there: {reason}"
        for scenario in scenarios
        for name in contenders
        if scenario.rate and (reason := results.unable(name, scenario))
    ]


def megabytes(size: int | None) -> str:
    """Format bytes as MB; "-" for None."""
    return "-" if size is None else f"{size / 1e6:.0f}"


def verdicts(results: Results) -> str:
    """Return a line for each goal."""
    return "\n".join(goal.verdict(results) for goal in GOALS)


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Align columns: the first to the left, the others to the right, the last one unpadded."""
    widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]) - 1)]
    lines = []
    for first, *cells in rows:
        between = [cell.rjust(width) for cell, width in zip(cells, widths[1:], strict=False)]
        lines.append("  ".join([first.ljust(widths[0]), *between, cells[-1]]).rstrip())
    return "\n".join(lines)
