"""`make bench`: compare the gateway with bare gRPC and other servers on this machine, over loopback, in one run."""

import argparse
import json
import math
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from bench import campaign, contenders, machine, prepare, report, scenarios
from bench.campaign import Plan, Start
from bench.contracts import recorded
from bench.generator import Generator
from bench.goals import worker_after_large, worker_after_single
from bench.measure import Direct, Measured
from bench.options import parse
from bench.picture import draw
from bench.results import Results


def main(arguments: Sequence[str]) -> int:
    """Measure and report; return 1 if a contender did not run or answered wrongly, at any speed."""
    options = parse(arguments, __doc__)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.seconds, options.rounds, options.arrivals, *machine.cores())
    facts = machine.facts(plan.servers, plan.generator, options.tensorflow_serving)
    results, starts = _measured(options, plan)
    text = _text(results, starts, options.only, options.scenarios)
    print(f"\n{text}")
    (options.out / "results.txt").write_text(text + "\n")
    _write(options.out / "results.json", facts, vars(options), starts, results)
    draw(results, options.only, options.out / "results.svg")
    print(f"\n{options.out}/results.txt, results.json, results.svg")
    for problem in results.broken:
        print(f"bench: {problem}", file=sys.stderr)
    return 1 if results.broken else 0


def _measured(options: argparse.Namespace, plan: Plan) -> tuple[Results, dict[str, Start]]:
    place = replace(
        prepare.place(options.models, options.out, zeros=contenders.ZERO.name in options.only),
        tensorflow_serving=options.tensorflow_serving,
    )
    beats, results = recorded(place.version, max(each.beats for each in options.scenarios)), Results()
    named = [each for each in contenders.ALL if each.name in options.only and each.measured_in(options.scenarios)]
    chosen = campaign.installed(named, place.out, results)
    with ExitStack() as stack:
        generator = stack.enter_context(Generator(plan.generator))
        running = campaign.start(chosen, place, plan, beats, generator, results, stack)
        starts = campaign.idle(running)
        running = campaign.pause_restless(running, starts)
        asked: list[tuple[Measured, Sequence[scenarios.Scenario]]] = [
            (each, each.contender.asked or options.scenarios) for each in running
        ]
        if contenders.DIRECT in options.only:
            alone = stack.enter_context(Generator(plan.servers))
            alone.load(str(place.version))
            asked.append((Direct(alone, str(place.version), beats), scenarios.WITHOUT_NETWORK))
        campaign.measure(asked, options.scenarios, plan, results)
    return results, starts


def _text(results: Results, starts: dict[str, Start], names: Sequence[str], asked: Sequence[scenarios.Scenario]) -> str:
    head = ["started", "first answer s", "idle cores", "MB", "worker MB, single beats", "large batches too", ""]
    rows = [
        [
            name,
            f"{each.seconds:.1f}",
            f"{each.idle_cores:.3f}",
            f"{each.memory / 1e6:.0f}",
            *(report.megabytes(size(results, name)) for size in (worker_after_single, worker_after_large)),
            "",
        ]
        for name, each in starts.items()
    ]
    unable = report.unable(results, names, asked)
    missing = [f"{name} is not measured: {reason}" for name, reason in results.missing.items()]
    started = report.aligned([head, *rows])
    return "\n\n".join([report.tables(results, names, asked), started, *unable, *missing, report.verdicts(results)])


def _write(
    path: Path, facts: dict[str, Any], settings: dict[str, Any], starts: dict[str, Start], results: Results
) -> None:
    content = {
        "machine": facts,
        "settings": settings,
        "started": {name: asdict(each) for name, each in starts.items()},
        "missing": results.missing,
        "figures": [asdict(each) for each in results.figures],
        "largest_worker_bytes": {
            name: {"single": worker_after_single(results, name), "large": worker_after_large(results, name)}
            for name in starts
        },
        "goals": report.verdicts(results).splitlines(),
    }
    path.write_text(json.dumps(_finite(content), indent=1, default=str) + "\n")


def _finite(value: Any) -> Any:
    """Replace NaN and infinity, which JSON does not have, by None."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("bench: stopped; all processes were ended")
