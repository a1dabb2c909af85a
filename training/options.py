"""The command line of `python -m training`."""

import argparse
import re
import shlex
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from data.program import RUN
from training.dataset.classes import AAMI
from training.recipe import Recipe

DEFAULTS = Recipe()
NO_GROUP = "none"  # value of --group: split by beat, even if there is a group column or several files


@dataclass(frozen=True, slots=True)
class Options:
    """The parsed command line: data, hyperparameters and destination."""

    data: Path | None
    test: Path | None
    label: str | None
    classes: tuple[str, ...] | None
    group: str | None
    drop: list[str]
    at_least: int
    models: Path
    keep: int | None
    spare_file: Path | None
    version_file: Path | None
    unless_published: bool
    run: str | None
    log_dir: Path | None
    worker_patience: float
    validation_share: float
    test_share: float
    cross_validate: int | None
    recipe: Recipe
    command: str  # the whole command line, quoted for a shell


def parse_options(arguments: list[str]) -> Options:
    """Parse the command line; an invalid option ends the process with a message and exit status 2."""
    parser = argparse.ArgumentParser(
        prog=f"{RUN} training",
        description="Train a network on labelled beats and publish it as the next model version.",
    )
    _add_data(parser)
    _add_recipe(parser)
    chosen = vars(parser.parse_args(arguments))
    recipe = Recipe(**{name: chosen.pop(name) for name in asdict(DEFAULTS)})
    command = shlex.join(["python", "-m", "training", *arguments])
    return Options(recipe=recipe, command=command, **chosen)


def _add_data(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add(
        "--data",
        type=Path,
        help="labelled beats, CSV or TSV, plain or gzip (default: data/ecg.csv, a download, or synthetic beats)",
    )
    add("--test", type=Path, help="labelled beats for the evaluation, instead of a share of --data")
    add("--label", help="label column: first, last or its name (default: detected)")
    add(
        "--classes",
        type=_classes,
        help="text labels in the order of their class labels, as N,S,V; aami: join WFDB's symbols by AAMI EC57 "
        "(default: sorted)",
    )
    add(
        "--group",
        metavar="NAME",
        help="column of the group, such as a person, which is not a feature; none: split by beat (default: detected)",
    )
    add(
        "--drop",
        metavar="NAME",
        action="append",
        default=[],
        help="column to leave out of the features; may be repeated",
    )
    add(
        "--at-least",
        type=_at_least(1),
        default=0,
        metavar="N",
        help="leave out classes with fewer rows (default: such a class is an error)",
    )
    add("--models", type=Path, default=Path("models/ecg"), help="model base path (%(default)s)")
    # At least 2: the previous version is served until the newest is loaded.
    add("--keep", type=_at_least(2), help="number of versions to keep, 2 or more, besides loaded ones (default: all)")
    add("--spare-file", type=Path, help="file with version numbers that --keep must not remove, one per line")
    add("--version-file", type=Path, help="file to write the published version's number to")
    add("--unless-published", action="store_true", help="do nothing if --models already has a version")
    add(
        "--run",
        type=_run,
        help="name of this training; started again with the same name, it resumes after its last epoch",
    )
    add("--log-dir", type=Path, metavar="DIR", help="folder for each epoch's values, for TensorBoard")
    add(
        "--worker-patience",
        type=_positive,
        default=600.0,
        help="seconds to wait for the workers that TF_CONFIG names (%(default)s)",
    )
    add(
        "--validation-share",
        type=_share,
        default=0.15,
        help="share of the training rows, or groups, for early stopping (%(default)s)",
    )
    add(
        "--test-share",
        type=_share,
        default=0.2,
        help="share of all rows, or groups, held back for the evaluation, the same for every seed (%(default)s)",
    )
    add(
        "--cross-validate",
        type=_at_least(2),
        metavar="K",
        help="first cross-validate in K folds, by group if there are groups, and print the results",
    )


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--epochs", type=_at_least(1), default=DEFAULTS.epochs, help="maximum number of epochs (%(default)s)")
    add(
        "--patience",
        type=_at_least(0),
        default=DEFAULTS.patience,
        help="stop after this many epochs without a lower validation loss; 0: no early stopping, and train on the "
        "validation rows, too (%(default)s)",
    )
    add("--batch-size", type=_at_least(1), help="rows per step (default: 32 to 1024, by the number of rows)")
    add("--learning-rate", type=_positive, default=DEFAULTS.learning_rate, help="learning rate of Adam (%(default)s)")
    add(
        "--noise",
        type=_up_to(10),
        default=DEFAULTS.noise,
        help="normal noise added to each training row, in standard deviations of each column (%(default)s)",
    )
    add(
        "--augment",
        type=_up_to(3),
        metavar="STRENGTH",
        default=DEFAULTS.augment,
        help="warp the time axis and move the baseline of each training beat at random "
        "(default: 1 for few rows without early stopping, else 0)",
    )
    add(
        "--label-smoothing",
        type=_up_to(0.5),
        default=DEFAULTS.label_smoothing,
        help="share of the target probability that is spread over all classes "
        "(default: 0.1 for few rows without early stopping and augmentation, else 0)",
    )
    add(
        "--class-weights",
        type=_power,
        metavar="POWER",
        default=DEFAULTS.class_weights,
        help="weight of a class: the inverse of its share to this power; none is 0, balanced is 1 (%(default)s)",
    )
    add(
        "--seed",
        type=_at_least(0),
        default=DEFAULTS.seed,
        help="random seed of the weights, the row order and the validation rows (%(default)s)",
    )


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


def _classes(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if names != AAMI and (len(names) < 2 or "" in names or len(set(names)) < len(names)):
        raise argparse.ArgumentTypeError(
            f"{text!r} is neither aami nor a list of two or more different classes, such as N,S,V"
        )
    return names


def _run(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name of 1 to 63 letters, digits, '.', '_' and '-'")
    return text


def _up_to(most: float) -> Callable[[str], float]:
    return _number(float, f"a number from 0 to {most:g}", lambda value: 0 <= value <= most)


def _power(text: str) -> float:
    return _number(float, "none, balanced, or a number from 0 to 1", lambda value: 0 <= value <= 1)(
        {"none": "0", "balanced": "1"}.get(text, text)
    )


_share = _number(float, "a number between 0 and 1", lambda value: 0 < value < 1)
_positive = _number(float, "a number above 0", lambda value: 0 < value < float("inf"))
