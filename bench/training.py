"""`make bench-training`: compare training with plain `keras.Model.fit` on arrays, in rows per second and memory."""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.training_beats import VALUES, linked, write_beats
from bench.training_process import Ended, fresh, run

OUT = Path("build/bench/training")
HERE, KERAS = "here", "Keras"
ROWS = (5_000, 100_000, 1_000_000)
EPOCH_ROWS = 1_500_000  # rows times epochs, so that the training of a small set is long enough to measure
TIMES = 2  # factor of the largest file's beats, for training in less memory than they need
ENOUGH = 1_000_000  # rows, with which that limit is enough for TensorFlow
LIMIT_OF_DATA = 0.85  # share of the size of the float32 values
MEGABYTE = 1 << 20
COLUMNS = "{:>9} {:>6}  {:<5} {:>9} {:>9} {:>6} {:>8} {:>13} {:>8} {:>8}"
HEAD = ("rows", "epochs", "by", "rows/s", "of whole", "CPU s", "peak MB", "above import", "of data", "accuracy")


@dataclass(frozen=True, slots=True)
class Measured:
    """One training by one trainer."""

    trainer: str
    rows: int  # in the file
    epochs: int
    speed: float  # training rows per second, only in `fit`
    whole: float  # rows of the file per second, from the start of the process to the published model
    cpu: float  # seconds of the process
    peak: int  # maximum resident bytes
    above_import: int  # bytes above those of a process that only imports TensorFlow
    of_data: float  # peak divided by the size of the float32 values
    accuracy: float


def main(arguments: Sequence[str]) -> int:
    """Measure, print a table and write it as JSON; return 1 if training on more beats than memory failed."""
    parser = argparse.ArgumentParser(prog="make bench-training", description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=ROWS, help="sizes of the files (%(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="trainings of each kind and size (%(default)s)")
    options = parser.parse_args(arguments)
    imported = run(["-c", "import training.pipeline"], OUT / "import.log").or_exit().peak
    print(f"TensorFlow imported, nothing trained: {imported / MEGABYTE:.0f} MB\n{COLUMNS.format(*HEAD)}", flush=True)
    measured = [each for rows in options.rows for each in _compare(rows, options.rounds, imported)]
    ratios = {rows: _ratios([each for each in measured if each.rows == rows]) for rows in options.rows}
    for rows, ratio in ratios.items():
        metrics = ", ".join(f"{name.replace('_', ' ')} {value:.2f}" for name, value in ratio.items())
        print(f"{rows:,} rows, as a multiple of Keras on arrays: {metrics}", flush=True)
    beyond = _beyond_memory(max(options.rows)) if max(options.rows) >= ENOUGH else {}
    found = {"imported": imported, "measured": [*map(asdict, measured)], "ratios": ratios, "beyond_memory": beyond}
    path = OUT.with_suffix(".json")
    path.write_text(json.dumps(found, indent=2) + "\n")
    print(path)
    return beyond[HERE]["status"] if beyond else 0


def _compare(rows: int, rounds: int, imported: int) -> list[Measured]:
    """Measure both trainers in turn, so that other load on the machine affects both."""
    data = write_beats(OUT / f"beats-{rows}.csv", rows)
    epochs = max(3, min(40, EPOCH_ROWS // rows))
    measured = []
    for number in range(rounds):
        for trainer in (KERAS, HERE):
            models = fresh(OUT / f"{trainer}-{rows}-{number}")
            ended = _train(trainer, data, models, epochs).or_exit()
            trained, seconds, accuracy = _read_metrics(models)
            each = Measured(
                trainer,
                rows,
                epochs,
                speed=trained * epochs / seconds,
                whole=rows / ended.seconds,
                cpu=ended.cpu,
                peak=ended.peak,
                above_import=ended.peak - imported,
                of_data=ended.peak / (rows * VALUES * 4),
                accuracy=accuracy,
            )
            measured.append(each)
            print(_line(each), flush=True)
    return measured


def _train(trainer: str, data: Path, models: Path, epochs: int, limit: int | None = None) -> Ended:
    log = models.with_suffix(".log")
    if trainer == KERAS:
        return run(["-m", "bench.training_keras", data, models, epochs], log, limit)
    # The files of this folder are parts of one table, not groups.
    chosen = [f"--epochs={epochs}", f"--patience={epochs}", "--group=none"]
    return run(["-m", "training", f"--data={data}", f"--models={models}", *chosen], log, limit)


def _read_metrics(models: Path) -> tuple[int, float, float]:
    """Return training rows, seconds of `fit`, and accuracy on held-back rows, from metrics.json."""
    metrics = json.loads((models / "1" / "assets.extra" / "metrics.json").read_text())
    return metrics["data"]["rows"]["train"], metrics["training"]["seconds"], metrics["metrics"]["accuracy"]


def _line(each: Measured) -> str:
    speeds = f"{each.rows:,}", each.epochs, each.trainer, f"{each.speed:,.0f}", f"{each.whole:,.0f}", f"{each.cpu:.0f}"
    memory = f"{each.peak / MEGABYTE:.0f}", f"{each.above_import / MEGABYTE:.0f}", f"{each.of_data:.2f}"
    return COLUMNS.format(*speeds, *memory, f"{each.accuracy:.4f}")


def _ratios(measured: list[Measured]) -> dict[str, float]:
    """Return ratios to Keras from the fastest rounds, as other load only slows down, and the highest peaks."""

    def of(trainer: str) -> dict[str, float]:
        own = [each for each in measured if each.trainer == trainer]
        return {
            "rows_per_second": max(each.speed for each in own),
            "rows_per_second_of_the_whole": max(each.whole for each in own),
            "cpu_seconds": min(each.cpu for each in own),
            "peak_memory": max(each.peak for each in own),
        }

    keras = of(KERAS)
    return {name: value / keras[name] for name, value in of(HERE).items()}


def _beyond_memory(rows: int) -> dict[str, Any]:
    """Train on more float32 values than a process may allocate; Keras on arrays shows that the limit works."""
    data = linked(OUT / f"beats-{rows}.csv", OUT / "beyond", TIMES)
    limit = int(TIMES * rows * VALUES * 4 * LIMIT_OF_DATA)
    print(
        f"{TIMES * rows:,} rows, {TIMES * rows * VALUES * 4 / MEGABYTE:,.0f} MB as float32, in a process that may "
        f"allocate {limit / MEGABYTE:,.0f} MB (RLIMIT_DATA):",
        flush=True,
    )
    found: dict[str, Any] = {"rows": TIMES * rows, "limit": limit}
    for trainer in (HERE, KERAS):
        ended = _train(trainer, data, fresh(OUT / f"{trainer}-beyond"), 1, limit)
        found[trainer] = {"status": ended.status, "peak": ended.peak, "seconds": ended.seconds, "end": ended.last_line}
        print(
            f"  {trainer}: peak {ended.peak / MEGABYTE:,.0f} MB, {ended.seconds:.0f} s: {ended.last_line}", flush=True
        )
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
