"""The command line of `python -m rollout`."""

import argparse
from collections.abc import Callable
from pathlib import Path

from rollout.program import PROGRAM

Options = argparse.Namespace

DESCRIPTION = "Promote model versions, watch them, and go back."
EXIT_CODES = "Exit codes: 0 done, 1 failed, 2 wrong command line, 3 refused by the gate."


def parse_options(arguments: list[str]) -> Options:
    """Parse the command line; an error ends the process with a message and exit code 2."""
    parser = argparse.ArgumentParser(prog=PROGRAM, description=DESCRIPTION, epilog=EXIT_CODES)
    add = parser.add_argument
    add("--namespace", help="default: the pod's namespace, the kubeconfig context's, or default")
    add("--deployment", default="ecg-serving", help="Deployment of the model servers (default: %(default)s)")
    add("--gateway", metavar="URL", help="address of the gateway; default: through the cluster's API server")
    add("--models", type=Path, metavar="PATH", help="model base path; default: read it in a serving pod")
    add("--images", metavar="REPOSITORY", help="repository of versions as images; default: read it from the Deployment")
    add("--plain-http", action="store_true", help="connect to the image registry without TLS")
    add("--key-file", type=Path, metavar="FILE", help="API key; default: ECG_API_KEY, or the file ECG_API_KEY_FILE")
    add("--timeout", type=_positive, default=300, help="seconds to wait without any progress (default: %(default)s)")
    _add_commands(parser.add_subparsers(dest="command", metavar="COMMAND", required=True))
    options = parser.parse_args(arguments)
    _check(parser, options)
    return options


def _add_commands(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    for name, text in (("list", "print all versions"), ("status", "print the served version and the candidate")):
        commands.add_parser(name, help=text).add_argument("--json", action="store_true", help="print JSON")
    _add_promote(commands.add_parser("promote", help="serve a version, if it passes the gate and works"))
    _add_canary(commands.add_parser("canary", help="give a version a share of the requests"))
    commands.add_parser("finish", help="serve the candidate")
    commands.add_parser("abort", help="drop the candidate and keep the served version")
    commands.add_parser("undo", help="serve the previous version")
    check = commands.add_parser("check", help="compare a version's answers with its recorded beats")
    check.add_argument("--version", type=_at_least(0), help="default: the served version")
    drift = commands.add_parser("drift", help="compare the beats of the requests with the training beats")
    drift.add_argument("--version", type=_at_least(0), help="default: the served version")
    drift.add_argument("--seconds", type=_positive, metavar="S", help="count for S seconds; default: since the start")
    drift.add_argument("--fail", action="store_true", help="exit with 1 if a statistic has drifted")
    drift.add_argument("--json", action="store_true", help="print JSON")
    _add_images(commands)
    served = commands.add_parser("served", help="print the numbers of the versions in use, one per line")
    served.add_argument("--into", type=Path, metavar="FILE", help="write them to a file instead")


def _add_images(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    pack = commands.add_parser("pack", help="push a version to a registry as an image, to serve without a volume")
    pack.add_argument("version", nargs="?", type=_version, metavar="VERSION|latest", help="a number, or the newest")
    pack.add_argument("--version-file", type=Path, metavar="FILE", help="file with the number that a training wrote")
    pack.add_argument("--to", required=True, metavar="REPOSITORY", help="such as registry.example.org/ecg-model")
    unpack = commands.add_parser("unpack", help="copy versions from images into a folder, always with the newest")
    unpack.add_argument(
        "versions", nargs="*", type=_at_least(0), metavar="VERSION", help="default: the versions in use"
    )
    unpack.add_argument("--into", required=True, type=Path, metavar="FOLDER", help="model base path")
    unpack.add_argument("--require-push", action="store_true", help="fail at once if no version could be pushed back")


def _add_promote(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("version", nargs="?", type=_version, metavar="VERSION|latest", help="a number, or the newest")
    parser.add_argument("--version-file", type=Path, metavar="FILE", help="file with the number that a training wrote")
    parser.add_argument(
        "--or-leave", action="store_true", help="exit with 0 if it is refused or another version is being promoted"
    )
    _add_gate(parser)


def _add_canary(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("version", type=_version, metavar="VERSION|latest", help="a number, or the newest")
    add("--weight", type=_percentage(1, 99), metavar="N", help="%% of the requests that it answers")
    add(
        "--shadow",
        type=_percentage(0, 100),
        default=10,
        metavar="M",
        help="%% of the other requests that are also sent to it in the background (default: %(default)s)",
    )
    add("--auto", action="store_true", help="raise the weight step by step and finish, or abort")
    add("--steps", type=_steps, default=(5, 20, 50), metavar="N,N,...", help="weights of --auto (default: 5,20,50)")
    add("--requests", type=_at_least(20), default=200, help="requests per step of --auto (default: %(default)s)")
    add("--max-errors", type=_share, default=0.01, help="highest share of failed requests (default: %(default)s)")
    add(
        "--max-disagreement",
        type=_share,
        default=0.05,
        help="highest share of shadowed beats with another class (default: %(default)s)",
    )
    add(
        "--max-slowdown",
        type=_positive,
        default=2.0,
        help="highest ratio of its mean call duration to the served version's (default: %(default)s)",
    )
    add(
        "--patience",
        type=_positive,
        default=900,
        help="seconds for a step; after that the candidate keeps its weight (default: %(default)s)",
    )
    _add_gate(parser)


def _add_gate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tolerance",
        type=_share,
        default=0.01,
        help="allowed loss of accuracy and macro-F1 if the training has no intervals (default: %(default)s)",
    )
    parser.add_argument("--force", action="store_true", help="skip the gate, but not the recorded beats")


def _check(parser: argparse.ArgumentParser, options: Options) -> None:
    if options.command in ("promote", "pack") and (options.version is None) == (options.version_file is None):
        parser.error(f"{options.command}: give either a version or --version-file")
    if options.command == "canary" and (options.weight is None) != options.auto:
        parser.error("canary: give either --weight or --auto")


def _number(kind: type[int] | type[float], wanted: str, fits: Callable[[float], bool]) -> Callable[[str], float]:
    def convert(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = None
        if value is None or not fits(value):
            raise argparse.ArgumentTypeError(f"{text!r} is not {wanted}")
        return value

    return convert


def _at_least(least: int) -> Callable[[str], float]:
    return _number(int, f"a whole number of {least} or more", lambda value: value >= least)


def _percentage(least: int, most: int) -> Callable[[str], float]:
    return _number(int, f"a whole number from {least} to {most}", lambda value: least <= value <= most)


def _version(text: str) -> str | float:
    return text if text == "latest" else _number(int, "a version or `latest`", lambda value: value >= 0)(text)


def _steps(text: str) -> tuple[float, ...]:
    weights = tuple(_percentage(1, 99)(part) for part in text.split(","))
    if list(weights) != sorted(set(weights)):
        raise argparse.ArgumentTypeError(f"{text!r} does not rise")
    return weights


_share = _number(float, "a number from 0 to 1", lambda value: 0 <= value <= 1)
_positive = _number(float, "a number above 0", lambda value: 0 < value < float("inf"))
