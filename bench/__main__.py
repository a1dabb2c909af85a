"""`make bench`: the gateway beside bare gRPC and other servers, on this machine, on loopback, in one run."""

import argparse
import json
import math
import signal
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import campaign, contenders, machine, prepare, report, scenarios
from bench.campaign import Plan, Start
from bench.contracts import recorded
from bench.generator import Generator
from bench.measure import Direct, Measured
from bench.picture import draw
from bench.results import Results

KNOWN = [*(contender.name for contender in contenders.ALL), contenders.DIRECT]
QUICK = [contender.name for contender in contenders.OWN]


def main(arguments: Sequence[str]) -> int:
    """Measure and report; 1 if somebody did not run or answered wrongly, whatever the speed."""
    options = _options(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    plan = Plan(options.seconds, options.rounds, options.arrivals, *machine.cores())
    facts = machine.facts(plan.servers, plan.generator)
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
    place = prepare.place(options.models, options.out, zeros=contenders.ZERO.name in options.only)
    beats, results = recorded(place.version, max(each.beats for each in options.scenarios)), Results()
    named = [contender for contender in contenders.ALL if contender.name in options.only]
    chosen = campaign.installed(named, place.out, results)
    with ExitStack() as stack:
        generator = stack.enter_context(Generator(plan.generator))
        running = campaign.start(chosen, place, plan, beats, generator, results, stack)
        starts = campaign.idle(running)
        running = campaign.quietened(running, starts)
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
    head = ["started", "first answer s", "idle cores", "MB", ""]
    rows = [
        [name, f"{each.seconds:.1f}", f"{each.idle_cores:.3f}", f"{each.memory / 1e6:.0f}", ""]
        for name, each in starts.items()
    ]
    missing = [f"{name} is not measured: {reason}" for name, reason in results.missing.items()]
    parts = [report.tables(results, names, asked), report.aligned([head, *rows]), *missing, report.verdicts(results)]
    return "\n\n".join(parts)


def _write(
    path: Path, facts: dict[str, Any], settings: dict[str, Any], starts: dict[str, Start], results: Results
) -> None:
    content = {
        "machine": facts,
        "settings": settings,
        "started": {name: asdict(each) for name, each in starts.items()},
        "missing": results.missing,
        "figures": [asdict(each) for each in results.figures],
        "goals": report.verdicts(results).splitlines(),
    }
    path.write_text(json.dumps(_finite(content), indent=1, default=str) + "\n")


def _finite(value: Any) -> Any:
    """JSON knows no NaN."""
    if isinstance(value, dict):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    add = parser.add_argument
    add("--models", type=Path, help="model base path; else one is trained on synthetic beats")
    add("--only", type=_names, help=f"of {','.join(KNOWN)}")
    add("--quick", action="store_true", help="the project's own and Keras only, one round of seconds")
    add("--seconds", type=float, help="that each measurement takes (1.25; quick: 1)")
    add("--rounds", type=int, help="in which each contender is measured in turn (4; quick: 1)")
    add("--arrivals", choices=["steady", "poisson"], default="steady", help="of the open loop (%(default)s)")
    add("--out", type=Path, default=Path("build/bench"), help="for results, logs and what is installed (%(default)s)")
    options = parser.parse_args(arguments)
    options.scenarios = scenarios.QUICK if options.quick else scenarios.ALL
    options.only = options.only or (QUICK if options.quick else KNOWN)
    options.seconds = options.seconds or (1.0 if options.quick else 1.25)
    options.rounds = options.rounds or (1 if options.quick else 4)
    return options


def _names(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in KNOWN:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(KNOWN)}")
    return names


if __name__ == "__main__":
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("bench: stopped; whatever it started is ended")
