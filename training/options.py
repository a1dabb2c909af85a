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
NO_GROUP = "none"  # as --group: beats are split one by one, whatever columns and files there are


@dataclass(frozen=True, slots=True)
class Options:
    """What to train on, how, and where the result goes."""

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
    command: str  # the whole command line, as a shell takes it


def parse_options(arguments: list[str]) -> Options:
    """Read the command line; a mistake ends the process with a sentence and exit code 2."""
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
        "--data", type=Path, help="labelled beats, CSV or TSV, plain or gzip; else data/ecg.csv, a download, or made up"
    )
    add("--test", type=Path, help="labelled beats to hold back, instead of a share of --data")
    add("--label", help="column of the label: first, last or its name; found if not given")
    add(
        "--classes",
        type=_classes,
        help="text labels in the order of their class labels, as N,S,V; aami for those of AAMI EC57 by WFDB's symbols; "
        "sorted if not given",
    )
    add(
        "--group",
        metavar="NAME",
        help="column that says whose beat it is; found if not given; none: split by beat; not a feature",
    )
    add("--drop", metavar="NAME", action="append", default=[], help="column that is not a feature; may be repeated")
    add("--at-least", type=_at_least(1), default=0, metavar="N", help="leave out classes of fewer rows; else refused")
    add("--models", type=Path, default=Path("models/ecg"), help="model base path (%(default)s)")
    # The version before the newest is served until the newest is loaded, so one is never enough.
    add("--keep", type=_at_least(2), help="keep so many versions, 2 or more, and those that are loaded; else all")
    add("--spare-file", type=Path, help="numbers of versions that --keep must not remove, one on each line")
    add("--version-file", type=Path, help="where to write the number of the version that was published")
    add("--unless-published", action="store_true", help="do nothing if --models has a version already")
    add("--run", type=_run, help="name of this training: started again under it, it goes on after its last epoch")
    add("--log-dir", type=Path, metavar="DIR", help="where to write each epoch's values for TensorBoard")
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
        help="of the training rows, or groups, to know when to stop (%(default)s)",
    )
    add(
        "--test-share",
        type=_share,
        default=0.2,
        help="of all rows, or of all groups, held back for the evaluation, the same for every seed (%(default)s)",
    )
    add(
        "--cross-validate",
        type=_at_least(2),
        metavar="K",
        help="before that train a network for each of K folds, by group if there are groups, and tell how they do",
    )


def _add_recipe(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--epochs", type=_at_least(1), default=DEFAULTS.epochs, help="at most (%(default)s)")
    add(
        "--patience",
        type=_at_least(0),
        default=DEFAULTS.patience,
        help="epochs without better validation loss; 0 trains on the validation rows, too, and stops by none of them "
        "(%(default)s)",
    )
    add("--batch-size", type=_at_least(1), help="rows per step; else 32 to 1024 by the number of rows")
    add("--learning-rate", type=_positive, default=DEFAULTS.learning_rate, help="of Adam (%(default)s)")
    add(
        "--noise",
        type=_up_to(10),
        default=DEFAULTS.noise,
        help="added to each training row, in standard deviations of each column (%(default)s)",
    )
    add(
        "--augment",
        type=_up_to(3),
        metavar="STRENGTH",
        default=DEFAULTS.augment,
        help="bend time axis and baseline of each training beat at random; else 0, and 1 for few rows without "
        "early stop",
    )
    add(
        "--label-smoothing",
        type=_up_to(0.5),
        default=DEFAULTS.label_smoothing,
        help="share of the wanted probability that is spread over all classes; else 0, and 0.1 for few rows without "
        "early stop and augmentation",
    )
    add(
        "--class-weights",
        type=_power,
        metavar="POWER",
        default=DEFAULTS.class_weights,
        help="classes weigh the inverse of their share to this power: 0 or none, 1 or balanced (%(default)s)",
    )
    add(
        "--seed",
        type=_at_least(0),
        default=DEFAULTS.seed,
        help="of weights, row order and which rows validate (%(default)s)",
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
        raise argparse.ArgumentTypeError(f"{text!r} does not name two or more classes, each once, as in N,S,V, or aami")
    return names


def _run(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name of letters, digits, '.', '_' and '-', at most 63")
    return text


def _up_to(most: float) -> Callable[[str], float]:
    return _number(float, f"a number from 0 to {most:g}", lambda value: 0 <= value <= most)


def _power(text: str) -> float:
    return _number(float, "none, balanced, or a number from 0 to 1", lambda value: 0 <= value <= 1)(
        {"none": "0", "balanced": "1"}.get(text, text)
    )


_share = _number(float, "a number between 0 and 1", lambda value: 0 < value < 1)
_positive = _number(float, "a number above 0", lambda value: 0 < value < float("inf"))
