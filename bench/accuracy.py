"""`make bench-accuracy`: accuracy and calibration on the public data sets, five seeds each, with published figures."""

import argparse
import logging
import sys
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.dataset.splits import read_splits
from training.options import parse_options
from training.outcome import fit_and_evaluate
from training.store.locked_folders import scratch

SEEDS = range(5)
# Accuracy; ECG5000 on the official split of the UCR archive (Dau et al. 2018), ecg.csv on random splits of 80/20.
PUBLISHED = {
    "ECG5000": "1-NN Euclidean 0.925, logistic regression 0.935, MLP 0.929-0.938, FCN 0.940, ResNet 0.934",
    "ecg.csv": "0.988-0.991",
}


@dataclass(frozen=True, slots=True)
class Case:
    """A data set, its files, and the mean accuracy that the network must reach."""

    name: str
    train: tuple[str, ...]  # file names; the first one that exists is used
    test: tuple[str, ...]
    goal: float


CASES = (
    Case("ecg.csv", ("ecg.csv.gz", "ecg.csv"), (), 0.985),
    Case("ECG5000", ("ECG5000_TRAIN.tsv",), ("ECG5000_TEST.tsv.gz", "ECG5000_TEST.tsv"), 0.930),
)


def main() -> int:
    """Print a line per data set; return 1 if a goal is missed or there is no data."""
    logging.getLogger("tensorflow").setLevel(logging.ERROR)  # it warns about many models in one process
    parser = argparse.ArgumentParser(prog="make bench-accuracy", description=__doc__)
    parser.add_argument("folders", nargs="*", type=Path, default=[Path("data"), Path("../shared/data")])
    folders = parser.parse_args().folders
    verdicts = [_judge(case, folders) for case in CASES]
    return 0 if all(verdicts) else 1


def _judge(case: Case, folders: list[Path]) -> bool:
    train = first_of(folders, case.train)
    test = first_of(folders, case.test)
    if train is None or (case.test and test is None):
        print(f"{case.name}: not found; download it with `python -m data download all`")
        return False
    judged = [_metrics(train, test, seed) for seed in SEEDS]
    scores = [metrics["accuracy"] for metrics in judged]
    verdict = "reached" if np.mean(scores) >= case.goal else "MISSED"
    print(f"{case.name}: accuracy {np.mean(scores):.4f} (seeds: {', '.join(f'{score:.4f}' for score in scores)})")
    print(f"  goal {case.goal:.3f} {verdict}; published: {PUBLISHED[case.name]}")
    temperature, before, after = (
        np.mean([metrics["calibration"][name] for metrics in judged])
        for name in ("temperature", "error_before", "error_after")
    )
    print(f"  temperature {temperature:.2f}: calibration error {before:.4f} before, {after:.4f} after", flush=True)
    return verdict == "reached"


def first_of(folders: list[Path], names: tuple[str, ...]) -> Path | None:
    """Return the first existing file with one of these names in one of these folders, or None."""
    return next((folder / name for name in names for folder in folders if (folder / name).exists()), None)


def _metrics(train: Path, test: Path | None, seed: int) -> dict[str, Any]:
    held_back = ["--test", str(test)] if test else []
    options = parse_options(["--data", str(train), *held_back, "--seed", str(seed)])
    with tempfile.TemporaryFile("w") as epochs, redirect_stdout(epochs), scratch() as folder:
        outcome = fit_and_evaluate(read_splits(options, folder, salt=seed), options.recipe)
    return {**outcome.evaluation.metrics(), "calibration": outcome.calibration.describe()}


if __name__ == "__main__":
    sys.exit(main())
