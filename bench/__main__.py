"""`make bench`: the gateway beside bare gRPC and other servers, on this machine, in one run."""

import argparse
import subprocess
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from statistics import median

from bench import contenders, scenarios
from bench.contenders import PYTHON, Contender, Place
from bench.contracts import Beat, recorded
from bench.measure import Figures, Generator, Running, started
from bench.processes import Processes
from training.publish import newest


def main() -> int:
    """Measure and report; 1 if a contender did not run or answered wrongly, whatever the figures are."""
    options = _options()
    options.out.mkdir(parents=True, exist_ok=True)
    place = prepared(options.models, options.out)
    beats = recorded(place.version, 4096)
    chosen = contenders.chosen(options.only.split(","), [*contenders.OWN, *contenders.RIVALS, contenders.ZERO])
    with ExitStack() as stack:
        cores = frozenset([0, 1])
        generator = stack.enter_context(Generator(cores))
        running = [_start(contender, place, options.out, cores, generator, beats, stack) for contender in chosen]
        figures: list[Figures] = []
        for number in range(options.rounds):
            for scenario in scenarios.QUICK:
                for each in running:
                    rate = _half(figures, each) if scenario.half else None
                    one = replace(each.measure(generator, scenario, beats, options.seconds, rate), round=number)
                    figures.append(one)
                    print(
                        f"{number} {one.scenario:26} {one.contender:16} {one.requests_per_second:8.1f}/s {one.samples_per_second:9.0f} samples/s "
                        f"p50 {one.p50 * 1000:7.2f} p99 {one.p99 * 1000:7.2f} ms cpu/1000 {one.cpu_per_1000:.4f} "
                        f"cores {one.cores:.2f} gen {one.generator_cores:.2f} mem {one.memory >> 20} worker {one.worker_memory >> 20} {one.faults} {one.delay * 1000:.2f}",
                        flush=True,
                    )
    return 0


def _half(figures: list[Figures], running: Running) -> float:
    full = [
        each.requests_per_second
        for each in figures
        if (each.contender, each.scenario) == (running.contender.name, scenarios.BUSY.name)
    ]
    return max(1.0, median(full) / 2)


def prepared(models: Path | None, out: Path) -> Place:
    base = models or _trained(out)
    version = newest(base)
    assert version
    zeros = out / "zeros" / base.name
    if not zeros.exists():
        subprocess.run([PYTHON, "-m", "bench.zeros", str(zeros / "1"), "140"], check=True, stderr=subprocess.DEVNULL)
    return Place(base.resolve(), zeros.resolve(), version.resolve(), out.resolve())


def _trained(out: Path) -> Path:
    base, data = out / "models" / "ecg", out / "beats.csv"
    if newest(base) is None:
        with (out / "training.log").open("w") as log:
            for arguments in (
                ["data", "generate", "--beats", "1000", "--out", str(data)],
                ["training", "--data", str(data), "--models", str(base), "--epochs", "5"],
            ):
                subprocess.run([PYTHON, "-m", *arguments], check=True, stdout=log, stderr=log)
    return base


def _start(
    contender: Contender,
    place: Place,
    out: Path,
    cores: frozenset[int],
    generator: Generator,
    beats: Sequence[Beat],
    stack: ExitStack,
) -> Running:
    (port,) = contenders.free_ports(1)
    processes = Processes(contender.commands(place, port), out / f"{contender.name}.log", cores)
    stack.enter_context(processes)
    running = started(contender, processes, port, generator, beats)
    print(f"{contender.name}: first right answer after {running.start_seconds:.1f} s", flush=True)
    return running


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--models", type=Path)
    parser.add_argument("--only", default="grpc,gateway,parse-and-reply,keras,zeros")
    parser.add_argument("--seconds", type=float, default=1.5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--out", type=Path, default=Path("build/bench"))
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
