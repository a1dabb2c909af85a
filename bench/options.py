"""The command line of `make bench`."""

import argparse
import shutil
from collections.abc import Sequence
from pathlib import Path

from bench import contenders, scenarios
from bench.scenarios import Scenario

BINARY = [contender.name for contender in contenders.BINARY]
KNOWN = [*(contender.name for contender in contenders.ALL), contenders.DIRECT]
QUICK = [contender.name for contender in contenders.OWN]


def parse(arguments: Sequence[str], description: str | None) -> argparse.Namespace:
    """Parse the options; an invalid one ends the process with a message and exit status 2.

    In the result, `only` is a list of contenders' names, `scenarios` a tuple in the order of measurement, and
    `tensorflow_serving` an absolute path or None.
    """
    parser = argparse.ArgumentParser(prog="make bench", description=description)
    add = parser.add_argument
    add("--models", type=Path, help="model base path (default: train on synthetic beats)")
    add("--only", type=_contenders, help=f"contenders to measure, of {','.join(KNOWN)}")
    add("--scenarios", type=_scenarios, help=f"loads to measure, of {','.join(scenarios.NAMES)}")
    binary = f"a tensorflow_model_server binary, measured as {' and '.join(BINARY)}"
    add("--tensorflow-serving", type=_program, metavar="PATH", help=binary)
    add("--quick", action="store_true", help="only the project's own servers and Keras, in one short round")
    add("--seconds", type=float, help="seconds per measurement (1.25; quick: 1)")
    add("--rounds", type=int, help="number of rounds, in which each contender is measured in turn (4; quick: 1)")
    add("--arrivals", choices=["steady", "poisson"], default="steady", help="arrival times in open loops (%(default)s)")
    add(
        "--out",
        type=Path,
        default=Path("build/bench"),
        help="folder for results, logs and installed packages (%(default)s)",
    )
    options = parser.parse_args(arguments)
    if not options.tensorflow_serving and (without := [name for name in options.only or [] if name in BINARY]):
        parser.error(f"--only {','.join(without)} needs --tensorflow-serving PATH, a tensorflow_model_server binary")
    options.scenarios = options.scenarios or (scenarios.QUICK if options.quick else scenarios.ALL)
    options.only = options.only or _usual(options.quick, options.tensorflow_serving is not None)
    options.seconds = options.seconds or (1.0 if options.quick else 1.25)
    options.rounds = options.rounds or (1 if options.quick else 4)
    return options


def _usual(quick: bool, binary: bool) -> list[str]:
    names = [name for name in KNOWN if name not in BINARY] if not quick else QUICK
    return names + BINARY if binary else names


def _contenders(text: str) -> list[str]:
    return _listed(text, KNOWN)


def _scenarios(text: str) -> tuple[Scenario, ...]:
    return scenarios.named(_listed(text, list(scenarios.NAMES)))


def _listed(text: str, known: Sequence[str]) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in known:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(known)}")
    return names


def _program(text: str) -> Path:
    """Return the path of an executable file, or of a program on PATH."""
    found = shutil.which(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not an executable file; give a tensorflow_model_server binary")
    return Path(found).absolute()
